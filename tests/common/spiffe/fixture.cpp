#include "tests/common/spiffe/fixture.hpp"

#include <map>

#include "common/base/encoding.hpp"
#include "common/base/file.hpp"
#include "common/crypto/signature.hpp"

namespace entente::test {

const Time valid_from = from_unix_seconds(1767225600), now = from_unix_seconds(1782950400),
           valid_to = from_unix_seconds(1798761600);

const crypto::PrivateKey& key_of(crypto::KeyType type) {
  static std::map<crypto::KeyType, crypto::PrivateKey> keys;
  const auto known = keys.find(type);
  return known != keys.end() ? known->second
                             : keys.emplace(type, crypto::PrivateKey::generate(type).value()).first->second;
}

const crypto::PrivateKey& other_key() {
  static const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  return key;
}

spiffe::TrustDomain domain(std::string_view name) { return spiffe::TrustDomain::parse(name).value(); }
spiffe::SpiffeId id(std::string_view text) { return spiffe::SpiffeId::parse(text).value(); }
Time at(std::string_view rfc3339) { return parse_time(rfc3339).value(); }

crypto::CertificateTemplate root_template(std::string_view trust_domain) {
  crypto::CertificateTemplate wanted;
  wanted.subject = {{"O", "Test"}, {"CN", std::string(trust_domain)}};
  wanted.uri_names = {"spiffe://" + std::string(trust_domain)};
  wanted.not_before = valid_from;
  wanted.not_after = valid_to;
  wanted.ca = true;
  return wanted;
}

crypto::Certificate root_of(std::string_view trust_domain) {
  return crypto::issue_root(root_template(trust_domain), key_of(crypto::KeyType::ec_p256)).value();
}

crypto::CertificateTemplate leaf_template(std::string_view uri) {
  crypto::CertificateTemplate wanted;
  wanted.subject = {{"O", "Test"}};
  wanted.uri_names = {std::string(uri)};
  wanted.not_before = valid_from;
  wanted.not_after = valid_to;
  return wanted;
}

crypto::Certificate issue(const crypto::CertificateTemplate& wanted, const crypto::Certificate& issuer) {
  const auto& subject_key = key_of(wanted.ca ? crypto::KeyType::ec_p256 : crypto::KeyType::ec_p384);
  return crypto::issue_certificate(wanted, subject_key.public_key(), issuer, key_of(crypto::KeyType::ec_p256)).value();
}

spiffe::Bundle bundle_of(std::string_view trust_domain, std::vector<crypto::Certificate> authorities) {
  spiffe::Bundle bundle(domain(trust_domain));
  bundle.x509_authorities = std::move(authorities);
  return bundle;
}

std::string token_of(std::string_view header, std::string_view payload) {
  std::string token = base64url_encode(as_bytes(header)) + "." + base64url_encode(as_bytes(payload));
  const auto signature =
      crypto::sign(crypto::SignatureAlgorithm::es256, key_of(crypto::KeyType::ec_p256), token).value();
  return token + "." + base64url_encode(signature);
}

std::string read_data(std::string_view name) {
  return read_file(std::filesystem::path(ENTENTE_TEST_DATA) / "spiffe" / name).value();
}

}  // namespace entente::test
