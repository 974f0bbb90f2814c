#include "common/spiffe/x509_svid.hpp"

#include <algorithm>

#include "common/crypto/path.hpp"
#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

constexpr std::string_view id_scheme = "spiffe:";

Error wrong(const Violation& violation) {
  return Error(Errc::schema, violation.message + " (" + violation.section + ")");
}

// X509-SVID 2 and 3.1.
void check_name(const crypto::Certificate& leaf, std::vector<Violation>& found) {
  const std::vector<std::string> uris = leaf.uri_names();
  if (uris.size() != 1) {
    found.push_back({"uri_san_count", "X509-SVID 2",
                     "the certificate has " + std::to_string(uris.size()) + " URI names instead of one"});
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
void check_key_usage(const crypto::Certificate& leaf, std::vector<Violation>& found) {
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
void check_extended_key_usage(const crypto::Certificate& leaf, std::vector<Violation>& found) {
  const auto usage = leaf.extended_key_usage();
  if (usage && !(usage->server_auth && usage->client_auth))
    found.push_back(
        {"extended_key_usage", "X509-SVID 4.4", "the leaf's extended key usage lacks serverAuth or clientAuth"});
}

// X509-SVID 3.2: the ID of a signing certificate has no path. Trust Domain and Bundle, appendix A, writes one as
// "spiffe://example.com/", so that a lone slash passes. Its trust domain is not compared (3.2: SHOULD, and signing for
// another trust domain is allowed).
std::string problem_of_signer_id(const crypto::Certificate& signer) {
  const std::vector<std::string> uris = signer.uri_names();
  const bool is_svid =
      std::any_of(uris.begin(), uris.end(), [](const auto& uri) { return uri.starts_with(id_scheme); });
  if (!is_svid) return "";
  if (uris.size() != 1) return "has a SPIFFE ID and another URI name";
  std::string_view text = uris.front();
  if (text.ends_with('/')) text.remove_suffix(1);
  const Result<SpiffeId> id = SpiffeId::parse(text);
  if (!id) return "has an invalid SPIFFE ID: " + id.error().message();
  return id->has_path() ? "has the SPIFFE ID of a workload: " + in_quotes(text) : "";
}

// X509-SVID 4.1 and 4.3. A signer without key usage has not set keyCertSign.
std::string problem_of_signer(const crypto::Certificate& signer) {
  if (!signer.is_ca()) return "is no certificate authority (cA is not true, X509-SVID 4.1)";
  const auto usage = signer.key_usage();
  if (!usage || !usage->key_cert_sign) return "may not sign certificates (no keyCertSign, X509-SVID 4.3)";
  const std::string problem = problem_of_signer_id(signer);
  return problem.empty() ? "" : problem + " (X509-SVID 3.2)";
}

// `path` is leaf first. X509-SVID 3.2: a trusted leaf is no path, since what signs never authenticates.
Status check_signers(std::span<const crypto::Certificate> path) {
  if (path.size() < 2) return Error(Errc::untrusted, "the leaf is itself in the bundle: no authority signed it");
  for (const crypto::Certificate& signer : path.subspan(1))
    if (const std::string problem = problem_of_signer(signer); !problem.empty())
      return Error(Errc::untrusted, "the signer " + in_quotes(signer.subject()) + " " + problem);
  return ok();
}

}  // namespace

std::vector<Violation> check_leaf(const crypto::Certificate& leaf) {
  std::vector<Violation> found;
  check_name(leaf, found);
  if (leaf.is_ca())
    found.push_back({"leaf_is_ca", "X509-SVID 4.1", "the leaf is a certificate authority (cA is true)"});
  check_key_usage(leaf, found);
  check_extended_key_usage(leaf, found);
  return found;
}

Result<SpiffeId> id_of(const crypto::Certificate& certificate) {
  const std::vector<std::string> uris = certificate.uri_names();
  if (uris.size() != 1)
    return Error(Errc::schema,
                 "the certificate has " + std::to_string(uris.size()) + " URI names instead of one (X509-SVID 2)");
  Result<SpiffeId> id = SpiffeId::parse(uris.front());
  if (!id) return Error(Errc::schema, id.error().message());
  return id;
}

Result<SpiffeId> verify_x509_svid(std::span<const crypto::Certificate> chain, const Bundle& bundle, Time now) {
  if (chain.empty()) return Error(Errc::invalid_argument, "an X509-SVID without a certificate");
  if (const auto violations = check_leaf(chain.front()); !violations.empty()) return wrong(violations.front());
  Result<SpiffeId> id = id_of(chain.front());
  if (!id) return id.error();
  if (!id->member_of(bundle.trust_domain))
    return Error(Errc::untrusted, id->str() + " is not in the trust domain " + bundle.trust_domain.name());
  if (bundle.x509_authorities.empty())  // TB-6
    return Error(Errc::untrusted, "the bundle of " + bundle.trust_domain.name() + " holds no X.509 authority");

  const auto path = crypto::validate_path(chain, bundle.x509_authorities, now);
  if (!path) return path.error().within(id->str());
  if (const Status s = check_signers(*path); !s) return s.error().within(id->str());
  return id;
}

Result<X509Svid> make_x509_svid(std::vector<crypto::Certificate> chain, crypto::PrivateKey key, std::string hint) {
  if (chain.empty()) return Error(Errc::invalid_argument, "an X509-SVID without a certificate");
  if (const auto violations = check_leaf(chain.front()); !violations.empty()) return wrong(violations.front());
  Result<SpiffeId> id = id_of(chain.front());
  if (!id) return id.error();
  if (!(chain.front().public_key() == key.public_key()))
    return Error(Errc::invalid_argument, id->str() + ": the private key is not the leaf certificate's");
  return X509Svid{*std::move(id), std::move(chain), std::make_shared<const crypto::PrivateKey>(std::move(key)),
                  std::move(hint)};
}

}  // namespace entente::spiffe
