#include "common/spiffe/x509_svid.hpp"

#include "common/crypto/path.hpp"
#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

Error wrong(const Violation& violation) {
  return Error(Errc::schema, violation.message + " (" + violation.section + ")");
}

// `path` is leaf first. X509-SVID 3.2: a trusted leaf is no path, since what signs never authenticates.
Status check_signers(std::span<const crypto::Certificate> path) {
  if (path.size() < 2) return Error(Errc::untrusted, "the leaf is itself in the bundle: no authority signed it");
  for (const crypto::Certificate& signer : path.subspan(1))
    if (const Violations broken = check_signer(signer); !broken.empty())
      return Error(Errc::untrusted,
                   "the signer " + in_quotes(signer.subject()) + " " + wrong(broken.front()).message());
  return ok();
}

}  // namespace

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
  if (const Violations broken = check_leaf(chain.front()); !broken.empty()) return wrong(broken.front());
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
  if (const Violations broken = check_leaf(chain.front()); !broken.empty()) return wrong(broken.front());
  Result<SpiffeId> id = id_of(chain.front());
  if (!id) return id.error();
  if (!(chain.front().public_key() == key.public_key()))
    return Error(Errc::invalid_argument, id->str() + ": the private key is not the leaf certificate's");
  return X509Svid{*std::move(id), std::move(chain), std::make_shared<const crypto::PrivateKey>(std::move(key)),
                  std::move(hint)};
}

}  // namespace entente::spiffe
