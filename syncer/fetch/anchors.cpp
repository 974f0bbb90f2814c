#include "syncer/fetch/anchors.hpp"

#include <algorithm>

#include "common/spiffe/x509_svid.hpp"

namespace entente::syncer {
namespace {

bool same(const WebAnchors& a, const WebAnchors& b) {
  if (a.pins != b.pins) return false;
  if (a.roots == b.roots) return true;
  return a.roots && b.roots && *a.roots == *b.roots;
}

bool same(const SpiffeAnchors& a, const SpiffeAnchors& b) {
  return a.id == b.id && (a.bundle == b.bundle || spiffe::same_authorities(*a.bundle, *b.bundle));
}

Error refusal(std::span<const crypto::Certificate> chain, const SpiffeAnchors& anchors, const Error& error) {
  std::string text = error.message();
  if (error.code() == Errc::expired && !chain.empty())
    text += " (the endpoint's certificate: not after " + format_time(chain.front().not_after()) + ")";
  return Error(Errc::tls, "not a valid X509-SVID of " + anchors.id.trust_domain().name() + ": " + text);
}

// Subjects are as long as their authority lets them be.
std::string name_of(const crypto::Certificate& certificate) {
  constexpr std::size_t longest = 80;
  const std::string subject = certificate.subject();
  if (subject.empty()) return "without a subject";
  std::string name;
  name.append(std::string_view(subject).substr(0, longest));
  if (subject.size() > longest) name.append("...");
  return name;
}

}  // namespace

bool same_anchors(const Anchors& a, const Anchors& b) {
  if (a.index() != b.index()) return false;
  if (const auto* web = std::get_if<WebAnchors>(&a)) return same(*web, std::get<WebAnchors>(b));
  return same(std::get<SpiffeAnchors>(a), std::get<SpiffeAnchors>(b));
}

Status verify_endpoint(std::span<const crypto::Certificate> chain, const SpiffeAnchors& anchors, Time now) {
  // Said first where it can be: "another trust domain" tells more than "signed by an unknown authority".
  if (!chain.empty()) {
    const Result<spiffe::SpiffeId> shown = spiffe::id_of(chain.front());
    if (shown && *shown != anchors.id)
      return Error(Errc::wrong_spiffe_id, "the endpoint is " + shown->str() + ", not " + anchors.id.str());
  }
  const Result<spiffe::SpiffeId> id = spiffe::verify_x509_svid(chain, *anchors.bundle, now);
  if (!id) return refusal(chain, anchors, id.error());
  if (*id != anchors.id)
    return Error(Errc::wrong_spiffe_id, "the endpoint is " + id->str() + ", not " + anchors.id.str());
  return ok();
}

Status verify_pins(std::span<const crypto::Certificate> verified_chain, const std::vector<trust::KeyPin>& pins) {
  std::string text;
  for (const crypto::Certificate& each : verified_chain) {
    const trust::KeyPin pin = trust::KeyPin::of(each);
    if (std::find(pins.begin(), pins.end(), pin) != pins.end()) return ok();
    text += (text.empty() ? "" : ", ") + pin.str() + " (" + name_of(each) + ")";
  }
  return Error(Errc::tls, "no key of the endpoint's chain is among the " + std::to_string(pins.size()) +
                              " pinned; the chain, which is good otherwise, has " + text);
}

tls::ClientContext::Options client_options(const Anchors& anchors, const trust::EndpointUrl& url, const Clock& clock,
                                           tls::RootStorePtr system_roots) {
  tls::ClientContext::Options options;
  if (!url.host_is_address()) options.server_name = url.host();
  if (const auto* web = std::get_if<WebAnchors>(&anchors)) {
    tls::WebTrust trust{url.host(), web->roots, std::move(system_roots)};
    if (!web->pins.empty())
      trust.also = [pins = web->pins](std::span<const crypto::Certificate> chain) { return verify_pins(chain, pins); };
    options.trust = std::move(trust);
  } else {
    options.trust = tls::VerifyChain(
        [anchors = std::get<SpiffeAnchors>(anchors), &clock](std::span<const crypto::Certificate> chain) {
          return verify_endpoint(chain, anchors, clock.now());
        });
  }
  return options;
}

}  // namespace entente::syncer
