#include "tests/common/crypto/vectors.hpp"

#include "common/base/file.hpp"

namespace entente::crypto {

Time vector_time() { return from_unix_seconds(vector_seconds); }

std::string data_file(std::string_view name) {
  return read_file(std::filesystem::path(ENTENTE_TEST_DATA) / "crypto" / name).value();
}

Certificate vector(std::string_view name) {
  return certificates_from_pem(data_file(std::string(name) + ".pem")).value().at(0);
}

CertificateTemplate ca_template(std::string_view common_name) {
  CertificateTemplate wanted;
  wanted.subject = {{"CN", std::string(common_name)}};
  wanted.not_before = vector_time() - std::chrono::minutes(30);
  wanted.not_after = vector_time() + std::chrono::minutes(30);
  wanted.ca = true;
  return wanted;
}

CertificateTemplate leaf_template(std::string_view uri) {
  CertificateTemplate wanted = ca_template("");
  wanted.subject.clear();
  wanted.uri_names = {std::string(uri)};
  wanted.ca = false;
  return wanted;
}

Authority make_root(const CertificateTemplate& wanted, KeyType type) {
  PrivateKey key = std::move(PrivateKey::generate(type).value());
  Certificate certificate = issue_root(wanted, key).value();
  return {std::move(key), std::move(certificate)};
}

Authority make_intermediate(const CertificateTemplate& wanted, const Authority& issuer) {
  PrivateKey key = std::move(PrivateKey::generate(KeyType::ec_p256).value());
  Certificate certificate = issue_certificate(wanted, key.public_key(), issuer.certificate, issuer.key).value();
  return {std::move(key), std::move(certificate)};
}

Certificate make_leaf(const CertificateTemplate& wanted, const Authority& issuer) {
  return make_intermediate(wanted, issuer).certificate;
}

}  // namespace entente::crypto
