// A federation relationship: whose bundle is fetched, from where, and what the endpoint must prove. Federation 5; FC-2.
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/crypto/certificate.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/spiffe/spiffe_id.hpp"
#include "common/trust/endpoint_url.hpp"

namespace entente::trust {

// Web PKI: the certificate carries the endpoint's DNS name or address and chains to locally trusted roots (FC-5).
struct HttpsWeb {
  // Roots of this relationship alone; null: the system's.
  std::shared_ptr<const std::vector<crypto::Certificate>> roots;
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
  EndpointUrl endpoint_url;
  EndpointProfile profile;
  spiffe::BundlePtr bootstrap_bundle;  // null: none
  SequenceRule sequence = SequenceRule::warn;
  RelationshipSource source = RelationshipSource::config;
};
using RelationshipPtr = std::shared_ptr<const Relationship>;

}  // namespace entente::trust
