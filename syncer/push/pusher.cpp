#include "syncer/push/pusher.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "common/base/blocking.hpp"
#include "syncer/push/pushed_domains.hpp"

namespace entente::syncer {
namespace {

constexpr Duration first_retry = std::chrono::seconds(1), slowest_retry = std::chrono::minutes(5);

// The next batch, taken off the front.
std::vector<spiffe::TrustDomain> take_batch(std::vector<spiffe::TrustDomain>& from) {
  const auto end = from.begin() + static_cast<std::ptrdiff_t>(std::min(from.size(), PushTarget::most_in_a_batch));
  std::vector<spiffe::TrustDomain> batch(from.begin(), end);
  from.erase(from.begin(), end);
  return batch;
}

Status check_count(std::size_t outcomes, std::size_t items) {
  if (outcomes == items) return ok();
  return Error(Errc::schema, "the answer tells of " + std::to_string(outcomes) + " of " + std::to_string(items));
}

}  // namespace

Result<std::unique_ptr<Pusher>> Pusher::open(PushParts parts, PusherOptions options,
                                             std::unique_ptr<PushTarget> target) {
  Result<TrustDomains> pushed = load_pushed_domains(options.pushed_domains_file);
  if (!pushed) return pushed.error();
  return std::unique_ptr<Pusher>(
      new Pusher(std::move(parts), std::move(options), std::move(target), std::move(*pushed)));
}

Pusher::Pusher(PushParts parts, PusherOptions options, std::unique_ptr<PushTarget> target, TrustDomains pushed)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      target_(std::move(target)),
      pushed_(std::move(pushed)),
      whole_backoff_(first_retry, slowest_retry),
      item_backoff_(first_retry, slowest_retry),
      wake_(parts_.control),
      subscription_(parts_.feed.subscribe([this](const trust::SnapshotPtr&) { wake_.raise(); })) {
  count_failures(0);
  tell_metrics();
}

Pusher::~Pusher() = default;

asio::awaitable<void> Pusher::run() {
  for (;;) {
    // While the target as a whole waits for its retry, what changes waits with it.
    if (!retry_whole_.at || due(retry_whole_)) {
      last_attempt_ = parts_.clock.now();
      const Status outcome = co_await turn();
      if (!outcome && outcome.error().code() == Errc::cancelled) co_return;
      settle(outcome);
    }
    const Status waited = co_await wait();
    if (!waited) co_return;
  }
}

// For a change or an alarm, whichever comes first.
asio::awaitable<Status> Pusher::wait() {
  using namespace asio::experimental::awaitable_operators;
  Alarm* const next = earliest();
  if (next == nullptr || wake_.raised()) co_return co_await wake_.wait();
  const Time now = parts_.clock.now();
  const Duration left = std::clamp<Duration>(*next->at - now, Duration::zero(), next->wait);
  auto due_or_woken = parts_.clock.sleep(left) || wake_.wait();
  const auto which = co_await std::move(due_or_woken);
  if (which.index() == 1) co_return std::get<1>(which);
  next->at = Time::min();  // due, whatever the wall clock says by now
  co_return std::get<0>(which);
}

asio::awaitable<Status> Pusher::turn() {
  if (!holdings_ || due(check_)) {
    const Status seen = co_await look();
    if (!seen) co_return seen;
  }
  co_return co_await carry_out(plan_of_this_turn());
}

asio::awaitable<Status> Pusher::look() {
  refresh_wanted();
  TrustDomains interesting = pushed_;
  for (const auto& [trust_domain, want] : wanted_) interesting.insert(trust_domain);
  Result<Holdings> seen = co_await target_->look(std::move(interesting));
  if (!seen) co_return seen.error();
  holdings_ = std::move(*seen);
  const Duration jitter = std::chrono::duration_cast<Duration>(options_.check * (parts_.random() / 10));
  set(check_, options_.check - jitter);
  co_return ok();
}

void Pusher::refresh_wanted() {
  WantedBundles fresh;
  for (const auto& [trust_domain, bundle] : bundles_to_push(*parts_.feed.current(), pushed_)) {
    const auto known = wanted_.find(trust_domain);
    const bool same = known != wanted_.end() && known->second.bundle == bundle;
    fresh.emplace(trust_domain, WantedBundle{bundle, same ? known->second.fingerprint : target_->fingerprint(*bundle)});
  }
  wanted_ = std::move(fresh);
}

PushPlan Pusher::plan_now() const {
  return holdings_ ? plan_push(wanted_, *holdings_, pushed_, parts_.goes_on) : PushPlan();
}

// Without what was refused and waits for its retry.
PushPlan Pusher::plan_of_this_turn() {
  if (due(retry_items_))
    for (auto& [trust_domain, refusal] : refusals_) refusal.waits = false;
  refresh_wanted();
  PushPlan plan = plan_now();
  const auto open = [&plan](const spiffe::TrustDomain& each) {
    return std::ranges::find(plan.sets, each) != plan.sets.end() ||
           std::ranges::find(plan.removals, each) != plan.removals.end();
  };
  std::erase_if(refusals_, [&open](const auto& each) { return !open(each.first); });
  const auto waits = [this](const spiffe::TrustDomain& each) {
    const auto refusal = refusals_.find(each);
    return refusal != refusals_.end() && refusal->second.waits;
  };
  std::erase_if(plan.sets, waits);
  std::erase_if(plan.removals, waits);
  return plan;
}

// Remembered before it is pushed: a crash must never leave a bundle there that nobody would withdraw.
asio::awaitable<Status> Pusher::carry_out(PushPlan plan) {
  TrustDomains claimed = pushed_;
  claimed.insert(plan.claims.begin(), plan.claims.end());
  const Status remembered = co_await remember(std::move(claimed));
  if (!remembered) co_return remembered;
  const Status removed = co_await remove(std::move(plan.removals));
  if (!removed) co_return removed;
  const Status pushed = co_await push(std::move(plan.sets));
  if (!pushed) co_return pushed;
  TrustDomains kept = pushed_;
  for (const spiffe::TrustDomain& each : plan.releases) {
    kept.erase(each);
    const auto reserved = holdings_->reserved.find(each);
    if (reserved != holdings_->reserved.end())
      parts_.log.warning(
          "a trust domain is left to the push target from now on",
          {{"event", "push_released"}, {"target", options_.name}, {"td", each.name()}, {"reason", reserved->second}});
  }
  co_return co_await remember(std::move(kept));
}

asio::awaitable<Status> Pusher::remember(TrustDomains pushed) {
  if (pushed == pushed_) co_return ok();
  auto work = [file = options_.pushed_domains_file, name = options_.name, pushed] {
    return save_pushed_domains(file, name, pushed);
  };
  auto task_of_work = run_blocking(parts_.blocking, std::move(work));
  const Status saved = co_await std::move(task_of_work);
  if (!saved) co_return saved.error().within("what is pushed cannot be remembered");
  pushed_ = std::move(pushed);
  co_return ok();
}

asio::awaitable<Status> Pusher::remove(std::vector<spiffe::TrustDomain> trust_domains) {
  TrustDomains kept = pushed_;
  while (!trust_domains.empty()) {
    const std::vector<spiffe::TrustDomain> batch = take_batch(trust_domains);
    const Result<std::vector<Status>> outcomes = co_await target_->remove(batch);
    if (!outcomes) co_return outcomes.error();
    if (const Status good = check_count(outcomes->size(), batch.size()); !good) co_return good;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      note(batch[i], (*outcomes)[i], "bundle_unpushed", "removed from the push target");
      if (!(*outcomes)[i]) continue;
      holdings_->fingerprints.erase(batch[i]);
      kept.erase(batch[i]);
    }
  }
  co_return co_await remember(std::move(kept));
}

