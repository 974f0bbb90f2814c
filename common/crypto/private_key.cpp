#include <openssl/pem.h>

#include "common/crypto/key.hpp"
#include "common/crypto/key_check.hpp"

namespace entente::crypto {
namespace {

// OpenSSL's own would ask on the terminal, and a daemon would hang there.
int refuse_passphrase(char*, int, int, void*) { return -1; }

EvpPkeyPtr generate_key(KeyType type) {
  switch (type) {
    case KeyType::ec_p256:
      return EvpPkeyPtr(EVP_EC_gen("P-256"));
    case KeyType::ec_p384:
      return EvpPkeyPtr(EVP_EC_gen("P-384"));
    case KeyType::ec_p521:
      return EvpPkeyPtr(EVP_EC_gen("P-521"));
    case KeyType::rsa_2048:
      return EvpPkeyPtr(EVP_RSA_gen(2048U));
    case KeyType::rsa_4096:
      return EvpPkeyPtr(EVP_RSA_gen(4096U));
  }
  return nullptr;
}

// Both halves must belong together: a damaged file must not become a key that signs what nobody can verify.
Result<PrivateKey> checked(EvpPkeyPtr key) {
  if (const Status good = check_key(key.get()); !good) return good.error().within("private key");
  const EvpPkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (!context || EVP_PKEY_pairwise_check(context.get()) != 1)
    return Error(Errc::schema, "private key: its private and public halves do not belong together");
  return PrivateKey(std::shared_ptr<EVP_PKEY>(std::move(key)));
}

bool encrypted(std::string_view pem) {
  return pem.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != std::string_view::npos ||
         pem.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

}  // namespace

Result<PrivateKey> PrivateKey::generate(KeyType type) {
  const ErrorQueueScope errors;
  EvpPkeyPtr key = generate_key(type);
  if (!key) return drain_errors("generate an " + std::string(to_string(type)) + " key");
  return PrivateKey(std::shared_ptr<EVP_PKEY>(std::move(key)));
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  const ErrorQueueScope errors;
  if (encrypted(pem))
    return Error(Errc::unsupported, "private key: it is encrypted; store it unencrypted, readable by its user alone");
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return drain_errors("private key");
  EvpPkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_passphrase, nullptr));
  if (!key) return drain_errors("private key: no unencrypted PEM key", Errc::syntax);
  return checked(std::move(key));
}

Result<PrivateKey> PrivateKey::from_pkcs8_der(ByteView der) {
  const ErrorQueueScope errors;
  const unsigned char* at = der.data();
  const Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (!info) return drain_errors("private key: not PKCS#8 DER", Errc::syntax);
  if (at != der.data() + der.size()) return Error(Errc::syntax, "private key: bytes after the end of its DER");
  EvpPkeyPtr key(EVP_PKCS82PKEY(info.get()));
  if (!key) return drain_errors("private key", Errc::syntax);
  return checked(std::move(key));
}

SecretBytes PrivateKey::pkcs8_der() const {
  const ErrorQueueScope errors;
  const Pkcs8Ptr info(EVP_PKEY2PKCS8(key_.get()));
  const int length = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr) : 0;
  if (length <= 0) return SecretBytes();
  Bytes der(static_cast<std::size_t>(length));
  unsigned char* at = der.data();
  i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at);
  return SecretBytes(std::move(der));
}

SecretBytes PrivateKey::pkcs8_pem() const {
  const ErrorQueueScope errors;
  // A BIO in secure memory wipes what it held.
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  if (!bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, refuse_passphrase, nullptr) != 1)
    return SecretBytes();
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  const ByteView view = as_bytes({text, static_cast<std::size_t>(length)});
  return SecretBytes(Bytes(view.begin(), view.end()));
}

}  // namespace entente::crypto
