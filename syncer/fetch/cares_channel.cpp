#include "syncer/fetch/cares_channel.hpp"

#include <ares.h>
#include <netinet/in.h>

#include <cstring>

namespace entente::syncer {
namespace {

// A server that does not answer is asked again after 2 s, then after 4 s; askers give up by deadlines of their own.
constexpr int first_timeout_ms = 2000;
constexpr int tries = 3;

Status initialize_library() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status != ARES_SUCCESS) return Error(Errc::dns, std::string("c-ares: ") + ares_strerror(status));
  return ok();
}

std::vector<asio::ip::address> addresses_of(const ares_addrinfo& result) {
  std::vector<asio::ip::address> addresses;
  for (const ares_addrinfo_node* node = result.nodes; node != nullptr; node = node->ai_next) {
    if (node->ai_family == AF_INET && node->ai_addrlen >= sizeof(sockaddr_in)) {
      sockaddr_in v4{};
      std::memcpy(&v4, node->ai_addr, sizeof v4);
      addresses.emplace_back(asio::ip::address_v4(ntohl(v4.sin_addr.s_addr)));
    } else if (node->ai_family == AF_INET6 && node->ai_addrlen >= sizeof(sockaddr_in6)) {
      sockaddr_in6 v6{};
      std::memcpy(&v6, node->ai_addr, sizeof v6);
      asio::ip::address_v6::bytes_type bytes;
      std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
      addresses.emplace_back(asio::ip::address_v6(bytes, v6.sin6_scope_id));
    }
  }
  return addresses;
}

}  // namespace

CaresChannel::CaresChannel(asio::any_io_executor executor) : executor_(std::move(executor)), timer_(executor_) {}

Result<std::shared_ptr<CaresChannel>> CaresChannel::create(asio::any_io_executor executor, const std::string& servers) {
  if (const Status ready = initialize_library(); !ready) return ready.error();
  const std::shared_ptr<CaresChannel> channel(new CaresChannel(std::move(executor)));
  ares_options options{};
  options.sock_state_cb = &CaresChannel::on_socket_state;
  options.sock_state_cb_data = channel.get();
  options.timeout = first_timeout_ms;
  options.tries = tries;
  const int status =
      ares_init_options(&channel->channel_, &options, ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  if (status != ARES_SUCCESS) return Error(Errc::dns, std::string("c-ares: ") + ares_strerror(status));
  if (!servers.empty()) {
    const int set = ares_set_servers_ports_csv(channel->channel_, servers.c_str());
    if (set != ARES_SUCCESS) return Error(Errc::dns, "c-ares: name servers \"" + servers + "\": " + ares_strerror(set));
  }
  return channel;
}

CaresChannel::~CaresChannel() {
  if (channel_ != nullptr) ares_destroy(channel_);
}

void CaresChannel::ask(const std::string& host, const std::shared_ptr<DnsQuery>& query) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  auto held = std::make_unique<std::shared_ptr<DnsQuery>>(query);
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &CaresChannel::on_answer, held.release());
  arm_timer();
}

void CaresChannel::on_answer(void* query, int status, int /*timeouts*/, ares_addrinfo* result) {
  const std::unique_ptr<std::shared_ptr<DnsQuery>> held(static_cast<std::shared_ptr<DnsQuery>*>(query));
  DnsQuery& answer = **held;
  answer.answered = true;
  answer.status = status;
  if (result != nullptr) {
    answer.addresses = addresses_of(*result);
    ares_freeaddrinfo(result);
  }
  answer.wake.cancel();
}

void CaresChannel::on_socket_state(void* self, int fd, int readable, int writable) {
  static_cast<CaresChannel*>(self)->watch(fd, readable != 0, writable != 0);
}

void CaresChannel::watch(int fd, bool readable, bool writable) {
  if (!readable && !writable) {
    const auto place = sockets_.find(fd);
    if (place == sockets_.end()) return;
    place->second->descriptor.release();  // now: c-ares closes it next, and the number may come again
    sockets_.erase(place);
    return;
  }
  auto& socket = sockets_[fd];
  if (!socket) socket = std::make_shared<Socket>(executor_, fd);
  socket->want_read = readable;
  socket->want_write = writable;
  const auto kept = socket;  // the waits may not come back to the map
  if (readable && !kept->reading) wait_on(kept, true);
  if (writable && !kept->writing) wait_on(kept, false);
}

void CaresChannel::wait_on(const std::shared_ptr<Socket>& socket, bool for_reading) {
  (for_reading ? socket->reading : socket->writing) = true;
  const auto kind = for_reading ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
  // Weak: a channel or socket that is gone has nothing left to process.
  socket->descriptor.async_wait(kind, [channel = weak_from_this(), weak = std::weak_ptr<Socket>(socket),
                                       for_reading](const boost::system::error_code& error) {
    const auto self = channel.lock();
    const auto ready = weak.lock();
    if (error || !self || !ready) return;
    (for_reading ? ready->reading : ready->writing) = false;
    const int fd = ready->descriptor.native_handle();
    self->process(for_reading ? fd : ARES_SOCKET_BAD, for_reading ? ARES_SOCKET_BAD : fd);
    const auto place = self->sockets_.find(fd);
    if (place == self->sockets_.end() || place->second != ready) return;
    if ((for_reading ? ready->want_read : ready->want_write) && !(for_reading ? ready->reading : ready->writing))
      self->wait_on(ready, for_reading);
  });
}

void CaresChannel::process(int read_fd, int write_fd) {
  ares_process_fd(channel_, read_fd, write_fd);
  arm_timer();
}

void CaresChannel::arm_timer() {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
  timer_.async_wait([channel = weak_from_this()](const boost::system::error_code& error) {
    const auto self = channel.lock();
    if (!error && self) self->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

}  // namespace entente::syncer
