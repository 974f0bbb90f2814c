#include "syncer/source/workload_api_source.hpp"

#include <boost/asio/post.hpp>

namespace entente::syncer {
namespace {

constexpr Duration retry_wait = std::chrono::seconds(5);

// With what to do where only the agent's operator can do it.
Error advised(const Error& error) {
  if (error.code() != Errc::permission_denied) return error;
  return Error(error.code(), error.message() +
                                 "; give Entente's user a registration entry there, or let the agent hand bundles to "
                                 "unauthenticated verifiers");
}

// One of the two: waiting for its first answer, followed, or broken.
struct Stream {
  bool answered = false;
  std::optional<Error> problem;

  void good() {
    answered = true;
    problem.reset();
  }
};

}  // namespace

struct WorkloadApiSource::Heard : std::enable_shared_from_this<Heard> {
  Heard(const asio::any_io_executor& executor, spiffe::TrustDomain trust_domain)
      : control(executor), answers(std::move(trust_domain)), news(executor) {}

  // From a stream's thread to this one.
  OnBundles on_bundles(void (Heard::*take)(const spiffe::BundleSet&)) {
    return [weak = weak_from_this(), executor = control, take](std::shared_ptr<const spiffe::BundleSet> bundles) {
      asio::post(executor, [weak, take, bundles] {
        if (const auto self = weak.lock()) (*self.*take)(*bundles);
      });
    };
  }
  OnStreamError on_error(void (Heard::*take)(const Error&)) {
    return [weak = weak_from_this(), executor = control, take](const Error& error) {
      asio::post(executor, [weak, take, error] {
        if (const auto self = weak.lock()) (*self.*take)(error);
      });
    };
  }

  void x509_bundles(const spiffe::BundleSet& bundles) {
    const Status ours = answers.heard_x509(bundles);
    x509.good();
    if (!ours) x509.problem = ours.error();
    news.raise();
  }
  void x509_error(const Error& error) {
    x509.problem = advised(error);
    news.raise();
  }
  void jwt_bundles(const spiffe::BundleSet& bundles) {
    answers.heard_jwt(bundles);
    jwt.good();
    news.raise();
  }
  // An agent without the JWT profile has answered, too.
  void jwt_error(const Error& error) {
    if (error.code() == Errc::unsupported) {
      answers.has_no_jwt();
      jwt.good();
    } else {
      jwt.problem = advised(error).within("JWT bundles");
    }
    news.raise();
  }

  asio::any_io_executor control;
  AgentAnswers answers;
  Stream x509, jwt;
  Event news;
};

WorkloadApiSource::WorkloadApiSource(asio::any_io_executor control, WorkloadApiSourceOptions options,
                                     AgentStreams streams, OwnBundle& own, telemetry::Readiness& readiness,
                                     telemetry::Metrics& metrics, Clock& clock, Log& log)
    : options_(std::move(options)),
      streams_(std::move(streams)),
      control_(control),
      one_at_a_time_(control),
      own_(own),
      contact_(SourceContact::Kind::followed, options_.address, readiness, metrics, clock, log),
      clock_(clock),
      log_(log),
      heard_(std::make_shared<Heard>(control, options_.trust_domain)) {
  if (!own_.held(options_.trust_domain)) readiness.unmet("own bundle", "waiting for the agent at " + options_.address);
}

WorkloadApiSource::~WorkloadApiSource() = default;

asio::awaitable<Status> WorkloadApiSource::take() {
  const auto lock = co_await one_at_a_time_.lock();
  if (!lock) co_return lock.error();
  const trust::RecordPtr record = own_.in_use(options_.trust_domain);
  // What another source left is no half of this one's.
  const bool same_source = record && record->source == options_.address;
  std::optional<spiffe::Bundle> bundle = heard_->answers.merged(same_source ? record->bundle.get() : nullptr);
  // The hint may have changed while the agent was away.
  if (!bundle && same_source) bundle.emplace(*record->bundle);
  if (!bundle) co_return ok();
  bundle->refresh_hint = options_.refresh_hint;
  if (bundle->empty() && record && !record->bundle->empty())
    log_.warning("the agent says that our trust domain has no authority any more: nothing of it validates",
                 {{"event", "bundle_empty"}, {"td", options_.trust_domain.name()}, {"url", options_.address}});
  co_return co_await own_.offer(std::move(*bundle), options_.address);
}

asio::awaitable<Status> WorkloadApiSource::start() { return take(); }

asio::awaitable<Status> WorkloadApiSource::set_refresh_hint(std::chrono::seconds hint) {
  options_.refresh_hint = hint;
  return take();
}

void WorkloadApiSource::report() {
  const std::optional<Error>& problem = heard_->x509.problem ? heard_->x509.problem : heard_->jwt.problem;
  if (problem)
    contact_.lost(*problem, own_.held(options_.trust_domain));
  else if (heard_->x509.answered && heard_->jwt.answered)
    contact_.good();
}

asio::awaitable<void> WorkloadApiSource::run() {
  const auto x509 = streams_.x509(heard_->on_bundles(&Heard::x509_bundles), heard_->on_error(&Heard::x509_error));
  const auto jwt = streams_.jwt(heard_->on_bundles(&Heard::jwt_bundles), heard_->on_error(&Heard::jwt_error));
  bool failing = false;
  for (;;) {
    auto next = failing ? clock_.sleep(retry_wait) : heard_->news.wait();
    const Status waited = co_await std::move(next);
    if (!waited) co_return;
    const Status taken = co_await take();
    if (!taken && taken.error().code() == Errc::cancelled) co_return;
    if (!taken && !failing)
      log_.error("our bundle cannot be changed to what the agent says; it is tried again",
                 {{"error", taken.error().message()}});
    failing = !taken;
    if (taken) report();
  }
}

}  // namespace entente::syncer
