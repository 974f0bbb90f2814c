// Runs coroutines side by side to their ends.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/result.hpp"

namespace entente::syncer {

namespace asio = boost::asio;

template <class T>
asio::awaitable<void> keep_answer(asio::awaitable<T> task, std::shared_ptr<std::optional<T>> answer) {
  answer->emplace(co_await std::move(task));
}

// Completes when all have ended; rethrows the first exception. When the caller is cancelled it only stops waiting
// (Errc::cancelled): what was begun is carried through.
asio::awaitable<Status> join(asio::any_io_executor executor, std::vector<asio::awaitable<void>> tasks);

// One that answers, likewise.
template <class T>
asio::awaitable<Result<T>> carry_through(asio::any_io_executor executor, asio::awaitable<Result<T>> task) {
  const auto answer = std::make_shared<std::optional<Result<T>>>();
  std::vector<asio::awaitable<void>> tasks;
  tasks.push_back(keep_answer(std::move(task), answer));
  const Status joined = co_await join(std::move(executor), std::move(tasks));
  if (!joined) co_return joined.error();
  co_return std::move(**answer);
}

}  // namespace entente::syncer
