#include "common/spiffe/violation.hpp"

#include <algorithm>
#include <array>

namespace entente::spiffe {
namespace {

struct Advice {
  std::string_view code, what_to_do;
};

constexpr std::string_view newest_bundle =
    "get the newest bundle of this trust domain; where it is the newest, the authority has been taken out of it, or "
    "somebody else signed";

// docs/verify.md lists the same codes, with their sections.
constexpr std::array advices = std::to_array<Advice>({
    // The leaf
    {"uri_san_count", "issue it with one URI name, the SPIFFE ID; other URIs have no place in it, DNS names do"},
    {"spiffe_id", "issue it with an ID like spiffe://trust.domain/path, in lower case up to the path"},
    {"id_without_path", "give the workload an ID with a path: one without names the trust domain itself"},
    {"san_not_critical", "mark the subject alternative name critical, or give the certificate a subject"},
    {"leaf_is_ca", "give the workload's own certificate, the leaf; this one belongs into a bundle or behind a leaf"},
    {"key_usage_missing", "issue it with a critical key usage of digitalSignature"},
    {"key_usage_not_critical", "mark the key usage critical"},
    {"no_digital_signature", "add digitalSignature to the key usage"},
    {"key_cert_sign", "take keyCertSign out of the key usage: a leaf must not sign certificates"},
    {"crl_sign", "take cRLSign out of the key usage: a leaf must not sign revocation lists"},
    {"extended_key_usage", "set both serverAuth and clientAuth, or leave the extended key usage out"},
    {"key_unsupported", "use RSA of 2048 bits or more, or EC over P-256, P-384 or P-521"},
    {"leaf_not_first", "put the leaf first, then the certificate that issued it, and so on"},
    // Signers
    {"signer_not_ca", "put only CA certificates (cA true) behind the leaf, and each SVID into a file of its own"},
    {"signer_no_key_cert_sign", "issue the signing certificate with keyCertSign in its key usage"},
    {"signer_uri_count", "issue the signing certificate with one URI name, the trust domain's ID, or none"},
    {"signer_id", "issue the signing certificate with the trust domain's ID, like spiffe://trust.domain, or none"},
    {"signer_id_with_path", "issue the signing certificate with an ID that has no path, or none"},
    // Time, path, bundle
    {"expired",
     "get a fresh one, since whatever renews it has stopped, or the newest bundle where an authority of it ended"},
    {"not_yet_valid", "wait, or compare the clocks of this host and of the issuer; --at TIME judges another time"},
    {"unknown_authority", newest_bundle},
    {"wrong_signature", newest_bundle},
    {"path_length", "an authority is deeper below another than that one allows: issue from a higher one"},
    {"name_constraints", "an authority may not sign for this name: issue from one that may"},
    {"weak_algorithm", "sign with SHA-256 or better, with RSA of 2048 bits or more or an EC key"},
    {"critical_extension", "issue it without the critical extension that nobody here understands"},
    {"chain_too_complex", "send the leaf and the intermediates that lead to an authority, and no others"},
    {"path_invalid", "issue the certificate at fault anew"},
    {"leaf_in_bundle", "take the leaf out of the bundle: what is trusted is the authority that signs"},
    {"no_bundle",
     "give the bundle of the ID's own trust domain: --bundle FILE, a map, or a folder of TRUST.DOMAIN.json"},
    {"no_x509_authority", "get the newest bundle; an empty one means that the trust domain revoked everything"},
    {"no_jwt_authority", "give the trust domain's bundle in SPIFFE format: PEM holds no JWT keys"},
    // Tokens
    {"token_too_large", "issue a smaller one: no more than the claims that are needed"},
    {"serialization", "give the compact form, HEADER.PAYLOAD.SIGNATURE, and nothing around it"},
    {"signature_missing", "trust nothing that it says: anybody can write a token without a signature"},
    {"base64url", "look whether it was cut, wrapped or encoded twice on its way; there is no padding in it"},
    {"json", "look whether it was altered on its way; an issuer writes each member once, in UTF-8"},
    {"alg", "sign with one of RS, ES, PS 256, 384, 512; another algorithm, none above all, proves nothing"},
    {"crit", "issue it without crit: a JWT-SVID has no extensions"},
    {"typ", "set typ to JWT or JOSE, or leave it out"},
    {"kid", "name the signing key by a string, as the bundle does"},
    {"sub", "ask for a JWT-SVID: an access or ID token of another issuer has no SPIFFE ID in sub"},
    {"aud", "fetch it for an audience: entente jwt fetch --audience A"},
    {"exp", "issue it with exp, in seconds since 1970"},
    {"nbf", "issue it with nbf in seconds since 1970, or without"},
    {"iat", "issue it with iat in seconds since 1970, or without"},
    {"wrong_audience", "have the caller fetch a token for this audience; whoever passes on another's token is refused"},
    {"unknown_key", newest_bundle},
    {"alg_of_another_key", "compare issuer and bundle: the key of that ID is of another kind than the token's alg"},
    // Notes
    {"extended_key_usage_missing", "some TLS libraries want it: set serverAuth and clientAuth"},
    {"signer_key_usage_not_critical", "mark it critical when the authority is renewed"},
    {"signer_other_domain", "nothing, where the authority is meant to sign for this trust domain"},
    {"root_in_chain", "leave it out: whoever verifies takes roots from the bundle alone"},
    {"chain_order", "order the chain leaf first, each certificate issued by the next: some TLS clients insist"},
    {"chain_unrelated", "leave it out, or put each SVID into a file of its own"},
    {"private_key_in_file", "keep the file readable by its owner alone"},
    {"authorities_of_another_domain", "make sure whose bundle it is; --trust-domain says it"},
    {"keys_passed_over", "look whether the bundle is the newest and whole; what is named was not used"},
    {"keys_without_use", "nothing, where it is a JWT bundle or OIDC key set; in a SPIFFE bundle every key has its use"},
    {"header_member", "nothing here reads them; an issuer leaves them out"},
    {"several_audiences", "fetch one token for each audience"},
    {"bearer_prefix", "the token begins behind it"},
});

}  // namespace

std::string_view what_to_do(std::string_view code) {
  const auto found = std::ranges::find(advices, code, &Advice::code);
  return found == advices.end() ? std::string_view() : found->what_to_do;
}

std::vector<std::string_view> known_codes() {
  std::vector<std::string_view> codes;
  for (const Advice& advice : advices) codes.push_back(advice.code);
  return codes;
}

}  // namespace entente::spiffe
