#include "common/base/event.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace entente {

Event::Event(asio::any_io_executor executor) : timer_(executor, asio::steady_timer::time_point::max()) {}

void Event::raise() {
  raised_ = true;
  timer_.cancel();
}

asio::awaitable<Status> Event::wait() {
  if (!raised_) {
    timer_.expires_at(asio::steady_timer::time_point::max());
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  if (!raised_) co_return Error(Errc::cancelled, "wait cancelled");
  raised_ = false;
  co_return ok();
}

}  // namespace entente
