#include "common/base/timer_wheel.hpp"

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <optional>

namespace entente {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t bucket_count = 256;  // at 100 ms: one turn of the wheel in 25.6 s

}  // namespace

// A link of a circular doubly linked list; unlinked while the deadline is not set.
struct TimerWheel::Deadline::Slot {
  Impl* wheel = nullptr;
  std::function<void()> expired;
  std::uint64_t due = 0;
  Slot* previous = this;
  Slot* next = this;

  bool linked() const { return next != this; }
  void unlink() {
    previous->next = next;
    next->previous = previous;
    previous = next = this;
  }
  void append(Slot& slot) {
    slot.previous = previous;
    slot.next = this;
    previous->next = &slot;
    previous = &slot;
  }
};

struct TimerWheel::Impl : std::enable_shared_from_this<TimerWheel::Impl> {
  using Slot = Deadline::Slot;

  Impl(asio::any_io_executor executor, Duration length) : timer(executor), tick(length) {}

  std::uint64_t tick_at(Steady::time_point when) const { return static_cast<std::uint64_t>((when - start) / tick); }

  void set(Slot& slot, Duration duration) {
    clear(slot);
    const auto now = Steady::now();
    slot.due = tick_at(now + std::max(duration, Duration::zero())) + 1;  // the tick that has not begun: never early
    if (count++ == 0) turned = tick_at(now);
    buckets[slot.due % bucket_count].append(slot);
    wake_at(slot.due);
  }

  void clear(Slot& slot) {
    if (!slot.linked()) return;
    slot.unlink();
    --count;
  }

  // Unless it wakes earlier anyway.
  void wake_at(std::uint64_t at) {
    if (wakes_at && *wakes_at <= at) return;
    wakes_at = at;
    timer.expires_at(start + std::chrono::duration_cast<Steady::duration>(tick) * static_cast<std::int64_t>(at));
    timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (self && !error) self->turn();
    });
  }

  // Sleeps over ticks that have nothing due; what is further away than a turn of the wheel wakes it once a turn.
  void wait() {
    std::uint64_t at = turned + 1;
    while (!buckets[at % bucket_count].linked()) ++at;
    wake_at(at);
  }

  void turn() {
    wakes_at.reset();
    const std::uint64_t now = tick_at(Steady::now());
    Slot due;
    for (std::uint64_t at = turned + 1; at <= now && at <= turned + bucket_count; ++at) collect(at, now, due);
    turned = std::max(turned, now);
    fire(due);
    if (count > 0) wait();
  }

  void collect(std::uint64_t at, std::uint64_t now, Slot& due) {
    Slot& bucket = buckets[at % bucket_count];
    for (Slot* slot = bucket.next; slot != &bucket;) {
      Slot* const next = slot->next;
      if (slot->due <= now) {
        slot->unlink();
        due.append(*slot);
      }
      slot = next;
    }
  }

  // What a callback does to other deadlines, or to its own, finds them linked here or nowhere.
  void fire(Slot& due) {
    while (due.linked()) {
      Slot& slot = *due.next;
      clear(slot);
      const auto expired = slot.expired;  // the callback may destroy its deadline
      expired();
    }
  }

  asio::steady_timer timer;
  const Duration tick;
  const Steady::time_point start = Steady::now();
  std::array<Slot, bucket_count> buckets;
  std::uint64_t turned = 0;  // every deadline due up to this tick has fired
  std::size_t count = 0;
  std::optional<std::uint64_t> wakes_at;  // the tick; empty: never
};

TimerWheel::TimerWheel(asio::any_io_executor executor, Duration tick)
    : impl_(std::make_shared<Impl>(std::move(executor), tick)) {}

TimerWheel::~TimerWheel() { impl_->timer.cancel(); }

TimerWheel::Deadline::Deadline(TimerWheel& wheel, std::function<void()> expired) : slot_(std::make_unique<Slot>()) {
  slot_->wheel = wheel.impl_.get();
  slot_->expired = std::move(expired);
}

TimerWheel::Deadline::~Deadline() { clear(); }

void TimerWheel::Deadline::expire_after(Duration duration) { slot_->wheel->set(*slot_, duration); }

void TimerWheel::Deadline::clear() { slot_->wheel->clear(*slot_); }

}  // namespace entente
