// Work that blocks - the disk, a long computation - runs on a pool's thread while the coroutine waits on its own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>

namespace entente {

namespace asio = boost::asio;

// Name the awaitable before awaiting it: gcc 12 mistreats closures inside a co_await expression.
//   auto task = run_blocking(pool, std::move(work));
//   const Status done = co_await std::move(task);
// `work` is called once on a thread of `pool`; the caller resumes on its own executor. Not cancellable: it ends when it
// ends.
template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> run_blocking(asio::thread_pool& pool, Work work) {
  auto task = [](Work inner) -> asio::awaitable<std::invoke_result_t<Work&>> { co_return inner(); };
  auto started = task(std::move(work));
  co_return co_await asio::co_spawn(pool.get_executor(), std::move(started), asio::use_awaitable);
}

}  // namespace entente
