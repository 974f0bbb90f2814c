// A trust bundle: the public keys of one trust domain. SPIFFE Trust Domain and Bundle 3-4.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/certificate.hpp"
#include "common/crypto/key.hpp"
#include "common/spiffe/trust_domain.hpp"

namespace entente::spiffe {

// A public key that signs JWT-SVIDs or WIT-SVIDs. The key ID is never empty.
struct JwtAuthority {
  std::string key_id;
  crypto::PublicKey key;
  friend bool operator==(const JwtAuthority&, const JwtAuthority&) = default;
};

// A value. The name of the trust domain travels with it everywhere (FC-15). Authorities keep the order they came in;
// what is equal is said by same_authorities().
struct Bundle {
  explicit Bundle(TrustDomain domain) : trust_domain(std::move(domain)) {}

  TrustDomain trust_domain;
  std::vector<crypto::Certificate> x509_authorities;
  std::vector<JwtAuthority> jwt_authorities;
  std::vector<JwtAuthority> wit_authorities;
  std::optional<std::uint64_t> sequence;             // spiffe_sequence
  std::optional<std::chrono::seconds> refresh_hint;  // spiffe_refresh_hint

  // No authority of any kind: every SVID of the trust domain is invalid (TB-6).
  bool empty() const { return x509_authorities.empty() && jwt_authorities.empty() && wit_authorities.empty(); }
};

using BundlePtr = std::shared_ptr<const Bundle>;

// Whether two bundles hold the same keys for the same uses, in whatever order; sequence and hint do not count
// (SPIRE writes its JWT keys in random order). Compares canonical content, never bytes.
bool same_authorities(const Bundle& a, const Bundle& b);

// SHA-256 over the canonical content that same_authorities() compares, in hex: what operators name a bundle by.
std::string authorities_digest(const Bundle& bundle);

// When the first of the X.509 authorities ends, or ended; JWT and WIT keys have no end, and without an X.509 authority
// there is none.
std::optional<Time> earliest_expiry(const Bundle& bundle);
// Whether any authority has not ended at `now` (a JWT or WIT key never does). One whose time is yet to come counts.
bool any_authority_valid(const Bundle& bundle, Time now);

// The first JWT authority of this key ID, or null. Linear: bundles hold a handful. RFC 7517 4.5 lets keys share an ID.
const JwtAuthority* find_jwt_authority(const Bundle& bundle, std::string_view key_id);

}  // namespace entente::spiffe
