#include "tests/syncer/support/test_authority.hpp"

namespace entente::test {
namespace {

using std::chrono::hours;

crypto::PrivateKey fresh_key() { return must(crypto::PrivateKey::generate(crypto::KeyType::ec_p256)); }

}  // namespace

spiffe::TrustDomain domain(std::string_view name) { return must(spiffe::TrustDomain::parse(name)); }

TestAuthority::TestAuthority(std::string_view trust_domain, Time now)
    : trust_domain_(domain(trust_domain)), now_(now), key_(fresh_key()) {
  crypto::CertificateTemplate wanted;
  wanted.subject = {{"CN", "authority of " + trust_domain_.name()}};
  wanted.uri_names = {trust_domain_.id()};
  wanted.not_before = now - hours(1);
  wanted.not_after = now + hours(24);
  wanted.ca = true;
  certificate_ = must(crypto::issue_root(wanted, key_));
}

std::shared_ptr<const std::vector<crypto::Certificate>> TestAuthority::roots() const {
  return std::make_shared<const std::vector<crypto::Certificate>>(1, *certificate_);
}

spiffe::Bundle TestAuthority::bundle(std::optional<std::uint64_t> sequence,
                                     std::optional<std::chrono::seconds> hint) const {
  spiffe::Bundle bundle(trust_domain_);
  bundle.x509_authorities = {*certificate_};
  bundle.sequence = sequence;
  bundle.refresh_hint = hint;
  return bundle;
}

spiffe::BundlePtr TestAuthority::shared_bundle() const { return std::make_shared<const spiffe::Bundle>(bundle()); }

tls::Identity TestAuthority::svid(std::string_view spiffe_id, std::optional<Time> not_after) const {
  crypto::CertificateTemplate wanted;
  wanted.uri_names = {std::string(spiffe_id)};
  return issue(std::move(wanted), not_after);
}

tls::Identity TestAuthority::web(std::vector<std::string> dns_names, std::optional<Time> not_after) const {
  crypto::CertificateTemplate wanted;
  wanted.subject = {{"CN", "a web server"}};
  wanted.dns_names = std::move(dns_names);
  wanted.ip_names = {"127.0.0.1"};
  return issue(std::move(wanted), not_after);
}

tls::Identity TestAuthority::issue(crypto::CertificateTemplate wanted, std::optional<Time> not_after) const {
  wanted.not_before = now_ - hours(1);
  wanted.not_after = not_after.value_or(now_ + hours(1));
  auto key = std::make_shared<const crypto::PrivateKey>(fresh_key());
  return {{must(crypto::issue_certificate(wanted, key->public_key(), *certificate_, key_))}, key};
}

}  // namespace entente::test
