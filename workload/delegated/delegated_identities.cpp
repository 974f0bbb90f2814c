#include "workload/delegated/delegated_identities.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <condition_variable>
#include <mutex>

#include "common/base/event.hpp"
#include "workload/api/jwt_cache.hpp"
#include "workload/api/listeners.hpp"
#include "workload/delegated/patience.hpp"
#include "workload/delegated/subscriptions.hpp"

namespace entente::workload {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Between two looks at what is due: what comes due in between waits for the next.
constexpr Duration shortest_look = milliseconds(200);
constexpr Duration longest_look = std::chrono::minutes(1);
// While there is no connection to the agent.
constexpr Duration look_for_agent = seconds(1);
constexpr Duration longest_jwt_fetch = seconds(5);

constexpr std::string_view no_pid =
    "the caller's process is not visible from Entente's PID namespace, so the agent cannot be asked about it; share "
    "the "
    "host's, or set local.workload_api.delegated.by: selectors";

Result<Subject> subject_of(const Workload& who, bool by_selectors) {
  if (by_selectors) return Subject{0, who.selectors};
  if (!who.process || who.process->pid == 0) return Error(Errc::unavailable, std::string(no_pid));
  return Subject{who.process->pid, {}};
}

std::vector<std::string> sorted(std::vector<std::string> audience) {
  std::sort(audience.begin(), audience.end());
  audience.erase(std::unique(audience.begin(), audience.end()), audience.end());
  return audience;
}

bool same(const Delegate::Identities& a, const Delegate::Identities& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const X509Identity& x, const X509Identity& y) {
    return x.svid->chain == y.svid->chain && x.svid->hint == y.svid->hint && x.federates_with == y.federates_with;
  });
}

bool all_valid(const Delegate::Identities& identities, Time now) {
  return std::all_of(identities.begin(), identities.end(),
                     [now](const X509Identity& each) { return now < each.svid->chain.front().not_after(); });
}

JwtCache::Key token_key(const Subscription& subscription, const spiffe::SpiffeId& id, const std::string& hint,
                        const std::vector<std::string>& audience) {
  return {std::to_string(subscription.number) + "\n" + id.str() + "\n" + hint, audience};
}

}  // namespace

struct DelegatedIdentities::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::any_io_executor executor, DelegatedOptions wanted, Clock& time, telemetry::Metrics& metrics, Log& to)
      : control(executor),
        options(std::move(wanted)),
        delegate("unix:" + options.address.substr(std::string_view("unix://").size())),
        clock(time),
        log(to),
        subscribed(
            metrics.gauge("entente_delegated_subscriptions", "Callers whose identities the agent is asked for.")),
        connected(metrics.gauge("entente_delegated_connected",
                                "Whether the agent hands on identities, as far as it was asked: 1 or 0.")),
        subscriptions(options.most_subscriptions),
        rescheduled(executor) {
    subscribed.set(0);
    connected.set(1);
  }

  Error error_of(const Error& said) const;
  void open(const SubscriptionPtr& subscription);
  void updated(const SubscriptionPtr& subscription, Result<Delegate::Identities> identities);
  void ended(const SubscriptionPtr& subscription, const Error& error);
  void wait_for_answer(const SubscriptionPtr& subscription, std::unique_lock<std::mutex>& lock);
  void release(const SubscriptionPtr& subscription);
  Result<Delegate::Identities> identities_of(const SubscriptionPtr& subscription) const;
  Result<std::vector<DelegatedJwt>> fetch_jwt(const Subject& subject, const std::vector<std::string>& audience);
  void agent_is(const std::optional<Error>& problem);
  void reschedule();
  Time look(Time now);

  asio::any_io_executor control;
  const DelegatedOptions options;
  const Delegate delegate;
  Clock& clock;
  Log& log;
  telemetry::Gauge& subscribed;
  telemetry::Gauge& connected;
  Listeners listeners;
  JwtCache tokens;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable answer;
  Subscriptions subscriptions;
  bool stopping = false;
  Patience patience;
  std::optional<Errc> logged;

  Event rescheduled;  // the control thread's
};

DelegatedIdentities::DelegatedIdentities(asio::any_io_executor control, DelegatedOptions options, Clock& clock,
                                         telemetry::Metrics& metrics, Log& log)
    : impl_(std::make_shared<Impl>(std::move(control), std::move(options), clock, metrics, log)) {}

