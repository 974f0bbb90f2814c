// One c-ares channel driven by Asio: c-ares says which of its sockets to wait for, Asio waits. For resolver.cpp only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.hpp"

struct ares_channeldata;
struct ares_addrinfo;

namespace entente::syncer {

namespace asio = boost::asio;

// One question and, later, its answer. Shared by who asks and by c-ares, as either may go first.
struct DnsQuery {
  explicit DnsQuery(const asio::any_io_executor& executor) : wake(executor) {}

  asio::steady_timer wake;  // cancelled when the answer is there
  bool answered = false;
  int status = 0;  // c-ares' own
  std::vector<asio::ip::address> addresses;
};

// Lives on one io_context's thread. On destruction every open question is answered with ARES_EDESTRUCTION.
class CaresChannel : public std::enable_shared_from_this<CaresChannel> {
 public:
  static Result<std::shared_ptr<CaresChannel>> create(asio::any_io_executor executor, const std::string& servers);
  ~CaresChannel();
  CaresChannel(const CaresChannel&) = delete;
  CaresChannel& operator=(const CaresChannel&) = delete;

  void ask(const std::string& host, const std::shared_ptr<DnsQuery>& query);

 private:
  // A socket of c-ares', which also closes it: the descriptor is released when c-ares says that it is about to.
  struct Socket {
    Socket(const asio::any_io_executor& executor, int fd) : descriptor(executor, fd) {}
    asio::posix::stream_descriptor descriptor;
    bool want_read = false, want_write = false, reading = false, writing = false;
  };

  explicit CaresChannel(asio::any_io_executor executor);
  static void on_socket_state(void* self, int fd, int readable, int writable);
  static void on_answer(void* query, int status, int timeouts, ares_addrinfo* result);
  void watch(int fd, bool readable, bool writable);
  void wait_on(const std::shared_ptr<Socket>& socket, bool for_reading);
  void process(int read_fd, int write_fd);
  void arm_timer();

  asio::any_io_executor executor_;
  asio::steady_timer timer_;
  ares_channeldata* channel_ = nullptr;
  std::map<int, std::shared_ptr<Socket>> sockets_;
};

}  // namespace entente::syncer
