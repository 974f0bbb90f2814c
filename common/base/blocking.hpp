// Work that blocks - the disk, a long computation - runs on a pool's thread while the coroutine waits on its own.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <type_traits>

namespace entente {

namespace asio = boost::asio;

// Name the awaitable before awaiting it: gcc 12 mistreats closures inside a co_await expression.
//   auto task = run_blocking(pool, std::move(work));
//   const Status done = co_await std::move(task);
// `work` is called once on a thread of `pool` and returns a value; the caller resumes on its own executor. What is
// begun is not cancelled: a cancellation takes effect at the caller's next wait. (co_spawn onto the pool would carry
// the cancellation over to its threads, which Boost 1.81 answers with std::terminate.)
template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> run_blocking(asio::thread_pool& pool, Work work) {
  using Value = std::invoke_result_t<Work&>;
  auto begin = [&pool](auto handler, Work inner) {
    auto home = asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked);
    asio::post(pool, [home, handler = std::move(handler), inner = std::move(inner)]() mutable {
      std::exception_ptr failure;
      std::optional<Value> value;
      try {
        value.emplace(inner());
      } catch (...) {
        failure = std::current_exception();
      }
      asio::post(home, [handler = std::move(handler), failure, value = std::move(value)]() mutable {
        std::move(handler)(failure, std::move(value));
      });
    });
  };
  auto started = asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr, std::optional<Value>)>(
      begin, asio::use_awaitable, std::move(work));
  std::optional<Value> value = co_await std::move(started);
  co_return std::move(*value);
}

}  // namespace entente
