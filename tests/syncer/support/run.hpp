// Runs one coroutine on an io_context to its end, bounded in real time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>

namespace entente::test {

// The io_context is left with whatever else runs on it. Throws after `limit`.
inline void run(boost::asio::io_context& io, boost::asio::awaitable<void> task,
                std::chrono::seconds limit = std::chrono::seconds(20)) {
  bool done = false;
  std::exception_ptr failure;
  boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr error) {
    failure = error;
    done = true;
  });
  const auto end = std::chrono::steady_clock::now() + limit;
  io.restart();
  while (!done && io.run_one_until(end) > 0) {
  }
  if (failure) std::rethrow_exception(failure);
  if (!done) throw std::runtime_error("the task did not end in time");
}

template <class T>
boost::asio::awaitable<void> keep(boost::asio::awaitable<T> task, std::optional<T>& result) {
  result.emplace(co_await std::move(task));
}

template <class T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> task,
      std::chrono::seconds limit = std::chrono::seconds(20)) {
  std::optional<T> result;
  run(io, keep(std::move(task), result), limit);
  return std::move(*result);
}

// Turns the io_context until `condition` holds. Throws after `limit`.
template <class Condition>
void run_until(boost::asio::io_context& io, Condition condition,
               std::chrono::seconds limit = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  io.restart();
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("waited in vain");
    if (io.run_one_for(std::chrono::milliseconds(20)) == 0) io.restart();
  }
}

}  // namespace entente::test
