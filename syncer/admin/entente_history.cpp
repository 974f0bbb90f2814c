#include "syncer/admin/entente_history.hpp"

#include "common/spiffe/bundle_json.hpp"
#include "syncer/admin/entente_fields.hpp"
#include "syncer/admin/messages.hpp"
#include "syncer/admin/waiting_polls.hpp"

namespace entente::syncer {
namespace {

namespace v1 = entente::v1;

constexpr std::uint32_t usual_limit = 100, highest_limit = 1000;

Result<store::HistoryQuery> read_query(const v1::ListHistoryRequest& request) {
  if (request.limit() > highest_limit) return Error(Errc::invalid_argument, "limit: at most 1000");
  store::HistoryQuery query;
  query.limit = request.limit() == 0 ? usual_limit : request.limit();
  if (request.first() != 0) query.first = request.first();
  if (request.last() != 0) query.last = request.last();
  if (query.first > query.last) return Error(Errc::invalid_argument, "first: above last");
  return query;
}

void put_side(const std::string& name, const spiffe::Bundle* bundle, v1::DiffSide& message) {
  message.set_name(name);
  if (bundle == nullptr) return;
  message.set_digest(spiffe::authorities_digest(*bundle));
  if (bundle->sequence) message.set_sequence(*bundle->sequence);
}

}  // namespace

Result<spiffe::TrustDomain> EntenteHistory::domain_or_own(const std::string& text) const {
  if (!text.empty()) return read_domain(text);
  const auto& own = parts_.ledger.current()->own;
  if (!own) return Error(Errc::invalid_argument, "trust_domain: this Entente has none of its own; name one");
  return *own;
}

EntenteHistory::Answer EntenteHistory::list(const v1::ListHistoryRequest* request, v1::ListHistoryResponse* response) {
  const Result<spiffe::TrustDomain> domain = domain_or_own(request->trust_domain());
  if (!domain) co_return domain.error();
  const Result<store::HistoryQuery> query = read_query(*request);
  if (!query) co_return query.error();
  const auto entries = co_await parts_.ledger.history(*domain, *query);
  if (!entries) co_return entries.error();
  // What was deleted keeps its history; what never was has none.
  const bool known = parts_.relationships.find(*domain) || parts_.ledger.current()->find_any(*domain);
  const bool narrowed = request->first() != 0 || request->last() != 0;
  if (entries->empty() && !known && !narrowed)
    co_return Error(Errc::not_found, "nothing is on record of " + domain->name());
  for (const trust::HistoryEntryPtr& each : *entries) *response->add_entries() = to_message(*each);
  co_return ok();
}

asio::awaitable<Result<trust::HistoryEntryPtr>> EntenteHistory::entry(spiffe::TrustDomain domain, std::uint64_t number,
                                                                      std::string field) {
  if (number == 0) co_return Error(Errc::invalid_argument, field + ": entries of the history count from 1");
  const store::HistoryQuery query{number, number, 1};
  const auto found = co_await parts_.ledger.history(domain, query);
  if (!found) co_return found.error();
  if (found->empty())
    co_return Error(Errc::not_found, field + ": entry " + std::to_string(number) + " of the history of " +
                                         domain.name() + " is not there, or is kept no more");
  co_return found->front();
}

EntenteHistory::Answer EntenteHistory::get(const v1::GetHistoryEntryRequest* request,
                                           v1::GetHistoryEntryResponse* response) {
  const Result<spiffe::TrustDomain> domain = domain_or_own(request->trust_domain());
  if (!domain) co_return domain.error();
  const auto found = co_await entry(*domain, request->number(), "number");
  if (!found) co_return found.error();
  *response->mutable_entry() = to_message(**found);
  if ((*found)->bundle) response->set_document(spiffe::write_bundle(*(*found)->bundle));
  co_return ok();
}

asio::awaitable<Result<EntenteHistory::Side>> EntenteHistory::recorded_side(spiffe::TrustDomain domain,
                                                                            std::uint64_t number, std::string field) {
  const auto found = co_await entry(std::move(domain), number, field);
  if (!found) co_return found.error();
  if (!(*found)->bundle)
    co_return Error(Errc::invalid_argument, field + ": entry " + std::to_string(number) + " has no bundle: it says " +
                                                std::string(trust::to_string((*found)->action)));
  co_return Side{"history entry " + std::to_string(number), (*found)->bundle};
}

EntenteHistory::Side EntenteHistory::side_in_use(const spiffe::TrustDomain& domain) const {
  const trust::RecordPtr record = parts_.ledger.current()->find(domain);
  return record ? Side{"in use", record->bundle} : Side{"nothing in use", nullptr};
}

Result<EntenteHistory::Side> EntenteHistory::held_side(const spiffe::TrustDomain& domain) const {
  const trust::RecordPtr record = parts_.ledger.current()->find_any(domain);
  if (!record || !record->held)
    return Error(Errc::not_found, "no bundle of " + domain.name() +
                                      " waits for approval; name entries of its history to compare (from, to)");
  return Side{"held", record->held->bundle};
}

EntenteHistory::Answer EntenteHistory::diff(const v1::DiffBundlesRequest* request, v1::DiffBundlesResponse* response) {
  const Result<spiffe::TrustDomain> domain = domain_or_own(request->trust_domain());
  if (!domain) co_return domain.error();
  Result<Side> from = side_in_use(*domain);
  if (request->has_from()) from = co_await recorded_side(*domain, request->from(), "from");
  if (!from) co_return from.error();
  Result<Side> to = side_in_use(*domain);
  if (request->has_to()) to = co_await recorded_side(*domain, request->to(), "to");
  if (!request->has_to() && !request->has_from()) to = held_side(*domain);
  if (!to) co_return to.error();
  if (!from->bundle && !to->bundle) co_return Error(Errc::not_found, "no bundle of " + domain->name() + " is held");
  put_side(from->name, from->bundle.get(), *response->mutable_from());
  put_side(to->name, to->bundle.get(), *response->mutable_to());
  for (const trust::AuthorityChange& change : trust::difference(from->bundle.get(), to->bundle.get()))
    *response->add_changes() = to_message(change);
  response->set_summary(to->bundle ? trust::describe_change(from->bundle.get(), *to->bundle) : "withdrawn");
  co_return ok();
}

EntenteHistory::Answer EntenteHistory::approve(const v1::ApproveBundleRequest* request, trust::Actor by) {
  const Result<spiffe::TrustDomain> domain = read_domain(request->trust_domain());
  if (!domain) co_return domain.error();
  if (const Status digest = check_digest(request->digest()); !digest) co_return digest.error();
  const Status approved = co_await parts_.operators.approve(*domain, request->digest(), std::move(by));
  if (!approved) co_return approved.error().within(domain->name());
  poll_who_waits_for(parts_, *domain);
  co_return ok();
}

EntenteHistory::Answer EntenteHistory::reject(const v1::RejectBundleRequest* request, trust::Actor by) {
  const Result<spiffe::TrustDomain> domain = read_domain(request->trust_domain());
  if (!domain) co_return domain.error();
  if (const Status digest = check_digest(request->digest()); !digest) co_return digest.error();
  const Status rejected = co_await parts_.operators.reject(*domain, request->digest(), std::move(by));
  co_return rejected ? ok() : Status(rejected.error().within(domain->name()));
}

EntenteHistory::Answer EntenteHistory::rollback(const v1::RollbackBundleRequest* request, trust::Actor by) {
  const Result<spiffe::TrustDomain> domain = read_domain(request->trust_domain());
  if (!domain) co_return domain.error();
  if (request->number() == 0) co_return Error(Errc::invalid_argument, "number: entries of the history count from 1");
  if (const Status reason = check_reason(request->reason()); !reason) co_return reason.error();
  co_return co_await parts_.operators.rollback(*domain, request->number(), request->reason(), std::move(by));
}

}  // namespace entente::syncer
