#include "tests/workload/support/fake_domain.hpp"

#include "common/crypto/issue.hpp"
#include "common/spiffe/jwt_svid.hpp"

namespace entente::test {

spiffe::TrustDomain domain(std::string_view name) { return must(spiffe::TrustDomain::parse(name)); }
spiffe::SpiffeId id(std::string_view text) { return must(spiffe::SpiffeId::parse(text)); }

FakeDomain::FakeDomain(std::string_view name, Time now)
    : trust_domain_(domain(name)),
      now_(now),
      key_(must(crypto::PrivateKey::generate(crypto::KeyType::ec_p256))),
      authority_(issue_authority()) {}

crypto::Certificate FakeDomain::issue_authority() const {
  crypto::CertificateTemplate wanted;
  wanted.subject = {{"CN", trust_domain_.name()}};
  wanted.uri_names = {trust_domain_.id()};
  wanted.not_before = now_ - std::chrono::hours(1);
  wanted.not_after = now_ + std::chrono::hours(23);
  wanted.ca = true;
  return must(crypto::issue_root(wanted, key_));
}

spiffe::Bundle FakeDomain::bundle() const {
  spiffe::Bundle bundle(trust_domain_);
  bundle.x509_authorities = {authority_};
  bundle.jwt_authorities = {{"key-of-" + trust_domain_.name(), key_.public_key()}};
  return bundle;
}

spiffe::X509SvidPtr FakeDomain::svid(std::string_view path, std::string hint) const {
  crypto::PrivateKey key = must(crypto::PrivateKey::generate(crypto::KeyType::ec_p256));
  crypto::CertificateTemplate wanted;
  wanted.uri_names = {trust_domain_.id() + std::string(path)};
  wanted.not_before = now_ - std::chrono::hours(1);
  wanted.not_after = now_ + std::chrono::hours(23);
  crypto::Certificate leaf = must(crypto::issue_certificate(wanted, key.public_key(), authority_, key_));
  return std::make_shared<const spiffe::X509Svid>(
      must(spiffe::make_x509_svid({std::move(leaf)}, std::move(key), std::move(hint))));
}

std::string FakeDomain::token(std::string_view path, const std::vector<std::string>& audience) const {
  const spiffe::JwtSvidRequest request{id(trust_domain_.id() + std::string(path)), audience, now_,
                                       now_ + std::chrono::hours(1)};
  return must(spiffe::sign_jwt_svid(request, "key-of-" + trust_domain_.name(), key_));
}

}  // namespace entente::test
