#include "common/rpc/unix_server.hpp"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/server_posix.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "common/rpc/descriptors.hpp"
#include "common/rpc/unix_socket.hpp"

namespace entente::rpc {
namespace {

// How often descriptors that gRPC has closed are looked for while nobody connects.
constexpr int sweep_interval_ms = 10000;
constexpr auto shortest_sweep_interval = std::chrono::milliseconds(20);
constexpr int out_of_descriptors_pause_ms = 100;
constexpr auto complaint_interval = std::chrono::minutes(1);

// Linking gRPC's reflection library gives the service to every server of the process: this takes it from those that did
// not ask, and sees to it that the others have it once.
class Reflection final : public grpc::ServerBuilderOption {
 public:
  explicit Reflection(bool wanted) : wanted_(wanted) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    std::erase_if(*plugins, [](const auto& plugin) { return plugin->name() == "proto_server_reflection"; });
    if (wanted_) plugins->push_back(std::make_unique<grpc::reflection::ProtoServerReflectionPlugin>());
  }

 private:
  bool wanted_;
};

std::unique_ptr<grpc::Server> build_server(const UnixServerOptions& options) {
  grpc::ServerBuilder builder;
  for (grpc::Service* service : options.services) builder.RegisterService(service);
  builder.SetOption(std::make_unique<Reflection>(options.reflection));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(options.max_streams_per_connection));
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_request_bytes));
  builder.SetMaxSendMessageSize(-1);
  // Reflection is a synchronous service: a thread a call. So that a caller cannot make threads without end:
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
  grpc::ResourceQuota quota("entente");
  quota.SetMaxThreads(16);
  builder.SetResourceQuota(quota);
  return builder.BuildAndStart();
}

}  // namespace

struct UnixServer::Impl {
  Impl(UnixServerOptions wanted, ListeningSocket socket, UniqueFd wake, Log& to)
      : options(std::move(wanted)), listening(std::move(socket)), wake_up(std::move(wake)), log(to) {}

  void accept_until_stopped();
  void accept_one();
  bool has_room(uid_t uid);
  void complain(std::string_view event, const std::string& why);

  UnixServerOptions options;
  std::optional<ListeningSocket> listening;
  UniqueFd wake_up;  // an eventfd: written once, to stop
  Log& log;
  AscendingDescriptors numbers;
  std::chrono::steady_clock::time_point last_complaint{}, last_sweep{};
  std::unique_ptr<grpc::Server> server;
  std::thread accepting;
};

// Sheds load out loud, but not once a connection.
void UnixServer::Impl::complain(std::string_view event, const std::string& why) {
  const auto now = std::chrono::steady_clock::now();
  if (last_complaint.time_since_epoch().count() != 0 && now - last_complaint < complaint_interval) return;
  last_complaint = now;
  log.warning(event, {{"socket", options.path.string()}, {"why", why}});
}

bool UnixServer::Impl::has_room(uid_t uid) {
  Callers& callers = *options.callers;
  const auto full = [&] {
    return callers.size() >= options.max_connections || callers.size_of(uid) >= options.max_connections_per_uid;
  };
  // A caller at its limit must not buy a sweep of everyone's connections with each attempt.
  const auto now = std::chrono::steady_clock::now();
  if (full() && now - last_sweep > shortest_sweep_interval) {
    last_sweep = now;
    callers.sweep();
  }
  return !full();
}

void UnixServer::Impl::accept_one() {
  UniqueFd connection(::accept4(listening->fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!connection) {
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return;
    complain("connection not accepted", last_system_error("accept").message());
    pollfd stop{wake_up.get(), POLLIN, 0};
    ::poll(&stop, 1, out_of_descriptors_pause_ms);  // the connection stays pending: do not spin on it
    return;
  }
  Result<Caller> caller = identify_peer(connection.get());
  if (!caller) return log.debug("connection closed", {{"why", caller.error().message()}});
  if (!has_room(caller->uid)) {
    return complain("connection refused", "too many connections, of uid " + std::to_string(caller->uid) + " or in all");
  }
  UniqueFd numbered = numbers.renumber(std::move(connection));
  if (!numbered) return complain("connection refused", last_system_error("F_DUPFD").message());
  // Registered before gRPC can run a handler for it. gRPC owns and closes the descriptor from here on.
  options.callers->add(numbered.get(), std::make_shared<const Caller>(*std::move(caller)));
  grpc::AddInsecureChannelFromFd(server.get(), numbered.release());
}

void UnixServer::Impl::accept_until_stopped() {
  for (;;) {
    pollfd waiting[2] = {{listening->fd(), POLLIN, 0}, {wake_up.get(), POLLIN, 0}};
    const int ready = ::poll(waiting, 2, options.callers->size() == 0 ? -1 : sweep_interval_ms);
    if (ready < 0 && errno != EINTR)
      return log.error("accepting stopped", {{"why", last_system_error("poll").message()}});
    if (waiting[1].revents != 0) return;
    if (ready == 0) options.callers->sweep();
    if (ready > 0) accept_one();
  }
}

UnixServer::UnixServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
UnixServer::~UnixServer() { stop(Duration::zero()); }

Result<std::unique_ptr<UnixServer>> UnixServer::start(UnixServerOptions options, Log& log) {
  if (!options.callers) options.callers = std::make_shared<Callers>();
  Result<ListeningSocket> listening = ListeningSocket::open(options.path, options.mode, options.group);
  if (!listening) return listening.error();
  UniqueFd wake_up(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_up) return last_system_error("eventfd");
  auto impl = std::make_unique<Impl>(std::move(options), *std::move(listening), std::move(wake_up), log);
  impl->server = build_server(impl->options);
  if (!impl->server) return Error(Errc::internal, "socket " + impl->options.path.string() + ": gRPC refused to start");
  impl->accepting = std::thread([raw = impl.get()] { raw->accept_until_stopped(); });
  return std::unique_ptr<UnixServer>(new UnixServer(std::move(impl)));
}

CallerPtr UnixServer::caller(const grpc::ServerContextBase& context) const {
  return impl_->options.callers->find(context);
}
CallerPtr UnixServer::caller(const std::string& peer) const { return impl_->options.callers->find(peer); }

void UnixServer::stop(Duration grace) {
  if (!impl_->accepting.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(impl_->wake_up.get(), &one, sizeof one);
  impl_->accepting.join();
  impl_->listening.reset();
  impl_->server->Shutdown(std::chrono::system_clock::now() +
                          std::chrono::duration_cast<std::chrono::milliseconds>(grace));
}

}  // namespace entente::rpc
