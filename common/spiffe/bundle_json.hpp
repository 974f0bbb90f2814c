// The SPIFFE bundle format: a JWK Set (RFC 7517) as Trust Domain and Bundle 4 profiles it. Reading is strict where the
// standard says error and tolerant where it says ignore; writing is deterministic: same content, same bytes (TB-15).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/spiffe/bundle.hpp"

namespace entente::spiffe {

// An entry of `keys` that was passed over, and why: "keys[3]: unknown use \"foo\"". Reported, never fatal
// (TB-5, 12, 13). A private key that was published is reported here too, though its public key is read.
using IgnoredKeys = std::vector<std::string>;

struct ParsedBundle {
  Bundle bundle;
  IgnoredKeys ignored;
};

// A bundle holds a handful of keys. Reading one costs a tenth of a millisecond or more, and a stranger decides how many
// there are: this bounds what one document can cost the thread that reads it.
inline constexpr std::size_t max_keys = 1000;

// Reads the document that trust_domain's bundle endpoint serves. Errc::syntax for what is not strict JSON, Errc::schema
// for what the standard forbids, naming the member: `keys` missing or null, a bad spiffe_sequence or
// spiffe_refresh_hint, and a garbled key of a known kind, so that a bad document never silently revokes a key.
Result<ParsedBundle> parse_bundle(const TrustDomain& trust_domain, std::string_view json);

// The document to publish: keys sorted canonically, `use` and `kty` on every key, `"keys":[]` when empty,
// sequence and hint where they are set (TB-2, 3, 7, 8, 12).
std::string write_bundle(const Bundle& bundle);

// What names a published document by its content: hexadecimal, without an ETag's quotes. Equal bundles have equal
// documents, and so equal tags on every node.
std::string entity_tag(std::string_view document);

// The JWT authorities alone as a plain JWK Set for the Workload API: no `use`, no sequence, no hint (WA-9;
// docs/design.md).
std::string write_jwt_key_set(const Bundle& bundle);

// Reads a Workload API JWT bundle: like parse_bundle, but a key without `use` counts as jwt-svid.
Result<ParsedBundle> parse_jwt_key_set(const TrustDomain& trust_domain, std::string_view json);

// X.509 authorities from PEM: the MAY of Federation 5.2.2 for bootstrap bundles.
Result<ParsedBundle> parse_pem_bundle(const TrustDomain& trust_domain, std::string_view pem);

// By content: PEM when it holds "-----BEGIN", else the SPIFFE format.
Result<ParsedBundle> parse_bundle_file(const TrustDomain& trust_domain, std::string_view content);

// The X.509 authorities as PEM, for people and files.
std::string write_pem_bundle(const Bundle& bundle);

}  // namespace entente::spiffe
