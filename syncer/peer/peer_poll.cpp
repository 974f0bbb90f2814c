// One poll: the URLs in their order, each answer judged and put through the ledger.
#include <boost/asio/this_coro.hpp>

#include "common/base/exception.hpp"
#include "common/trust/on_record.hpp"
#include "syncer/peer/apply.hpp"
#include "syncer/peer/outcome.hpp"
#include "syncer/peer/peer_loop.hpp"

namespace entente::syncer {
namespace {

// Why it was taken where that was not the policy's doing: an operator's word, used up by this bundle.
std::string word_of(const trust::RecordPtr& before) {
  if (!before || !before->accept_next) return "";
  return "taken by the word of " + before->accept_next->by + ": " + before->accept_next->reason;
}

// The bundle of the record that the decision left, of which the answer's entity tag is; null: of none.
spiffe::BundlePtr tagged_bundle(const trust::Decision& decision, const trust::RecordPtr& record) {
  if (!record || std::holds_alternative<trust::Refuse>(decision)) return nullptr;
  const auto* unchanged = std::get_if<trust::Unchanged>(&decision);
  const bool waits = std::holds_alternative<trust::Hold>(decision) || (unchanged && unchanged->held);
  if (!waits) return record->bundle;
  return record->held ? record->held->bundle : nullptr;
}

}  // namespace

asio::awaitable<Result<PeerLoop::Outcome>> PeerLoop::poll() {
  std::vector<Error> errors;
  for (Endpoint& endpoint : endpoints_) {
    Result<Outcome> outcome = co_await attempt(endpoint);
    if (stopping_) co_return Error(Errc::cancelled, "polling ends");
    // take() shields the ledger from cancellation; waiting is not shielded.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    if (outcome) {
      rest_after(endpoint);
      co_return outcome;
    }
    errors.push_back(outcome.error());
  }
  co_return all_failed(relationship_->endpoint_urls, errors);
}

bool PeerLoop::Endpoint::tag_stands(const trust::RecordPtr& known) const {
  if (!known || !etag_bundle) return false;
  return known->bundle == etag_bundle || (known->held && known->held->bundle == etag_bundle);
}

// What comes after the one that served was needed while that was down, and a tag of what is no more keeps it in memory.
void PeerLoop::rest_after(const Endpoint& served) {
  served_by_ = served.url.str();
  const trust::RecordPtr known = record();
  bool after = false;
  for (Endpoint& endpoint : endpoints_) {
    if (after) endpoint.fetcher.reset();
    after = after || &endpoint == &served;
    if (!endpoint.tag_stands(known)) endpoint.etag_bundle.reset();
  }
}

