// Time that stands still until a test moves it. Sleepers wake in order of their due time, on their own executors.
#pragma once

#include <memory>

#include "common/base/clock.hpp"

namespace entente::test {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(Time start = from_unix_seconds(1'800'000'000));
  ~FakeClock() override;

  Time now() const override;
  asio::awaitable<Status> sleep(Duration duration) override;

  // Moves time and wakes who is due. Call it on the thread that runs the sleepers' io_context, between its turns.
  void advance(Duration duration);
  // Moves the wall clock alone: a step of NTP or of an operator; nobody wakes.
  void jump(Duration duration);
  std::size_t sleepers() const;
  // How long until the next sleeper is due; a test that wants "the next thing that happens" advances by this.
  Duration until_next() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace entente::test
