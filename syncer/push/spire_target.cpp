#include "syncer/push/spire_target.hpp"

#include "common/spire_api/bundle_messages.hpp"

namespace entente::syncer {
namespace {

// A hundred bundles are a hundred transactions of the server's.
constexpr Duration longest_call = std::chrono::seconds(30);

}  // namespace

SpireTarget::SpireTarget(const std::filesystem::path& socket, spire_api::DeleteMode on_end)
    : client_(socket, longest_call), on_end_(on_end) {}

std::string SpireTarget::fingerprint(const spiffe::Bundle& bundle) const {
  return spire_api::fingerprint(spire_api::to_message(bundle));
}

asio::awaitable<Result<Holdings>> SpireTarget::look(std::set<spiffe::TrustDomain>) {
  Holdings holdings;
  const Result<spiffe::TrustDomain> own = co_await client_.own_trust_domain();
  if (!own) co_return own.error();
  holdings.reserved.emplace(*own, "it is the SPIRE server's own trust domain");
  const Result<std::set<spiffe::TrustDomain>> theirs = co_await client_.own_relationships();
  if (!theirs) co_return theirs.error();
  for (const spiffe::TrustDomain& each : *theirs)
    holdings.reserved.emplace(each, "the SPIRE server has a federation relationship of its own with it");
  Result<std::map<spiffe::TrustDomain, std::string>> bundles = co_await client_.federated_bundles();
  if (!bundles) co_return bundles.error();
  holdings.fingerprints = std::move(*bundles);
  co_return holdings;
}

asio::awaitable<Result<std::vector<Status>>> SpireTarget::set(std::vector<spiffe::BundlePtr> bundles) {
  co_return co_await client_.set_federated(std::move(bundles));
}

asio::awaitable<Result<std::vector<Status>>> SpireTarget::remove(std::vector<spiffe::TrustDomain> trust_domains) {
  Result<std::vector<Status>> outcomes = co_await client_.delete_federated(trust_domains, on_end_);
  if (!outcomes) co_return outcomes;
  std::vector<spiffe::TrustDomain> kept;
  for (std::size_t i = 0; i < trust_domains.size(); ++i) {
    Status& outcome = (*outcomes)[i];
    if (outcome) continue;
    if (outcome.error().code() == Errc::not_found) {
      outcome = ok();
    } else {
      kept.push_back(trust_domains[i]);
      outcome =
          Error(outcome.error().code(), outcome.error().message() + "; it is there without authorities until then");
    }
  }
  if (kept.empty()) co_return outcomes;
  const Status emptied = co_await empty(std::move(kept));
  if (!emptied) co_return emptied.error();
  co_return outcomes;
}

asio::awaitable<Status> SpireTarget::empty(std::vector<spiffe::TrustDomain> trust_domains) {
  std::vector<spiffe::BundlePtr> nothing;
  for (const spiffe::TrustDomain& each : trust_domains) nothing.push_back(std::make_shared<const spiffe::Bundle>(each));
  const Result<std::vector<Status>> outcomes = co_await client_.set_federated(std::move(nothing));
  if (!outcomes) co_return outcomes.error();
  for (const Status& outcome : *outcomes)
    if (!outcome) co_return outcome;
  co_return ok();
}

}  // namespace entente::syncer
