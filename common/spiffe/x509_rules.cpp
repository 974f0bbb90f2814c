// The rules of X509-SVID for one certificate: of a leaf, and of a signing certificate.
#include <algorithm>

#include "common/spiffe/text.hpp"
#include "common/spiffe/x509_svid.hpp"

namespace entente::spiffe {
namespace {

constexpr std::string_view id_scheme = "spiffe:";

// ": "a", "b" and more"; "" where there is none.
std::string listed(const std::vector<std::string>& uris) {
  constexpr std::size_t most = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(uris.size(), most); ++i) text += (i == 0 ? ": " : ", ") + in_quotes(uris[i]);
  return uris.size() > most ? text + " and more" : text;
}

// X509-SVID 2 and 3.1.
void check_name(const crypto::Certificate& leaf, Violations& found) {
  const std::vector<std::string> uris = leaf.uri_names();
  if (uris.size() != 1) {
    found.push_back(
        {"uri_san_count", "X509-SVID 2",
         "the certificate has " + std::to_string(uris.size()) + " URI names instead of one" + listed(uris)});
  } else if (const Result<SpiffeId> id = SpiffeId::parse(uris.front()); !id) {
    found.push_back({"spiffe_id", "SPIFFE-ID 2", id.error().message()});
  } else if (!id->has_path()) {
    found.push_back(
        {"id_without_path", "X509-SVID 3.1",
         "the leaf's SPIFFE ID " + in_quotes(id->str()) + " names a trust domain and no workload: it has no path"});
  }
  if (leaf.subject_empty() && !leaf.san_critical())
    found.push_back(
        {"san_not_critical", "X509-SVID 3.1", "the subject is empty and the subject alternative name is not critical"});
}

// X509-SVID 4.3.
void check_key_usage(const crypto::Certificate& leaf, Violations& found) {
  const auto usage = leaf.key_usage();
  const auto broken = [&found](std::string code, std::string message) {
    found.push_back({std::move(code), "X509-SVID 4.3", std::move(message)});
  };
  if (!usage) return broken("key_usage_missing", "the leaf has no key usage");
  if (!usage->critical) broken("key_usage_not_critical", "the leaf's key usage is not critical");
  if (!usage->digital_signature) broken("no_digital_signature", "the leaf's key usage lacks digitalSignature");
  if (usage->key_cert_sign) broken("key_cert_sign", "the leaf's key usage holds keyCertSign");
  if (usage->crl_sign) broken("crl_sign", "the leaf's key usage holds cRLSign");
}

// X509-SVID 4.4: optional, but if it is there, both. anyExtendedKeyUsage does not stand for them.
void check_extended_key_usage(const crypto::Certificate& leaf, Violations& found) {
  const auto usage = leaf.extended_key_usage();
  if (usage && !(usage->server_auth && usage->client_auth))
    found.push_back(
        {"extended_key_usage", "X509-SVID 4.4", "the leaf's extended key usage lacks serverAuth or clientAuth"});
}

// X509-SVID 3.2: the ID of a signing certificate has no path. Trust Domain and Bundle, appendix A, writes one as
// "spiffe://example.com/", so that a lone slash passes. Its trust domain is not compared (3.2: SHOULD, and signing for
// another trust domain is allowed).
void check_signer_id(const crypto::Certificate& signer, Violations& found) {
  const std::vector<std::string> uris = signer.uri_names();
  const bool is_svid =
      std::any_of(uris.begin(), uris.end(), [](const auto& uri) { return uri.starts_with(id_scheme); });
  if (!is_svid) return;
  const auto broken = [&found](std::string code, std::string message) {
    found.push_back({std::move(code), "X509-SVID 3.2", std::move(message)});
  };
  if (uris.size() != 1) return broken("signer_uri_count", "has a SPIFFE ID and another URI name");
  std::string_view text = uris.front();
  if (text.ends_with('/')) text.remove_suffix(1);
  const Result<SpiffeId> id = SpiffeId::parse(text);
  if (!id) return broken("signer_id", "has an invalid SPIFFE ID: " + id.error().message());
  if (id->has_path()) broken("signer_id_with_path", "has the SPIFFE ID of a workload: " + in_quotes(text));
}

}  // namespace

Violations check_leaf(const crypto::Certificate& leaf) {
  Violations found;
  check_name(leaf, found);
  if (leaf.is_ca())
    found.push_back({"leaf_is_ca", "X509-SVID 4.1", "the leaf is a certificate authority (cA is true)"});
  check_key_usage(leaf, found);
  check_extended_key_usage(leaf, found);
  return found;
}

// X509-SVID 4.1 and 4.3. A signer without key usage has not set keyCertSign.
Violations check_signer(const crypto::Certificate& signer) {
  Violations found;
  if (!signer.is_ca())
    found.push_back({"signer_not_ca", "X509-SVID 4.1", "is no certificate authority (cA is not true)"});
  const auto usage = signer.key_usage();
  if (!usage || !usage->key_cert_sign)
    found.push_back({"signer_no_key_cert_sign", "X509-SVID 4.3", "may not sign certificates (no keyCertSign)"});
  check_signer_id(signer, found);
  return found;
}

}  // namespace entente::spiffe