// Stops early where something changed meanwhile: an end of trust must not wait for the rest of a long list.
asio::awaitable<Status> Pusher::push(std::vector<spiffe::TrustDomain> trust_domains) {
  while (!trust_domains.empty()) {
    const std::vector<spiffe::TrustDomain> batch = take_batch(trust_domains);
    std::vector<spiffe::BundlePtr> bundles;
    for (const spiffe::TrustDomain& each : batch) bundles.push_back(wanted_.at(each).bundle);
    const Result<std::vector<Status>> outcomes = co_await target_->set(std::move(bundles));
    if (!outcomes) co_return outcomes.error();
    if (const Status good = check_count(outcomes->size(), batch.size()); !good) co_return good;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      note(batch[i], (*outcomes)[i], "bundle_pushed", "pushed");
      if ((*outcomes)[i]) holdings_->fingerprints[batch[i]] = wanted_.at(batch[i]).fingerprint;
    }
    if (wake_.raised()) co_return ok();
  }
  co_return ok();
}

// Each refusal is logged once.
void Pusher::note(const spiffe::TrustDomain& trust_domain, const Status& outcome, const char* event, const char* done) {
  if (outcome) {
    refusals_.erase(trust_domain);
    parts_.log.info(std::string("bundle ") + done,
                    {{"event", event}, {"target", options_.name}, {"td", trust_domain.name()}});
    return;
  }
  count_failures(1);
  const auto known = refusals_.find(trust_domain);
  if (known == refusals_.end() || known->second.error != outcome.error())
    parts_.log.warning(std::string("bundle not ") + done, {{"event", "bundle_not_pushed"},
                                                           {"target", options_.name},
                                                           {"td", trust_domain.name()},
                                                           {"error", outcome.error().message()}});
  refusals_.insert_or_assign(trust_domain, Refusal{outcome.error()});
}

