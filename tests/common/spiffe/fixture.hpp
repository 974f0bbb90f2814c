// What the tests of spiffe share: keys made once, authorities, leaves, bundles, tokens, and files of vectors.
#pragma once

#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "common/crypto/issue.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/spiffe/spiffe_id.hpp"

namespace entente::test {

// A key of each type, made at first use and kept for the whole program.
const crypto::PrivateKey& key_of(crypto::KeyType type);
// A second P-256 key, of somebody else.
const crypto::PrivateKey& other_key();

spiffe::TrustDomain domain(std::string_view name);
spiffe::SpiffeId id(std::string_view text);
Time at(std::string_view rfc3339);

// 2026-01-01 to 2027-01-01; `now` is in the middle.
extern const Time valid_from, now, valid_to;

// A root of the P-256 key for the trust domain, and its template to depart from.
crypto::CertificateTemplate root_template(std::string_view trust_domain);
crypto::Certificate root_of(std::string_view trust_domain);
// A good leaf with this URI, its key is the P-384 one (a CA certificate's: P-256). Signed with the P-256 key.
crypto::CertificateTemplate leaf_template(std::string_view uri);
crypto::Certificate issue(const crypto::CertificateTemplate& wanted, const crypto::Certificate& issuer);

spiffe::Bundle bundle_of(std::string_view trust_domain, std::vector<crypto::Certificate> authorities);

// header and payload as they stand, signed with ES256 by key_of(ec_p256).
std::string token_of(std::string_view header, std::string_view payload);

std::string read_data(std::string_view name);  // below tests/data/spiffe

}  // namespace entente::test
