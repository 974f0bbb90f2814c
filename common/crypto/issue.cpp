#include "common/crypto/issue.hpp"

#include "common/crypto/certificate_facts.hpp"
#include "common/crypto/issue_extensions.hpp"

namespace entente::crypto {
namespace {

// RFC 5280 4.1.2.2: positive, at most 20 octets, and unpredictable (CA/Browser Forum 7.1: at least 64 random bits).
bool set_serial(X509* x509) {
  const BignumPtr serial(BN_new());
  if (!serial || BN_rand(serial.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) != 1) return false;
  if (BN_is_zero(serial.get()) && BN_one(serial.get()) != 1) return false;
  return BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(x509)) != nullptr;
}

bool set_validity(X509* x509, const CertificateTemplate& wanted) {
  return ASN1_TIME_set(X509_getm_notBefore(x509), unix_seconds(wanted.not_before)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(x509), unix_seconds(wanted.not_after)) != nullptr;
}

Status set_subject(X509* x509, const CertificateTemplate& wanted) {
  X509_NAME* name = X509_get_subject_name(x509);
  for (const auto& [type, value] : wanted.subject) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(value.data());
    if (X509_NAME_add_entry_by_txt(name, type.c_str(), MBSTRING_UTF8, bytes, static_cast<int>(value.size()), -1, 0) !=
        1)
      return drain_errors("issue: subject " + type, Errc::invalid_argument);
  }
  return ok();
}

const EVP_MD* digest_for(const PrivateKey& key) {
  const std::string_view curve = key.public_key().curve();
  if (curve == "P-384") return EVP_sha384();
  if (curve == "P-521") return EVP_sha512();
  return EVP_sha256();
}

Result<Certificate> finish(X509* x509, const PrivateKey& key) {
  if (X509_sign(x509, key.native(), digest_for(key)) == 0) return drain_errors("issue: sign");
  unsigned char* der = nullptr;
  const int length = i2d_X509(x509, &der);
  if (length <= 0) return drain_errors("issue: encode");
  Result<Certificate> issued = Certificate::from_der({der, static_cast<std::size_t>(length)});
  OPENSSL_free(der);
  return issued;
}

// Everything but the issuer: what the two kinds of issuing share.
Result<X509Ptr> prepare(const CertificateTemplate& wanted, const PublicKey& key, const Bytes& issuer_key_id) {
  X509Ptr x509(X509_new());
  if (!x509 || X509_set_version(x509.get(), X509_VERSION_3) != 1 || !set_serial(x509.get()) ||
      !set_validity(x509.get(), wanted) || X509_set_pubkey(x509.get(), key.native()) != 1)
    return drain_errors("issue");
  if (const Status named = set_subject(x509.get(), wanted); !named) return named.error();
  if (const Status added = add_extensions(x509.get(), wanted, key, issuer_key_id); !added) return added.error();
  return x509;
}

}  // namespace

Result<Certificate> issue_root(const CertificateTemplate& wanted, const PrivateKey& key) {
  const ErrorQueueScope errors;
  const Result<X509Ptr> x509 = prepare(wanted, key.public_key(), {});
  if (!x509) return x509.error();
  if (X509_set_issuer_name(x509->get(), X509_get_subject_name(x509->get())) != 1) return drain_errors("issue: issuer");
  return finish(x509->get(), key);
}

Result<Certificate> issue_certificate(const CertificateTemplate& wanted, const PublicKey& subject_key,
                                      const Certificate& issuer, const PrivateKey& issuer_key) {
  const ErrorQueueScope errors;
  const Result<X509Ptr> x509 = prepare(wanted, subject_key, issuer.subject_key_id());
  if (!x509) return x509.error();
  const X509Ptr signer = to_x509(issuer);
  if (!signer || X509_set_issuer_name(x509->get(), X509_get_subject_name(signer.get())) != 1)
    return drain_errors("issue: issuer");
  return finish(x509->get(), issuer_key);
}

}  // namespace entente::crypto