// The callbacks refer to what is shared here, and end before it does.
DelegatedIdentities::~DelegatedIdentities() {
  stop();
  std::vector<std::shared_ptr<void>> streams;
  {
    const std::lock_guard lock(impl_->mutex);
    for (const SubscriptionPtr& each : impl_->subscriptions.take_all())
      streams.push_back(std::exchange(each->stream, nullptr));
  }
  streams.clear();
  impl_->delegate.drain();
}

void DelegatedIdentities::stop() {
  const std::lock_guard lock(impl_->mutex);
  impl_->stopping = true;
  impl_->answer.notify_all();
}

// In words to act on. That the agent does not take us for a delegate is no fault of the caller's: it may come again.
Error DelegatedIdentities::Impl::error_of(const Error& said) const {
  const std::string agent = "the agent at " + options.address;
  switch (said.code()) {
    case Errc::permission_denied:
      return Error(Errc::permission_denied, agent +
                                                " does not take Entente for a delegate: it needs a registration entry "
                                                "whose SPIFFE ID is among the agent's authorized_delegates (" +
                                                said.message() + ")");
    case Errc::invalid_argument:
      return Error(Errc::unavailable, agent + " refuses the question: " + said.message() +
                                          "; SPIRE knows pids since 1.10.2: with an older one set "
                                          "local.workload_api.delegated.by: selectors");
    case Errc::schema:
      return Error(Errc::unavailable, agent + " answers with what is no good: " + said.message());
    default:
      return Error(Errc::unavailable, agent + " does not answer: " + said.message());
  }
}

void DelegatedIdentities::Impl::reschedule() {
  asio::post(control, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->rescheduled.raise();
  });
}

// Not under the mutex: gRPC may call back at once.
void DelegatedIdentities::Impl::open(const SubscriptionPtr& subscription) {
  const auto guarded = [weak_impl = weak_from_this(), weak = std::weak_ptr(subscription)](auto call) {
    const auto self = weak_impl.lock();
    const SubscriptionPtr still = weak.lock();
    if (self && still) call(*self, still);
  };
  std::shared_ptr<void> stream = delegate.follow(
      subscription->subject,
      [guarded](Result<Delegate::Identities> identities) {
        guarded([&](Impl& self, const SubscriptionPtr& still) { self.updated(still, std::move(identities)); });
      },
      [guarded](const Error& error) {
        guarded([&](Impl& self, const SubscriptionPtr& still) { self.ended(still, error); });
      });
  const std::lock_guard lock(mutex);
  if (!stopping && !subscription->let_go) subscription->stream.swap(stream);  // the one before has ended
}

void DelegatedIdentities::Impl::agent_is(const std::optional<Error>& problem) {
  connected.set(problem ? 0 : 1);
  if (!problem && logged) {
    log.info("the agent hands on identities again", {{"event", "delegation_available"}, {"url", options.address}});
  } else if (problem && problem->code() != logged) {
    log.warning("the agent hands on no identities; callers keep what they have",
                {{"event", "delegation_unavailable"}, {"url", options.address}, {"error", problem->message()}});
  }
  logged = problem ? std::optional(problem->code()) : std::nullopt;
}

void DelegatedIdentities::Impl::updated(const SubscriptionPtr& subscription, Result<Delegate::Identities> identities) {
  {
    const std::lock_guard lock(mutex);
    patience.answered();
    if (identities) {
      subscription->delivered = true;
      subscription->problem.reset();
      agent_is(std::nullopt);
      if (subscription->identities && same(*subscription->identities, *identities)) return answer.notify_all();
      subscription->identities = *std::move(identities);
    } else {
      // What was held before stays (WA-4).
      subscription->problem = error_of(identities.error());
      log.error("an answer of the agent's is of no use",
                {{"url", options.address}, {"error", identities.error().message()}});
    }
    answer.notify_all();
  }
  listeners.call();
}

void DelegatedIdentities::Impl::ended(const SubscriptionPtr& subscription, const Error& error) {
  {
    const std::lock_guard lock(mutex);
    if (subscription->let_go) return;
    const Time now = clock.now();
    subscription->problem = error_of(error);
    subscription->retry_at = now + subscription->retry.next(subscription->delivered, now - subscription->opened_at);
    // That one process cannot be attested says nothing of the agent.
    if (error.code() != Errc::unavailable || !delegate.connected()) agent_is(subscription->problem);
    answer.notify_all();
  }
  reschedule();
}