// A fault in one attempt is a failed attempt: the loop goes on.
asio::awaitable<Result<PeerLoop::Outcome>> PeerLoop::attempt(Endpoint& endpoint) {
  Result<Outcome> outcome = Error(Errc::internal, "");
  std::exception_ptr failure;
  try {
    outcome = co_await ask_endpoint(endpoint);
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return outcome;
  endpoint.fetcher.reset();
  co_return Error(Errc::internal, "the poll ended by a fault: " + what_of(failure));
}

Result<FetchRequest> PeerLoop::request_to(const Endpoint& endpoint) const {
  const trust::SnapshotPtr snapshot = parts_.syncer.ledger.current();
  Result<Anchors> anchors = anchors_for(*relationship_, *snapshot);
  if (!anchors) return anchors.error();
  FetchRequest request{endpoint.url,    std::move(*anchors), {},
                       policy_.timeout, policy_.body_limit,  relationship_->allow_private_redirects};
  const trust::RecordPtr known = snapshot->find_any(relationship_->trust_domain);
  // The operator's word is about the next good answer; "not modified" would leave it waiting.
  if (endpoint.tag_stands(known) && !known->accept_next) request.etag = endpoint.etag;
  return request;
}

asio::awaitable<Result<PeerLoop::Outcome>> PeerLoop::ask_endpoint(Endpoint& endpoint) {
  Result<FetchRequest> wanted = request_to(endpoint);
  if (!wanted) co_return wanted.error();
  if (!endpoint.fetcher) endpoint.fetcher = parts_.syncer.make_fetcher();
  const bool conditional = !wanted->etag.empty();
  Result<FetchAnswer> answer = co_await endpoint.fetcher->fetch(std::move(*wanted));
  if (!answer) co_return answer.error();
  if (stopping_) co_return Error(Errc::cancelled, "polling ends");
  if (std::holds_alternative<NotModified>(answer->content) && !conditional)
    co_return Error(Errc::http_status, "HTTP 304 to a request that had no condition");
  Result<Served> served = read(endpoint, std::move(*answer));
  if (!served) co_return served.error();
  co_return co_await take(endpoint, std::move(*served));
}

Result<PeerLoop::Served> PeerLoop::read(const Endpoint& endpoint, FetchAnswer answer) {
  trust::Provenance from{std::move(answer.url), std::move(answer.address), std::move(answer.certificate)};
  // Judged like any other: an operator's decision, or another policy, may have come since it was first served.
  if (std::holds_alternative<NotModified>(answer.content))
    return Served{{endpoint.etag_bundle, std::move(from)}, endpoint.etag, true};
  auto& document = std::get<FetchedDocument>(answer.content);
  Result<spiffe::ParsedBundle> parsed = read_document(relationship_->trust_domain, document.body);
  if (!parsed) return parsed.error();
  report_ignored(parsed->ignored);
  auto bundle = std::make_shared<const spiffe::Bundle>(std::move(parsed->bundle));
  return Served{{std::move(bundle), std::move(from)}, std::move(document.etag), false};
}

trust::Rules PeerLoop::rules() const {
  return {relationship_->sequence, relationship_->policy ? *relationship_->policy : parts_.default_policy};
}

asio::awaitable<Result<PeerLoop::Outcome>> PeerLoop::take(Endpoint& endpoint, Served served) {
  // From here to the end of apply() nothing may be torn apart: whoever stops the loop waits for its end.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const trust::Candidate& candidate = served.candidate;
  std::optional<trust::Decision> decision;
  trust::RecordPtr known;
  Decide decide = [&](const trust::RecordPtr& held) -> std::optional<Step> {
    known = held;
    const Time now = parts_.syncer.clock.now();
    decision = trust::decide_fetched(now, held.get(), candidate, rules());
    if (stopping_) return std::nullopt;
    trust::Circumstances around{now, candidate.from, std::nullopt, word_of(held)};
    auto event = trust::on_record(held.get(), *decision, candidate.bundle, trust::HistoryAction::accepted, around);
    if (const auto* accepted = std::get_if<trust::Accept>(&*decision)) return Step{accepted->next, std::move(event)};
    if (const auto* hold = std::get_if<trust::Hold>(&*decision)) return Step{hold->next, std::move(event)};
    return std::nullopt;
  };
  const auto applied =
      co_await apply(parts_.syncer.ledger, parts_.syncer.clock, relationship_->trust_domain, std::move(decide));
  if (!applied) co_return Error(Errc::store, applied.error().message());
  if (stopping_) co_return Error(Errc::cancelled, "polling ends");
  if (const auto* refused = std::get_if<trust::Refuse>(&*decision)) {
    const Error reason = refused->reason;
    trust::Circumstances around{parts_.syncer.clock.now(), candidate.from};
    auto event = trust::on_record(known.get(), *decision, candidate.bundle, trust::HistoryAction::accepted, around);
    co_await note_refusal(std::move(*event), reason);
    co_return reason;
  }
  if (*applied) known = (*applied)->record;
  endpoint.etag = std::move(served.etag);
  endpoint.etag_bundle = tagged_bundle(*decision, known);
  if (const auto* accepted = std::get_if<trust::Accept>(&*decision)) {
    refusals_.forget();
    report_accepted(*accepted);
    co_return Outcome::accepted;
  }
  if (const auto* hold = std::get_if<trust::Hold>(&*decision)) {
    report_held(*hold);
    co_return Outcome::held;
  }
  if (std::get<trust::Unchanged>(*decision).held) co_return Outcome::held;
  co_return served.not_modified ? Outcome::not_modified : Outcome::unchanged;
}

// Once for each bundle and reason, also over a restart.
asio::awaitable<void> PeerLoop::note_refusal(trust::HistoryEntry event, Error reason) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  if (!refusals_.learned()) {
    store::HistoryQuery newest;
    newest.limit = endpoints_.size();
    const auto entries = co_await parts_.syncer.ledger.history(relationship_->trust_domain, newest);
    if (stopping_) co_return;
    // Where the history cannot be read, an entry twice is better than a poll that waits for it each time.
    if (entries)
      refusals_.learn(*entries);
    else
      refusals_.learn({});
  }
  if (refusals_.known(event)) co_return;
  refusals_.remember(event);
  report_refused(event, reason);
  parts_.syncer.ledger.note(std::move(event));
}

}  // namespace entente::syncer