void Pusher::count_failures(double failures) const {
  parts_.metrics
      .counter("entente_push_failures_total", "Pushes that failed, of a whole target or of one trust domain.",
               {{"target", options_.name}})
      .add(failures);
}

void Pusher::settle(const Status& outcome) {
  if (!outcome) {
    holdings_.reset();  // nothing is known of what became of a call that failed
    complain(outcome.error());
    failing_ = outcome.error();
    ++failures_;
    set(retry_whole_, whole_backoff_.next(parts_.random()));
    tell_metrics();
    return;
  }
  if (failing_)
    parts_.log.info("the push target answers again", {{"event", "push_recovered"}, {"target", options_.name}});
  failing_.reset();
  failures_ = 0;
  whole_backoff_.reset();
  const bool waiting = std::ranges::any_of(refusals_, [](const auto& each) { return each.second.waits; });
  if (refusals_.empty()) item_backoff_.reset();
  if (waiting && !retry_items_.at) set(retry_items_, item_backoff_.next(parts_.random()));
  const PushPlan left = plan_now();
  if (left.sets.empty() && left.removals.empty()) last_success_ = parts_.clock.now();
  tell_metrics();
}

// Each complaint is logged once.
void Pusher::complain(const Error& error) {
  count_failures(1);
  if (failing_ == error) return;
  parts_.log.warning("bundles cannot be pushed; it is tried again",
                     {{"event", "push_failed"}, {"target", options_.name}, {"error", error.message()}});
}

void Pusher::set(Alarm& alarm, Duration wait) {
  alarm = Alarm{parts_.clock.now() + std::chrono::duration_cast<Time::duration>(wait), wait};
}

// Whether it has gone off; it is then not set any more.
bool Pusher::due(Alarm& alarm) {
  if (!alarm.at || *alarm.at > parts_.clock.now()) return false;
  alarm.at.reset();
  return true;
}

// While the target as a whole waits, nothing else matters.
Pusher::Alarm* Pusher::earliest() {
  if (retry_whole_.at) return &retry_whole_;
  if (!check_.at || !retry_items_.at) return check_.at ? &check_ : retry_items_.at ? &retry_items_ : nullptr;
  return *retry_items_.at < *check_.at ? &retry_items_ : &check_;
}

void Pusher::tell_metrics() const {
  const PushPlan left = plan_now();
  const telemetry::Labels labels{{"target", options_.name}};
  parts_.metrics.gauge("entente_push_pending", "Bundles that a push target is still to get, or to lose.", labels)
      .set(static_cast<double>(left.sets.size() + left.removals.size()));
  parts_.metrics.gauge("entente_push_trust_domains", "Trust domains whose bundles were pushed to a target.", labels)
      .set(static_cast<double>(pushed_.size()));
  parts_.metrics
      .gauge("entente_push_last_success_timestamp_seconds", "When a push target last held all that it is to hold.",
             labels)
      .set(last_success_ ? static_cast<double>(unix_seconds(*last_success_)) : 0);
}

PushStatus Pusher::status() const {
  const PushPlan left = plan_now();
  PushStatus status;
  status.target = options_.name;
  status.trust_domains = pushed_.size();
  status.pending = left.sets.size() + left.removals.size();
  status.last_success = last_success_;
  status.last_attempt = last_attempt_;
  for (const Alarm* alarm : {&check_, &retry_items_, &retry_whole_})
    if (alarm->at && (!status.next_attempt || *alarm->at < *status.next_attempt || alarm == &retry_whole_))
      status.next_attempt = alarm->at;
  status.consecutive_failures = failures_;
  status.last_error = failing_;
  for (const auto& [trust_domain, refusal] : refusals_) status.problems.push_back({trust_domain, refusal.error});
  if (holdings_)
    for (const auto& [trust_domain, why] : holdings_->reserved)
      if (wanted_.contains(trust_domain))
        status.not_ours.push_back({trust_domain, Error(Errc::permission_denied, why)});
  status.state = failing_ ? "failing" : !holdings_ ? "pending" : refusals_.empty() ? "current" : "incomplete";
  return status;
}

}  // namespace entente::syncer
