#include "tests/workload/support/fake_domain.hpp"

#include "common/crypto/issue.hpp"
#include "common/spiffe/jwt_svid.hpp"

namespace entente::test {

spiffe::TrustDomain domain(std::string_view name) { return must(spiffe::TrustDomain::parse(name)); }
spiffe::SpiffeId id(std::string_view text) { return must(spiffe::SpiffeId::parse(text)); }

FakeDomain::FakeDomain(std::string_view name, Time now)
    : x_trust_domain(domain(name)),
      x_now(now),
      x_key(must(crypto::PrivateKey::generate(crypto::KeyType::ec_p256))),
      x_authority(issue_authority()) {}

crypto::Certificate FakeDomain::issue_authority() const {
  crypto::CertificateTemplate wanted;
  wanted.subject = {{"CN", x_trust_domain.name()}};
  wanted.uri_names = {x_trust_domain.id()};
  wanted.not_before = x_now - std::chrono::hours(1);
  wanted.not_after = x_now + std::chrono::hours(23);
  wanted.ca = true;
  return must(crypto::issue_root(wanted, x_key));
}

spiffe::Bundle FakeDomain::bundle() const {
  spiffe::Bundle bundle(x_trust_domain);
  bundle.x509_authorities = {x_authority};
  bundle.jwt_authorities = {{"key-of-" + x_trust_domain.name(), x_key.public_key()}};
  return bundle;
}

spiffe::X509SvidPtr FakeDomain::svid(std::string_view path, std::string hint) const {
  crypto::PrivateKey key = must(crypto::PrivateKey::generate(crypto::KeyType::ec_p256));
  crypto::CertificateTemplate wanted;
  wanted.uri_names = {x_trust_domain.id() + std::string(path)};
  wanted.not_before = x_now - std::chrono::hours(1);
  wanted.not_after = x_now + std::chrono::hours(23);
  crypto::Certificate leaf = must(crypto::issue_certificate(wanted, key.public_key(), x_authority, x_key));
  return std::make_shared<const spiffe::X509Svid>(
      must(spiffe::make_x509_svid({std::move(leaf)}, std::move(key), std::move(hint))));
}

std::string FakeDomain::token(std::string_view path, const std::vector<std::string>& audience) const {
  const spiffe::JwtSvidRequest request{id(x_trust_domain.id() + std::string(path)), audience, x_now,
                                       x_now + std::chrono::hours(1)};
  return must(spiffe::sign_jwt_svid(request, "key-of-" + x_trust_domain.name(), x_key));
}

}  // namespace entente::test
