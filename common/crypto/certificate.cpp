#include "common/crypto/certificate.hpp"

#include <algorithm>

#include "common/crypto/certificate_facts.hpp"

namespace entente::crypto {

Result<Certificate> Certificate::from_der(ByteView der) {
  const Result<CertificatePrefix> read = read_certificate(der);
  if (!read) return read.error();
  if (read->length != der.size()) return Error(Errc::syntax, "certificate: bytes after the end of its DER");
  return read->certificate;
}

X509Ptr to_x509(const Certificate& certificate) {
  const ByteView der = certificate.der();
  const unsigned char* at = der.data();
  return X509Ptr(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

ByteView Certificate::der() const { return facts_->der; }

std::string Certificate::pem() const {
  const std::string text = base64_encode(facts_->der);
  std::string pem = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < text.size(); at += 64) pem += text.substr(at, 64) + "\n";
  return pem + "-----END CERTIFICATE-----\n";
}

Sha256 Certificate::fingerprint() const { return sha256(facts_->der); }

Time Certificate::not_before() const { return facts_->not_before; }
Time Certificate::not_after() const { return facts_->not_after; }
std::string Certificate::subject() const { return facts_->subject; }
std::string Certificate::issuer() const { return facts_->issuer; }
std::string Certificate::serial_hex() const {
  return (facts_->serial_negative ? "-" : "") + hex_encode(facts_->serial);
}
bool Certificate::subject_empty() const { return facts_->subject_empty; }
bool Certificate::self_issued() const { return facts_->self_issued; }

PublicKey Certificate::public_key() const {
  const ErrorQueueScope errors;
  const X509Ptr parsed = to_x509(*this);
  return PublicKey(std::shared_ptr<EVP_PKEY>(X509_get_pubkey(parsed.get()), EVP_PKEY_free));
}

const PublicParameters& Certificate::key_parameters() const { return facts_->key; }

std::vector<std::string> Certificate::uri_names() const { return facts_->uri_names; }
std::vector<std::string> Certificate::dns_names() const { return facts_->dns_names; }
std::vector<std::string> Certificate::ip_names() const { return facts_->ip_names; }
bool Certificate::san_critical() const { return facts_->san_critical; }

bool Certificate::has_basic_constraints() const { return facts_->has_basic_constraints; }
bool Certificate::is_ca() const { return facts_->ca; }
std::optional<int> Certificate::path_length() const { return facts_->path_length; }
std::optional<Certificate::KeyUsage> Certificate::key_usage() const { return facts_->key_usage; }
std::optional<Certificate::ExtendedKeyUsage> Certificate::extended_key_usage() const {
  return facts_->extended_key_usage;
}
Bytes Certificate::subject_key_id() const { return facts_->subject_key_id; }

bool operator==(const Certificate& a, const Certificate& b) {
  return a.facts_ == b.facts_ || std::ranges::equal(a.der(), b.der());
}

}  // namespace entente::crypto