// Under the mutex, which it lets go while it waits.
void DelegatedIdentities::Impl::wait_for_answer(const SubscriptionPtr& subscription,
                                                std::unique_lock<std::mutex>& lock) {
  if (subscription->answered()) return;
  const Patience::Turn turn = patience.begin();
  if (!turn.may_wait) return;
  const auto over = [&] { return stopping || subscription->answered(); };
  const bool in_time = answer.wait_for(lock, options.first_answer, over);
  patience.end(turn, !in_time);
  if (!in_time) agent_is(Error(Errc::timeout, "the agent at " + options.address + " does not answer in time"));
}

std::shared_ptr<void> DelegatedIdentities::attend(const Workload& who) {
  const Result<Subject> subject = subject_of(who, impl_->options.by_selectors);
  if (!subject) return nullptr;
  const rpc::CallerPtr process = impl_->options.by_selectors ? nullptr : who.process;
  std::unique_lock lock(impl_->mutex);
  SubscriptionPtr subscription = impl_->subscriptions.find(*subject);
  const bool is_new = subscription == nullptr;
  if (is_new) subscription = impl_->subscriptions.add(*subject, process);
  if (!subscription) return nullptr;
  ++subscription->holders;
  impl_->subscribed.set(static_cast<double>(impl_->subscriptions.size()));
  if (is_new) {
    subscription->opened_at = impl_->clock.now();
    lock.unlock();
    impl_->open(subscription);
    lock.lock();
  }
  impl_->wait_for_answer(subscription, lock);
  return std::shared_ptr<void>(subscription.get(), [weak = std::weak_ptr(impl_), subscription](void*) {
    if (const auto impl = weak.lock()) impl->release(subscription);
  });
}

void DelegatedIdentities::Impl::release(const SubscriptionPtr& subscription) {
  std::shared_ptr<void> stream;
  {
    const std::lock_guard lock(mutex);
    if (--subscription->holders > 0) return;
    subscription->idle_since = clock.now();
    if (subscription->process && !subscription->process->alive()) {
      subscriptions.remove(*subscription);
      stream.swap(subscription->stream);
      subscribed.set(static_cast<double>(subscriptions.size()));
    }
  }
  reschedule();
}

Result<Delegate::Identities> DelegatedIdentities::Impl::identities_of(const SubscriptionPtr& subscription) const {
  if (!subscription)
    return Error(Errc::unavailable, "the agent is asked for too many callers' identities already; retry later");
  const std::optional<Error>& problem = subscription->problem;
  // Callers hear Unavailable: a PermissionDenied would say that they have no identity.
  if (problem && problem->code() == Errc::permission_denied) return Error(Errc::unavailable, problem->message());
  if (subscription->identities && all_valid(*subscription->identities, clock.now())) return *subscription->identities;
  if (problem) return *problem;
  if (subscription->identities)
    return Error(Errc::unavailable, "the agent at " + options.address + " has not renewed an SVID that has ended");
  return Error(Errc::unavailable, "the agent at " + options.address + " does not answer in time");
}

Result<std::vector<X509Identity>> DelegatedIdentities::x509_identities(const Workload& who) {
  const Result<Subject> subject = subject_of(who, impl_->options.by_selectors);
  if (!subject) return subject.error();
  const std::lock_guard lock(impl_->mutex);
  return impl_->identities_of(impl_->subscriptions.find(*subject));
}

Result<IdentitySource::Entitlement> DelegatedIdentities::entitlement(const Workload& who) {
  const Result<Subject> subject = subject_of(who, impl_->options.by_selectors);
  if (!subject) return subject.error();
  const std::lock_guard lock(impl_->mutex);
  const SubscriptionPtr subscription = impl_->subscriptions.find(*subject);
  // Whom an identity federates with outlives its certificate.
  const bool known = subscription && subscription->identities;
  if (!known) {
    const auto none = impl_->identities_of(subscription);
    return none.error();
  }
  Entitlement entitlement;
  for (const X509Identity& identity : *subscription->identities) {
    entitlement.any = true;
    entitlement.federated = *identity.federates_with;
  }
  return entitlement;
}

Result<std::vector<DelegatedJwt>> DelegatedIdentities::Impl::fetch_jwt(const Subject& subject,
                                                                       const std::vector<std::string>& audience) {
  const std::string agent = "the agent at " + options.address;
  std::unique_lock lock(mutex);
  const Patience::Turn turn = patience.begin();
  if (!turn.may_wait) return Error(Errc::unavailable, agent + " does not answer in time");
  lock.unlock();
  const Duration timeout = std::min(options.first_answer, longest_jwt_fetch);
  Result<std::vector<DelegatedJwt>> fetched = delegate.fetch_jwt(subject, audience, timeout);
  lock.lock();
  patience.end(turn, !fetched && fetched.error().code() == Errc::timeout);
  if (fetched) return fetched;
  const Error& error = fetched.error();
  if (error.code() == Errc::permission_denied) return Error(Errc::unavailable, agent + ": " + error.message());
  return Error(Errc::unavailable, error_of(error).message());
}

