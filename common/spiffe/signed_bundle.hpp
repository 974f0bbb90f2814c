// A bundle as a file that proves whose it is, for peers that cannot fetch it: a JWS in compact serialization (RFC
// 7515), signed with the X509-SVID of the bundle's endpoint.
//   header  {"alg": "ES256", "typ": "spiffe-bundle+jws", "x5c": [the SVID's chain, leaf first]}
//   payload {"trust_domain": "a.test", "issued_at": unix seconds, "sequence": N, "bundle": {JWK Set}}
// `sequence` is the document's own spiffe_sequence, absent where that is. Nothing else may stand in either: what a
// later version adds gets another `typ`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/signature.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "common/spiffe/spiffe_id.hpp"
#include "common/spiffe/x509_svid.hpp"

namespace entente::spiffe {

inline constexpr std::size_t max_signed_bundle_size = 3U << 20;  // bytes of the file

// A file whose form is right and whose signature nobody has checked yet. A value.
struct UnverifiedSignedBundle {
  crypto::SignatureAlgorithm algorithm;
  std::vector<crypto::Certificate> chain;  // leaf first, never empty
  SpiffeId signer;                         // the leaf's
  Bundle bundle;                           // says itself whose it is; nothing proves that by itself
  IgnoredKeys ignored;
  Time issued_at;
  std::string signed_part;
  Bytes signature;

  // SHA-256 of the signing certificate, in lower-case hex: what people compare. Of the leaf and not of a root: a root
  // vouches for whatever its domain signs, and the word given over the telephone is for this file's signer alone.
  std::string fingerprint() const;
};

// One line of ASCII without its end. Errc::too_large where the file would be; Errc::crypto where signing failed.
Result<std::string> sign_bundle(const Bundle& bundle, Time issued_at, const X509Svid& svid);

// Strict: Errc::syntax for what is not such a file, Errc::schema naming the member for a wrong one, Errc::too_large.
// One line end may follow. Costs as much as parsing the bundle, and no more than `max_keys` and 8 certificates.
Result<UnverifiedSignedBundle> parse_signed_bundle(std::string_view text);

// What the operator configured as the one who may sign, and what is held to prove it with: `authorities` is the bundle
// of the ID's own trust domain, which need not be the file's (FC-9). The SVID is judged at `now` and not at issued_at:
// whoever got hold of an old key could write any time into the file. So a file is good for as long as its SVID is.
// Errc::wrong_spiffe_id for another signer, Errc::expired for an SVID that is over or a file of the future, else
// Errc::untrusted.
Status verify_signed_bundle(const UnverifiedSignedBundle& file, const SpiffeId& endpoint_id, const Bundle& authorities,
                            Time now);

// By a fingerprint that a person has vouched for, where nothing is held: takes the place of the path to an authority
// and of nothing else. Without an endpoint ID (https_web) the signer must be of the bundle's own trust domain.
// `fingerprint` in either case, with or without colons and "sha256:"; Errc::invalid_argument where it is none.
Status verify_signed_bundle(const UnverifiedSignedBundle& file, const std::optional<SpiffeId>& endpoint_id,
                            std::string_view fingerprint, Time now);

}  // namespace entente::spiffe
