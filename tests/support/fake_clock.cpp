#include "tests/support/fake_clock.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <vector>

namespace entente::test {

struct FakeClock::State {
  struct Sleeper {
    Duration due;
    asio::steady_timer timer;
    bool woken = false;
  };

  mutable std::mutex mutex;
  Time wall;
  Duration elapsed{0};
  std::vector<std::shared_ptr<Sleeper>> sleepers;
};

FakeClock::FakeClock(Time start) : state_(std::make_shared<State>()) { state_->wall = start; }
FakeClock::~FakeClock() = default;

Time FakeClock::now() const {
  const std::lock_guard lock(state_->mutex);
  return state_->wall;
}

asio::awaitable<Status> FakeClock::sleep(Duration duration) {
  const auto state = state_;
  const auto executor = co_await asio::this_coro::executor;
  auto sleeper = std::make_shared<State::Sleeper>(
      State::Sleeper{Duration(0), asio::steady_timer(executor, asio::steady_timer::time_point::max())});
  {
    const std::lock_guard lock(state->mutex);
    sleeper->due = state->elapsed + duration;
    if (duration <= Duration::zero()) co_return ok();
    state->sleepers.push_back(sleeper);
  }
  co_await sleeper->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  const std::lock_guard lock(state->mutex);
  std::erase(state->sleepers, sleeper);
  if (!sleeper->woken) co_return Error(Errc::cancelled, "sleep cancelled");
  co_return ok();
}

void FakeClock::advance(Duration duration) {
  const std::lock_guard lock(state_->mutex);
  state_->wall += std::chrono::duration_cast<Time::duration>(duration);
  state_->elapsed += duration;
  std::stable_sort(state_->sleepers.begin(), state_->sleepers.end(),
                   [](const auto& a, const auto& b) { return a->due < b->due; });
  for (const auto& sleeper : state_->sleepers) {
    if (sleeper->due > state_->elapsed || sleeper->woken) continue;
    sleeper->woken = true;
    sleeper->timer.cancel();
  }
}

void FakeClock::jump(Duration duration) {
  const std::lock_guard lock(state_->mutex);
  state_->wall += std::chrono::duration_cast<Time::duration>(duration);
}

std::size_t FakeClock::sleepers() const {
  const std::lock_guard lock(state_->mutex);
  return static_cast<std::size_t>(
      std::count_if(state_->sleepers.begin(), state_->sleepers.end(), [](const auto& s) { return !s->woken; }));
}

Duration FakeClock::until_next() const {
  const std::lock_guard lock(state_->mutex);
  Duration least = Duration::max();
  for (const auto& sleeper : state_->sleepers)
    if (!sleeper->woken) least = std::min(least, sleeper->due - state_->elapsed);
  return least == Duration::max() ? Duration::zero() : least;
}

}  // namespace entente::test
