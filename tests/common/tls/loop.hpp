// Running coroutines to their end in a test, within a bound.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <exception>
#include <optional>
#include <stdexcept>

#include "common/base/result.hpp"

namespace entente::test {

namespace asio = boost::asio;

inline constexpr std::chrono::seconds patience(20);

// Turns `io` until `done` says so. Throws where that takes longer than any honest run.
template <class Done>
void turn_until(asio::io_context& io, Done done) {
  const auto end = std::chrono::steady_clock::now() + patience;
  io.restart();
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("the test waits for what never comes");
    if (io.run_one_for(std::chrono::milliseconds(100)) == 0) io.restart();
  }
}

// What a spawned coroutine came to.
template <class T>
class Outcome {
 public:
  Outcome(asio::io_context& io, asio::awaitable<T> task) : io_(io) {
    asio::co_spawn(io, std::move(task), [state = state_](std::exception_ptr failure, T value) {
      state->failure = failure;
      state->value.emplace(std::move(value));
    });
  }
  bool done() const { return state_->value.has_value(); }
  T get() {
    turn_until(io_, [this] { return done(); });
    if (state_->failure) std::rethrow_exception(state_->failure);
    return std::move(*state_->value);
  }

 private:
  struct State {
    std::exception_ptr failure;
    std::optional<T> value;
  };
  asio::io_context& io_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

template <class T>
T run(asio::io_context& io, asio::awaitable<T> task) {
  return Outcome<T>(io, std::move(task)).get();
}

// Two ends of one TCP connection over loopback.
struct SocketPair {
  explicit SocketPair(asio::io_context& io) : near(io), far(io) {
    asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    near.connect(acceptor.local_endpoint());
    acceptor.accept(far);
  }
  asio::ip::tcp::socket near, far;
};

}  // namespace entente::test
