#include <algorithm>
#include <set>

#include "common/spiffe/x509_svid.hpp"
#include "common/trust/sequence_text.hpp"
#include "syncer/doctor/examine.hpp"
#include "syncer/doctor/layers.hpp"

namespace entente::syncer::doctor {
namespace {

// The highest sequence that is on record: what the peer may not go below. An operator's word, or the end of the bundle,
// makes a new beginning.
std::optional<std::uint64_t> highest_seen(const RelationshipFacts& facts) {
  std::optional<std::uint64_t> highest;
  for (const Event& event : facts.events) {
    const std::string& what = event.action;
    if (what == "bootstrap" || what == "given" || what == "accept_next" || what == "withdrawn") highest.reset();
    const bool in_use = what == "bootstrap" || what == "given" || what == "accepted" || what == "approved";
    if (in_use && event.sequence) highest = std::max(highest.value_or(0), *event.sequence);
  }
  if (facts.bundle && facts.bundle->sequence) highest = std::max(highest.value_or(0), *facts.bundle->sequence);
  return highest;
}

void examine_ignored(const std::string& address, const spiffe::IgnoredKeys& ignored, Findings& findings) {
  if (ignored.empty()) return;
  std::string all;
  for (const std::string& each : ignored) all += (all.empty() ? "" : "; ") + each;
  findings.warning("ignored_keys", address + ": keys of the document that nobody may use: " + all,
                   "tell the peer's operator: workloads that rely on these keys are refused");
}

void examine_authorities(Time now, const std::string& address, const spiffe::Bundle& served, Findings& findings) {
  if (served.empty()) {
    findings.problem("revoked",
                     address + ": the endpoint serves a bundle without keys: every SVID of " +
                         served.trust_domain.name() + " is invalid",
                     "ask the peer's operator whether the trust domain has been revoked on purpose");
    return;
  }
  std::string ended;
  for (const crypto::Certificate& authority : served.x509_authorities)
    if (authority.not_after() <= now) ended += (ended.empty() ? "" : ", ") + name_of(authority);
  if (!spiffe::any_authority_valid(served, now))
    findings.problem("authority_expiry", address + ": every authority that the endpoint serves has ended: " + ended,
                     "have the peer's operator rotate: no SVID of theirs validates anywhere");
  else
    findings.ok("authority_expiry", address + ": " + std::to_string(served.x509_authorities.size()) + " X.509 and " +
                                        std::to_string(served.jwt_authorities.size()) + " JWT authorities" +
                                        (ended.empty() ? "" : "; ended, and still listed: " + ended));
}

void examine_sequence(const RelationshipFacts& facts, const std::string& address, const spiffe::Bundle& served,
                      Findings& findings) {
  const std::optional<std::uint64_t> seen = highest_seen(facts);
  const std::string domain = facts.trust_domain.name();
  if (!served.sequence) {
    findings.warning("sequence", address + ": the bundle has no spiffe_sequence: a replay of an old one goes unnoticed",
                     "ask the peer's operator for an endpoint that sends one");
    return;
  }
  if (seen && *served.sequence < *seen) {
    findings.problem("sequence",
                     address + ": the endpoint serves sequence " + trust::sequence_text(served.sequence) + ", and " +
                         trust::sequence_text(seen) + " was seen before: it is refused",
                     "ask the peer's operator: a replica that lags behind must be mended; where their state was "
                     "restored from a backup: entente federation accept " +
                         domain + " --reason ...");
    return;
  }
  const bool same = facts.bundle && spiffe::same_authorities(served, *facts.bundle);
  if (facts.bundle && facts.bundle->sequence == served.sequence && !same) {
    findings.warning("sequence",
                     address + ": the endpoint serves sequence " + trust::sequence_text(served.sequence) +
                         " with other authorities than it did before under the same number",
                     "tell the peer's operator: strict consumers refuse it; entente federation diff " + domain +
                         " shows what is held");
    return;
  }
  const std::string ours = facts.bundle ? trust::sequence_text(facts.bundle->sequence) : "nothing";
  findings.ok("sequence", address + ": sequence " + trust::sequence_text(served.sequence) +
                              (same ? ", as in use" : "; in use: " + ours));
}

// SPIFFE: the bundle that the endpoint serves must validate the SVID that it presents, or nobody who takes the bundle
// can ask it again.
void examine_self_consistency(Time now, const RelationshipFacts& facts, const AddressSeen& address,
                              const spiffe::Bundle& served, Findings& findings) {
  const auto* profile = std::get_if<trust::HttpsSpiffe>(&facts.profile);
  if (!profile || !profile->endpoint_spiffe_id.member_of(facts.trust_domain) || address.chain.empty()) return;
  const Result<spiffe::SpiffeId> id = spiffe::verify_x509_svid(address.chain, served, now);
  if (!id) {
    findings.problem("self_consistency",
                     address.address +
                         ": the bundle that the endpoint serves does not validate the SVID that it "
                         "presents: " +
                         id.error().message(),
                     "tell the peer's operator: whoever takes this bundle cannot reach the endpoint again; the bundle "
                     "must list the authority that issues the endpoint's SVID");
  } else if (address.verdict && address.verdict->code() != Errc::wrong_spiffe_id) {
    findings.problem("missed_rotation",
                     address.address +
                         ": endpoint and served bundle fit each other, but not the bundle in use here: "
                         "the peer seems to have rotated while it was not polled, or another stands in "
                         "its place",
                     "compare the new bundle with the peer's operator by a trusted way (digest " +
                         spiffe::authorities_digest(served).substr(0, 16) + "...), then: entente bundle set " +
                         facts.trust_domain.name() + " FILE");
  } else {
    findings.ok("self_consistency", address.address + ": the bundle validates the endpoint's own SVID");
  }
}

std::optional<spiffe::Bundle> examine_document(Time now, const RelationshipFacts& facts, const AddressSeen& address,
                                               Findings& findings) {
  const std::string from = address.verdict ? address.address + " (unproven)" : address.address;
  const Result<spiffe::ParsedBundle> parsed = spiffe::parse_bundle(facts.trust_domain, address.answer->body);
  if (!parsed) {
    findings.problem("document", from + ": not a bundle document: " + parsed.error().message(),
                     "show this to the peer's operator; the bundle in use is kept until it is mended");
    return std::nullopt;
  }
  examine_ignored(from, parsed->ignored, findings);
  examine_authorities(now, from, parsed->bundle, findings);
  examine_sequence(facts, from, parsed->bundle, findings);
  if (!parsed->bundle.empty()) examine_self_consistency(now, facts, address, parsed->bundle, findings);
  return parsed->bundle;
}

// Several addresses that serve different bundles: a replica that lags behind.
void examine_replicas(const HopSeen& hop, const std::vector<spiffe::Bundle>& served, Findings& findings) {
  std::set<std::string> kinds;
  for (const spiffe::Bundle& bundle : served)
    kinds.insert(trust::sequence_text(bundle.sequence) + " " + spiffe::authorities_digest(bundle));
  if (kinds.size() < 2) return;
  findings.warning("replicas",
                   "the addresses of " + hop.url.host() + " serve " + std::to_string(kinds.size()) +
                       " different bundles at this moment",
                   "try again in a minute: where it stays so, the peer's operator has a replica that lags behind");
}

}  // namespace

void examine_endpoint(Time now, const RelationshipFacts& facts, const EndpointSeen& seen, Findings& findings) {
  const EndpointWords words{facts.profile, facts.anchor.get(), "the peer's operator"};
  for (const HopSeen& hop : seen.hops) {
    examine_network(hop, findings);
    std::vector<spiffe::Bundle> served;
    for (const AddressSeen& address : hop.addresses) {
      examine_certificate(now, address, hop.url, words, findings);
      if (!examine_answer(address, hop.url, findings)) continue;
      std::optional<spiffe::Bundle> bundle = examine_document(now, facts, address, findings);
      if (bundle) served.push_back(std::move(*bundle));
    }
    examine_replicas(hop, served, findings);
    if (hop.redirect)
      findings.problem("redirect", hop.url.str() + ": " + hop.redirect->message(),
                       "ask the peer's operator where the bundle is served now, and set that URL in the relationship");
  }
  if (seen.hops.size() > 1)
    findings.ok("redirect", "the answer comes from " + seen.hops.back().url.str() +
                                " in the end: name it in the "
                                "relationship to save the detour");
}

}  // namespace entente::syncer::doctor
