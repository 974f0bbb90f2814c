#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "common/trust/sequence_text.hpp"
#include "syncer/doctor/examine.hpp"
#include "syncer/doctor/layers.hpp"

namespace entente::syncer::doctor {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

// Peers come from the network that their endpoint is in, where this can be told at all.
bool is_from(const Poller& poller, const std::optional<asio::ip::address>& peer) {
  if (!peer) return false;
  if (peer->to_string() == poller.address) return true;
  boost::system::error_code not_a_network;
  const auto network = asio::ip::make_network_v6(poller.address, not_a_network);
  if (not_a_network || !peer->is_v6()) return false;
  return asio::ip::network_v6(peer->to_v6(), network.prefix_length()).canonical() == network.canonical();
}

void examine_own_document(const OwnEndpointFacts& facts, const AddressSeen& address, Findings& findings) {
  const Result<spiffe::ParsedBundle> parsed = spiffe::parse_bundle(facts.trust_domain, address.answer->body);
  if (!parsed) {
    findings.problem("own_endpoint", address.address + ": what answers is no bundle: " + parsed.error().message(),
                     "check which program holds the port of bundle_endpoint.listen, and what stands before it");
    return;
  }
  if (!facts.bundle) return;
  if (!spiffe::same_authorities(parsed->bundle, *facts.bundle) || parsed->bundle.sequence != facts.bundle->sequence) {
    findings.problem("own_endpoint",
                     address.address + ": our endpoint serves sequence " +
                         trust::sequence_text(parsed->bundle.sequence) + ", in use is " +
                         trust::sequence_text(facts.bundle->sequence),
                     "see that the server reads the publish_dir that the syncer writes, and that no cache or old "
                     "process stands before it");
    return;
  }
  const bool cached = !address.answer->etag.empty() && address.answer->conditional_status == 304;
  if (!cached)
    findings.warning("own_endpoint", address.address + ": answers without an ETag, or not by 304 to it",
                     "see what stands between: a proxy that drops the ETag makes every peer fetch everything anew");
  else
    findings.ok("own_endpoint", address.address + ": serves our bundle as it is in use, with its ETag");
}

// Where the certificate cannot be judged (one of the web is not for the address that the endpoint listens on), only
// what was seen of it counts.
AddressSeen without_verdict(const AddressSeen& address) {
  AddressSeen judged = address;
  judged.verdict.reset();
  judged.verified_chain.clear();
  return judged;
}

}  // namespace

void examine_own_endpoint(Time now, const OwnEndpointFacts& facts, const EndpointSeen& seen, Findings& findings) {
  const EndpointWords words{facts.profile, facts.bundle.get(), "you"};
  // An SVID needs our bundle, which is not known while the admin API does not answer.
  const bool judged =
      std::holds_alternative<trust::HttpsSpiffe>(facts.profile) ? facts.bundle != nullptr : facts.by_public_name;
  for (const HopSeen& hop : seen.hops) {
    examine_network(hop, findings);
    for (const AddressSeen& address : hop.addresses) {
      examine_certificate(now, judged ? address : without_verdict(address), hop.url, words, findings);
      if (examine_answer(address, hop.url, findings)) examine_own_document(facts, address, findings);
    }
    if (hop.redirect)
      findings.problem("redirect", hop.url.str() + ": " + hop.redirect->message(), "mend what answers with it");
  }
  if (!facts.by_public_name)
    findings.ok("own_endpoint", "looked at from this host alone; with --endpoint-url its public name is checked too");
}

void examine_local_source(Time now, const LocalSourceFacts& facts, Findings& findings) {
  const std::string check = "local_source";
  if (facts.problem.empty()) return findings.ok(check, facts.address + " confirms our bundle");
  const std::string since = facts.confirmed
                                ? "our bundle was last confirmed " +
                                      describe_duration(std::max<Duration>(now - *facts.confirmed, 0s)) + " ago"
                                : "our bundle was not confirmed since Entente started";
  const std::string what = facts.address + ": " + since + ", the last good one is served: " + facts.problem;
  const std::string what_to_do =
      "see that it runs and that Entente's user may open its socket: peers do not learn of its new authorities before "
      "it answers";
  if (facts.confirmed && now - *facts.confirmed < 1h)
    findings.warning(check, what, what_to_do);
  else
    findings.problem(check, what, what_to_do);
}

void examine_peer_polling(Time now, const OurSide& our_side, const std::vector<EndpointSeen>& seen,
                          Findings& findings) {
  const std::string check = "peer_holds_us";
  if (!our_side.pollers) {
    findings.ok(check, "whether the peer polls us cannot be seen: no telemetry of our endpoint's server is known");
    return;
  }
  const Poller* latest = nullptr;
  for (const Poller& poller : *our_side.pollers) {
    bool of_peer = false;
    for (const EndpointSeen& endpoint : seen)
      for (const HopSeen& hop : endpoint.hops)
        for (const AddressSeen& address : hop.addresses) of_peer = of_peer || is_from(poller, address.peer);
    if (of_peer && (latest == nullptr || poller.last_seen > latest->last_seen)) latest = &poller;
  }
  if (latest == nullptr) {
    findings.ok(check,
                "whether the peer polls us cannot be seen: none of its endpoint's addresses is among our "
                "endpoint's latest clients, but it may poll from another address");
    return;
  }
  const Duration since = std::max<Duration>(now - latest->last_seen, 0s);
  const Duration patience = 3 * std::max<Duration>(our_side.our_hint.value_or(300s), 30s);
  if (since > patience)
    findings.warning(check, latest->address + " asked our endpoint last " + describe_duration(since) + " ago",
                     "ask the peer's operator whether the relationship with us still stands there: what we rotate to "
                     "reaches them no more");
  else
    findings.ok(check, latest->address + " asked our endpoint " + describe_duration(since) + " ago");
}

}  // namespace entente::syncer::doctor
