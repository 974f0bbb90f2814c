// One client's connection: handshake, then requests and answers until either side ends it or a deadline does.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>

#include "common/base/event.hpp"
#include "common/base/timer_wheel.hpp"
#include "common/tls/stream.hpp"
#include "server/parse_request.hpp"
#include "server/service.hpp"

namespace entente::server {

// A handle, alive while its run() is; enters and leaves the service's `open` and `table` by itself.
class Connection {
 public:
  Connection(std::shared_ptr<Service> service, asio::ip::tcp::socket socket, ConnectionTable::Id id,
             const ClientAddress& from);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  asio::awaitable<void> run();

  void abort();                                  // at once
  bool answering() const { return answering_; }  // from a request's first byte to its answer's last
  void tls_arrived() { woken_.raise(); }

 private:
  asio::awaitable<bool> secure();
  asio::awaitable<bool> serve_request();
  asio::awaitable<std::optional<ParsedRequest>> receive();
  asio::awaitable<bool> read_more();
  asio::awaitable<bool> answer(Decision decision, std::string_view if_none_match);
  asio::awaitable<void> close_gently();
  void become_idle();
  void become_busy();

  const std::shared_ptr<Service> service_;
  const ConnectionTable::Id id_;
  PollerTable::Place place_;
  std::optional<asio::ip::tcp::socket> socket_;  // until the handshake
  std::optional<tls::Stream> stream_;            // from then on
  Event woken_;
  std::string received_;  // what has come and is not answered
  bool answering_ = false;
  bool aborted_ = false;
  TimerWheel::Deadline deadline_;
};

// Owns the connection for its life.
asio::awaitable<void> run_connection(std::unique_ptr<Connection> connection);

}  // namespace entente::server
