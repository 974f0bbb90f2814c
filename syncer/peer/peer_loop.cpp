#include "syncer/peer/peer_loop.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "common/base/exception.hpp"
#include "syncer/peer/outcome.hpp"

namespace entente::syncer {
PeerLoop::PeerLoop(LoopParts parts, trust::RelationshipPtr relationship, trust::PollingPolicy policy, Memory memory)
    : parts_(parts),
      relationship_(std::move(relationship)),
      policy_(policy),
      wake_(parts_.syncer.control),
      progress_(parts_.syncer.control),
      attempts_(std::move(memory.attempts)),
      started_at_(memory.started),
      settled_at_(memory.started),
      refusals_(std::move(memory.refusals)) {
  for (const trust::EndpointUrl& url : relationship_->endpoint_urls) endpoints_.push_back({url, nullptr, {}, nullptr});
  tell_metrics();
}

void PeerLoop::start(const std::shared_ptr<PeerLoop>& loop, Duration first_wait) {
  auto done = [loop](std::exception_ptr failure) {
    if (failure && !loop->stopping_)
      loop->parts_.syncer.log.error("polling ended by a fault", {{"td", loop->name()}, {"error", what_of(failure)}});
    loop->ended_ = true;
    loop->progress_.notify();
  };
  asio::co_spawn(loop->parts_.syncer.control, loop->run(first_wait),
                 asio::bind_cancellation_slot(loop->cancel_.slot(), std::move(done)));
}

void PeerLoop::stop() {
  stopping_ = true;
  if (ended_) return;  // asio's slot then refers to a coroutine that is no more
  cancel_.emit(asio::cancellation_type::terminal);
}

asio::awaitable<Status> PeerLoop::ended() {
  while (!ended_) {
    const Status waited = co_await progress_.wait();
    if (!waited) co_return waited.error();
  }
  co_return ok();
}

std::uint64_t PeerLoop::ask() {
  asked_ = begun_ + 1;
  wake_.raise();
  return asked_;
}

asio::awaitable<Result<bool>> PeerLoop::finished(std::uint64_t number) {
  while (finished_ < number && !ended_) {
    const Status waited = co_await progress_.wait();
    if (!waited) co_return waited.error();
  }
  co_return finished_ >= number;
}

void PeerLoop::set_policy(const trust::PollingPolicy& policy) {
  if (policy == policy_) return;
  policy_ = policy;
  replan_ = true;
  wake_.raise();
}

void PeerLoop::set_relationship(trust::RelationshipPtr relationship) {
  relationship_ = std::move(relationship);
  tell_metrics();
}

trust::RecordPtr PeerLoop::record() const {
  return parts_.syncer.ledger.current()->find_any(relationship_->trust_domain);
}

trust::RelationshipStatus PeerLoop::status() const {
  return trust::status_of(relationship_, record().get(), attempts_, policy_, parts_.default_policy, started_at_,
                          parts_.syncer.clock.now(), parts_.syncer.ledger.persisted(relationship_->trust_domain));
}

asio::awaitable<void> PeerLoop::run(Duration first_wait) {
  if (first_wait > Duration::zero()) {
    set_wait(first_wait);
    co_await until_due();
  }
  while (!stopping_) {
    ++begun_;
    attempts_.next_attempt.reset();
    const Time attempted = parts_.syncer.clock.now();
    const Result<Outcome> outcome = co_await poll();
    if (stopping_) co_return;
    settle(attempted, outcome);
    finished_ = begun_;
    progress_.notify();
    co_await until_due();
  }
}

void PeerLoop::settle(Time attempted, const Result<Outcome>& outcome) {
  const Time now = parts_.syncer.clock.now();
  if (outcome) {
    report_success();
    attempts_ = after_success(std::move(attempts_), attempted, now, served_by_);
  } else {
    report_failure(outcome.error());
    attempts_ = after_failure(std::move(attempts_), attempted, outcome.error());
  }
  settled_at_ = now;
  random_ = parts_.syncer.random();
  plan();
  count(outcome);
}

void PeerLoop::plan() {
  replan_ = false;
  const trust::RecordPtr known = record();
  // What the endpoint has served tells how often to ask, also while it waits for approval.
  const bool waits = known && !known->in_use() && known->held;
  const bool ever_fetched = known && (waits || known->origin == trust::Origin::fetched);
  std::optional<std::chrono::seconds> hint;
  if (known) hint = waits ? known->held->bundle->refresh_hint : known->bundle->refresh_hint;
  set_wait(trust::next_wait(ever_fetched, hint, policy_, random_));
}

void PeerLoop::set_wait(Duration wait) {
  wait_ = wait;
  attempts_.next_attempt = settled_at_ + std::chrono::duration_cast<Time::duration>(wait);
  tell_metrics();
}

asio::awaitable<void> PeerLoop::until_due() {
  using namespace asio::experimental::awaitable_operators;
  Duration left = wait_;
  while (asked_ <= begun_) {
    auto due_or_woken = parts_.syncer.clock.sleep(left) || wake_.wait();
    const auto which = co_await std::move(due_or_woken);
    if (stopping_ || which.index() == 0) co_return;
    if (!replan_) continue;
    plan();
    const Duration waited = parts_.syncer.clock.now() - settled_at_;
    left = std::clamp(wait_ - waited, Duration::zero(), wait_);
  }
}

}  // namespace entente::syncer
