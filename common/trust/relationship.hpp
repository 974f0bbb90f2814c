// A federation relationship: whose bundle is fetched, from where, and what the endpoint must prove. Federation 5; FC-2.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/certificate.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/spiffe/spiffe_id.hpp"
#include "common/trust/endpoint_url.hpp"

namespace entente::trust {

// What may be put in place of a peer's bundle without a person's approval. docs/design.md, Change policies.
enum class ChangePolicy {
  accept,   // every good bundle
  overlap,  // for every use that it has keys for, it must share one with the last keys accepted for that use
  approve,  // nothing that adds an authority
};
std::string_view to_string(ChangePolicy policy);
Result<ChangePolicy> parse_change_policy(std::string_view text);

// SHA-256 of an endpoint certificate's SubjectPublicKeyInfo: "sha256/" and base64, as curl and RFC 7469 write it.
class KeyPin {
 public:
  static Result<KeyPin> parse(std::string_view text);
  static KeyPin of(const crypto::Certificate& certificate);
  std::string str() const;
  friend auto operator<=>(const KeyPin&, const KeyPin&) = default;

 private:
  std::array<std::uint8_t, 32> digest_{};
};

// Web PKI: the certificate carries the endpoint's DNS name or address and chains to locally trusted roots (FC-5).
struct HttpsWeb {
  // Roots of this relationship alone; null: the system's.
  std::shared_ptr<const std::vector<crypto::Certificate>> roots = nullptr;
  // Besides the roots, never in their place: some certificate of the verified chain has one of these keys. Empty: none
  // are asked for.
  std::vector<KeyPin> pins = {};
};

// SPIFFE: the certificate is a valid X509-SVID with exactly this ID (FC-6).
struct HttpsSpiffe {
  spiffe::SpiffeId endpoint_spiffe_id;
};

using EndpointProfile = std::variant<HttpsWeb, HttpsSpiffe>;
std::string_view profile_name(const EndpointProfile& profile);  // "https_web", "https_spiffe"

enum class SequenceRule { warn, strict };
enum class RelationshipSource { config, api };

struct Relationship {
  spiffe::TrustDomain trust_domain;
  std::vector<EndpointUrl> endpoint_urls;  // never empty; each poll begins with the first and goes on to the next
  EndpointProfile profile;
  spiffe::BundlePtr bootstrap_bundle = nullptr;  // null: none
  SequenceRule sequence = SequenceRule::warn;
  std::optional<ChangePolicy> policy = std::nullopt;  // null: the configuration's default
  // Whether an endpoint with a public address may redirect to a private one.
  bool allow_private_redirects = false;
  RelationshipSource source = RelationshipSource::config;

  const EndpointUrl& endpoint_url() const { return endpoint_urls.front(); }
};
using RelationshipPtr = std::shared_ptr<const Relationship>;

}  // namespace entente::trust
