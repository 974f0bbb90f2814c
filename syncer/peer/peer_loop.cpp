#include "syncer/peer/peer_loop.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>

#include "syncer/peer/apply.hpp"
#include "syncer/peer/outcome.hpp"

namespace entente::syncer {
namespace {

std::string what_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

std::string joined(const spiffe::IgnoredKeys& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "; ") + line;
  return text;
}

}  // namespace

PeerLoop::PeerLoop(LoopParts parts, trust::RelationshipPtr relationship, trust::PollingPolicy policy, Memory memory)
    : parts_(parts),
      relationship_(std::move(relationship)),
      policy_(policy),
      fetcher_(parts_.syncer.make_fetcher()),
      wake_(parts_.syncer.control),
      progress_(parts_.syncer.control),
      attempts_(std::move(memory.attempts)),
      started_at_(memory.started),
      settled_at_(memory.started) {
  tell_metrics();
}

void PeerLoop::start(const std::shared_ptr<PeerLoop>& loop) {
  auto done = [loop](std::exception_ptr failure) {
    if (failure && !loop->stopping_)
      loop->parts_.syncer.log.error("polling ended by a fault",
                                    {{"td", loop->relationship_->trust_domain.name()}, {"error", what_of(failure)}});
    loop->ended_ = true;
    loop->progress_.notify();
  };
  asio::co_spawn(loop->parts_.syncer.control, loop->run(),
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

trust::RecordPtr PeerLoop::record() const { return parts_.syncer.ledger.current()->find(relationship_->trust_domain); }

trust::RelationshipStatus PeerLoop::status() const {
  return trust::status_of(relationship_, record().get(), attempts_, policy_, started_at_, parts_.syncer.clock.now(),
                          parts_.syncer.ledger.persisted(relationship_->trust_domain));
}

asio::awaitable<void> PeerLoop::run() {
  while (!stopping_) {
    ++begun_;
    attempts_.next_attempt.reset();
    const Time attempted = parts_.syncer.clock.now();
    const Result<Outcome> outcome = co_await attempt();
    if (stopping_) co_return;
    settle(attempted, outcome);
    finished_ = begun_;
    progress_.notify();
    co_await until_due();
  }
}

// A fault in one attempt is a failed attempt: the loop goes on.
asio::awaitable<Result<PeerLoop::Outcome>> PeerLoop::attempt() {
  Result<Outcome> outcome = Error(Errc::internal, "");
  std::exception_ptr failure;
  try {
    outcome = co_await poll();
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) outcome = Error(Errc::internal, "the poll ended by a fault: " + what_of(failure));
  // take() shields the ledger from cancellation; waiting is not shielded.
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_return outcome;
}

Result<FetchRequest> PeerLoop::next_request() const {
  const trust::SnapshotPtr snapshot = parts_.syncer.ledger.current();
  Result<Anchors> anchors = anchors_for(*relationship_, *snapshot);
  if (!anchors) return anchors.error();
  FetchRequest request{relationship_->endpoint_url, std::move(*anchors), {}, policy_.timeout, policy_.body_limit};
  const trust::RecordPtr held = snapshot->find(relationship_->trust_domain);
  const bool answer_is_held = held && held->bundle == etag_bundle_;
  // The operator's word is about the next good answer; "not modified" would leave it waiting.
  if (answer_is_held && !held->accept_next) request.etag = etag_;
  return request;
}

Result<trust::Candidate> PeerLoop::read(const FetchedDocument& document) {
  Result<spiffe::ParsedBundle> parsed = read_document(relationship_->trust_domain, document.body);
  if (!parsed) return parsed.error();
  report_ignored(parsed->ignored);
  return trust::Candidate{std::make_shared<const spiffe::Bundle>(std::move(parsed->bundle)),
                          relationship_->endpoint_url.str()};
}

asio::awaitable<Result<PeerLoop::Outcome>> PeerLoop::poll() {
  Result<FetchRequest> wanted = next_request();
  if (!wanted) co_return wanted.error();
  Result<FetchAnswer> answer = co_await fetcher_->fetch(std::move(*wanted));
  if (!answer) co_return answer.error();
  if (std::holds_alternative<NotModified>(answer->content)) co_return Outcome::not_modified;
  auto& document = std::get<FetchedDocument>(answer->content);
  Result<trust::Candidate> candidate = read(document);
  if (!candidate) co_return candidate.error();
  if (stopping_) co_return Error(Errc::cancelled, "polling ends");
  co_return co_await take(std::move(*candidate), std::move(document.etag));
}

asio::awaitable<Result<PeerLoop::Outcome>> PeerLoop::take(trust::Candidate candidate, std::string etag) {
  // From here to the end of apply() nothing may be torn apart: whoever stops the loop waits for its end.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  std::optional<trust::Decision> decision;
  spiffe::BundlePtr held_bundle;
  Decide decide = [&](const trust::RecordPtr& held) -> std::optional<Step> {
    held_bundle = held ? held->bundle : nullptr;
    decision = trust::decide_fetched(parts_.syncer.clock.now(), held.get(), candidate, relationship_->sequence);
    const auto* accepted = std::get_if<trust::Accept>(&*decision);
    if (accepted == nullptr || stopping_) return std::nullopt;
    return Step{accepted->next};
  };
  const auto applied =
      co_await apply(parts_.syncer.ledger, parts_.syncer.clock, relationship_->trust_domain, std::move(decide));
  if (!applied) co_return Error(Errc::store, applied.error().message());
  if (const auto* refused = std::get_if<trust::Refuse>(&*decision)) co_return refused->reason;
  if (*applied && (*applied)->record) {
    held_bundle = (*applied)->record->bundle;
    report_accepted(std::get<trust::Accept>(*decision));
  }
  etag_ = std::move(etag);
  etag_bundle_ = std::move(held_bundle);
  co_return *applied ? Outcome::accepted : Outcome::unchanged;
}

void PeerLoop::settle(Time attempted, const Result<Outcome>& outcome) {
  const Time now = parts_.syncer.clock.now();
  if (outcome) {
    report_success();
    attempts_ = after_success(std::move(attempts_), attempted, now);
  } else {
    report_failure(outcome.error());
    attempts_ = after_failure(std::move(attempts_), attempted, outcome.error());
  }
  settled_at_ = now;
  random_ = parts_.syncer.random();
  plan();
  constexpr std::string_view names[] = {"accepted", "unchanged", "not_modified"};
  const std::string_view result =
      outcome ? names[static_cast<std::size_t>(*outcome)] : to_string(outcome.error().code());
  parts_.metrics.count_poll(relationship_->trust_domain, result);
}

void PeerLoop::plan() {
  replan_ = false;
  const trust::RecordPtr held = record();
  const bool ever_fetched = held && held->origin == trust::Origin::fetched;
  const auto hint = held ? held->bundle->refresh_hint : std::nullopt;
  wait_ = trust::next_wait(ever_fetched, hint, policy_, random_);
  attempts_.next_attempt = settled_at_ + std::chrono::duration_cast<Time::duration>(wait_);
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

void PeerLoop::report_accepted(const trust::Accept& accepted) const {
  const std::string& name = relationship_->trust_domain.name();
  const spiffe::Bundle& bundle = *accepted.next.bundle;
  const std::string sequence = bundle.sequence ? std::to_string(*bundle.sequence) : "none";
  Log& log = parts_.syncer.log;
  log.info("bundle accepted", {{"td", name}, {"seq", sequence}, {"change", accepted.summary}});
  if (accepted.next.sequence_reused) log.warning("sequence reused by the peer", {{"td", name}, {"seq", sequence}});
  if (accepted.next.sequence_missing) log.warning("sequence missing where the peer had one", {{"td", name}});
  if (bundle.empty()) log.warning("every key of the peer is revoked: its bundle is empty", {{"td", name}});
}

void PeerLoop::report_ignored(const spiffe::IgnoredKeys& ignored) {
  if (ignored == ignored_) return;
  ignored_ = ignored;
  if (ignored.empty()) return;
  parts_.syncer.log.warning("keys of the peer's bundle ignored",
                            {{"td", relationship_->trust_domain.name()}, {"keys", joined(ignored)}});
}

void PeerLoop::report_success() const {
  if (attempts_.consecutive_failures == 0) return;
  parts_.syncer.log.info("polling recovered",
                         {{"td", relationship_->trust_domain.name()}, {"failures", attempts_.consecutive_failures}});
}

void PeerLoop::report_failure(const Error& error) const {
  if (!worth_logging(attempts_, error)) return;
  const bool refused = error.code() == Errc::sequence_older || error.code() == Errc::sequence_strict;
  parts_.syncer.log.warning(refused ? "bundle refused" : "poll failed",
                            {{"td", relationship_->trust_domain.name()},
                             {"url", relationship_->endpoint_url.str()},
                             {"code", to_string(error.code())},
                             {"error", error.message()},
                             {"failures", attempts_.consecutive_failures + 1}});
}

void PeerLoop::tell_metrics() const { parts_.metrics.tell({relationship_, attempts_, policy_, started_at_}); }

}  // namespace entente::syncer
