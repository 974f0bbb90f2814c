#include "syncer/source/spire_server_source.hpp"

#include <algorithm>

namespace entente::syncer {
namespace {

using std::chrono::seconds;

constexpr seconds shortest_interval{1}, longest_interval{60}, interval_without_hint{30};

// Whether waiting cannot help: another domain's server answers there, or no SPIRE server at all.
bool is_mistake(const Error& error) {
  return error.code() == Errc::wrong_spiffe_id || error.code() == Errc::unsupported;
}

}  // namespace

Duration ask_interval(std::optional<seconds> hint) {
  if (!hint) return interval_without_hint;
  return std::clamp(*hint / 10, shortest_interval, longest_interval);
}

SpireServerSource::SpireServerSource(asio::any_io_executor control, SpireServerSourceOptions options, AskForBundle ask,
                                     OwnBundle& own, telemetry::Readiness& readiness, telemetry::Metrics& metrics,
                                     Clock& clock, Log& log)
    : one_at_a_time_(std::move(control)),
      options_(std::move(options)),
      ask_(std::move(ask)),
      own_(own),
      contact_(SourceContact::Kind::asked, options_.server, readiness, metrics, clock, log),
      clock_(clock) {}

// Good trust is never lost to a bad answer: a server that has no authority of its own yet has nothing to publish.
Status SpireServerSource::check(const spiffe::Bundle& bundle) const {
  if (bundle.trust_domain != options_.trust_domain)
    return Error(Errc::wrong_spiffe_id, "the SPIRE server at " + options_.server + " is that of trust domain " +
                                            bundle.trust_domain.name() + ", and this is " +
                                            options_.trust_domain.name() + ": give the socket of " +
                                            options_.trust_domain.name() + "'s server, or the other trust_domain");
  if (bundle.x509_authorities.empty())
    return Error(Errc::schema, "SPIRE server at " + options_.server + ": its bundle has no X.509 authority");
  return ok();
}

asio::awaitable<Status> SpireServerSource::take() {
  auto asked = ask_();
  Result<spiffe::Bundle> bundle = co_await std::move(asked);
  if (!bundle) co_return bundle.error();
  if (const Status good = check(*bundle); !good) co_return good.error();
  const auto lock = co_await one_at_a_time_.lock();
  if (!lock) co_return lock.error();
  const Status offered = co_await offer(*bundle);
  if (offered) answer_ = std::move(*bundle);
  co_return offered;
}

asio::awaitable<Status> SpireServerSource::offer(spiffe::Bundle bundle) {
  if (!bundle.refresh_hint) bundle.refresh_hint = options_.refresh_hint;
  co_return co_await own_.offer(std::move(bundle), options_.server);
}

void SpireServerSource::report(const Status& taken) {
  if (taken)
    contact_.good();
  else
    contact_.lost(taken.error(), own_.held(options_.trust_domain));
}

asio::awaitable<Status> SpireServerSource::start() {
  const Status taken = co_await take();
  if (!taken && is_mistake(taken.error())) co_return taken;
  report(taken);
  co_return ok();
}

asio::awaitable<Status> SpireServerSource::set_refresh_hint(seconds hint) {
  const auto lock = co_await one_at_a_time_.lock();
  if (!lock) co_return lock.error();
  options_.refresh_hint = hint;
  if (!answer_) co_return ok();
  co_return co_await offer(*answer_);
}

asio::awaitable<void> SpireServerSource::run() {
  Backoff backoff(shortest_interval, longest_interval);
  for (bool failed = !contact_.health().problem.empty();;) {
    const Duration wait =
        failed ? backoff.next() : ask_interval(answer_ ? answer_->refresh_hint : std::optional<seconds>());
    const Status waited = co_await clock_.sleep(wait);
    if (!waited) co_return;
    const Status taken = co_await take();
    if (!taken && taken.error().code() == Errc::cancelled) co_return;
    report(taken);
    failed = !taken;
    if (taken) backoff.reset();
  }
}

}  // namespace entente::syncer
