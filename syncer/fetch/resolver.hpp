// Host names to addresses, by c-ares: concurrent, cancellable, with a deadline, so that one dead name server stalls
// nobody but those who asked it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace entente::syncer {

namespace asio = boost::asio;

// Lives on one io_context's thread; shared by all fetchers of it. /etc/hosts and /etc/resolv.conf are honoured.
class Resolver {
 public:
  struct Options {
    std::string servers;  // "127.0.0.1:5353": in place of resolv.conf's; for tests
  };
  static Result<std::unique_ptr<Resolver>> create(asio::any_io_executor executor, Options options);
  ~Resolver();

  // All addresses of a name, IPv6 and IPv4 in the system's order of preference; a literal address is itself. Errc::dns
  // with the reason, Errc::timeout after `timeout`, Errc::cancelled when the coroutine is cancelled.
  asio::awaitable<Result<std::vector<asio::ip::address>>> resolve(std::string host, Duration timeout);

 private:
  struct Impl;
  explicit Resolver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::syncer