// Which identities there are is the subscription's word; the tokens are fetched, or were before.
Result<std::vector<JwtIdentity>> DelegatedIdentities::jwt_identities(const Workload& who,
                                                                     const std::vector<std::string>& audience,
                                                                     const std::optional<spiffe::SpiffeId>& wanted) {
  const Result<Subject> subject = subject_of(who, impl_->options.by_selectors);
  if (!subject) return subject.error();
  std::unique_lock lock(impl_->mutex);
  const SubscriptionPtr subscription = impl_->subscriptions.find(*subject);
  const Result<Delegate::Identities> entitled = impl_->identities_of(subscription);
  lock.unlock();
  if (!entitled) return entitled.error();
  const std::vector<std::string> canonical = sorted(audience);
  const Time now = impl_->clock.now();
  std::vector<JwtIdentity> identities;
  bool all_kept = true;
  for (const X509Identity& each : *entitled) {
    if (wanted && *wanted != each.svid->id) continue;
    const auto key = token_key(*subscription, each.svid->id, each.svid->hint, canonical);
    std::optional<std::string> kept = impl_->tokens.find(key, now, subscription->number);
    all_kept = all_kept && kept.has_value();
    identities.push_back({each.svid->id, std::move(kept).value_or(""), each.svid->hint});
  }
  if (identities.empty() && !entitled->empty())
    return Error(Errc::permission_denied, "the caller is not entitled to " + wanted->str());
  if (all_kept) return identities;
  Result<std::vector<DelegatedJwt>> fetched = impl_->fetch_jwt(*subject, canonical);
  if (!fetched) return fetched.error();
  identities.clear();
  for (DelegatedJwt& each : *fetched) {
    const auto key = token_key(*subscription, each.identity.id, each.identity.hint, canonical);
    const Time half_life = each.issued_at + (each.expires_at - each.issued_at) / 2;
    impl_->tokens.put(key, each.identity.token, each.issued_at, half_life, subscription->number);
    if (!wanted || *wanted == each.identity.id) identities.push_back(std::move(each.identity));
  }
  if (identities.empty() && wanted)
    return Error(Errc::permission_denied, "the caller is not entitled to " + wanted->str());
  return identities;
}

std::shared_ptr<void> DelegatedIdentities::on_change(std::function<void()> listener) {
  return impl_->listeners.add(std::move(listener));
}

// Does what is due; when to look again.
Time DelegatedIdentities::Impl::look(Time now) {
  std::vector<SubscriptionPtr> idle, due;
  Time next = Time::max();
  {
    const std::lock_guard lock(mutex);
    idle = subscriptions.take_idle(now, options.kept_idle);
    due = subscriptions.due(now);
    // Nothing is asked anew before there is somebody to ask.
    const bool agent_there = due.empty() || delegate.connected();
    for (const SubscriptionPtr& each : due) {
      each->retry_at = agent_there ? Time::max() : now + look_for_agent;
      each->opened_at = now;
      each->delivered = false;
    }
    if (!agent_there) due.clear();
    subscribed.set(static_cast<double>(subscriptions.size()));
    next = subscriptions.next_due(options.kept_idle);
  }
  for (const SubscriptionPtr& each : due) open(each);
  return next;
}

asio::awaitable<void> DelegatedIdentities::run() {
  using namespace asio::experimental::awaitable_operators;
  const std::shared_ptr<Impl> impl = impl_;
  for (;;) {
    const Time now = impl->clock.now();
    const Time next = impl->look(now);
    auto rescheduled = impl->rescheduled.wait();
    if (next == Time::max()) {
      const Status waited = co_await std::move(rescheduled);
      if (!waited) co_return;
    } else {
      auto due = impl->clock.sleep(std::clamp<Duration>(next - now, shortest_look, longest_look));
      const auto first = co_await (std::move(due) || std::move(rescheduled));
      const bool waited = std::visit([](const Status& status) { return status.has_value(); }, first);
      if (!waited) co_return;
    }
    const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) co_return;
  }
}

}  // namespace entente::workload
