#include "common/crypto/pkcs12.hpp"

#include <openssl/pkcs12.h>

#include "common/crypto/handles.hpp"

namespace entente::crypto {
namespace {

using Pkcs12Ptr = std::unique_ptr<PKCS12, Deleter<PKCS12_free>>;
using ObjectPtr = std::unique_ptr<ASN1_OBJECT, Deleter<ASN1_OBJECT_free>>;
struct BagsDeleter {
  void operator()(STACK_OF(PKCS12_SAFEBAG) * bags) const { sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free); }
};
struct SafesDeleter {
  void operator()(STACK_OF(PKCS7) * safes) const { sk_PKCS7_pop_free(safes, PKCS7_free); }
};

constexpr const char* store = "pkcs12";
constexpr const char* trusted_key_usage = "2.16.840.1.113894.746875.1.1";  // Oracle's: for what Java may trust it
constexpr const char* any_usage = "2.5.29.37.0";                           // anyExtendedKeyUsage

// OpenSSL wants a C string.
class Password {
 public:
  explicit Password(const SecretBytes& from) : text_(from.text()) {}
  ~Password() { wipe(text_.data(), text_.size()); }
  Password(const Password&) = delete;
  Password& operator=(const Password&) = delete;
  const char* get() const { return text_.c_str(); }

 private:
  std::string text_;
};

X509Ptr parsed(const Certificate& certificate) {
  const ByteView der = certificate.der();
  const unsigned char* at = der.data();
  return X509Ptr(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

Result<SecretBytes> encoded(PKCS12* pkcs12) {
  const int length = i2d_PKCS12(pkcs12, nullptr);
  if (length <= 0) return drain_errors(store);
  Bytes der(static_cast<std::size_t>(length));
  unsigned char* at = der.data();
  i2d_PKCS12(pkcs12, &at);
  return SecretBytes(std::move(der));
}

bool add_trusted(STACK_OF(PKCS12_SAFEBAG) * *bags, const Certificate& certificate, ASN1_OBJECT* usage) {
  const X509Ptr x509 = parsed(certificate);
  PKCS12_SAFEBAG* const bag = x509 ? PKCS12_add_cert(bags, x509.get()) : nullptr;
  const std::string name = certificate.subject() + " " + certificate.serial_hex();
  // -1: the object itself, not its bytes.
  return bag != nullptr && PKCS12_add_friendlyname_utf8(bag, name.c_str(), -1) == 1 &&
         PKCS12_add1_attr_by_txt(bag, trusted_key_usage, V_ASN1_OBJECT, reinterpret_cast<unsigned char*>(usage), -1) ==
             1;
}

}  // namespace

Result<SecretBytes> make_pkcs12_key_store(const PrivateKey& key, const std::vector<Certificate>& chain,
                                          const std::string& name, const SecretBytes& password) {
  const ErrorQueueScope errors;
  if (chain.empty()) return Error(Errc::invalid_argument, "pkcs12: no certificate for the key");
  const X509Ptr leaf = parsed(chain.front());
  const X509StackPtr others(sk_X509_new_null());
  if (!leaf || !others) return drain_errors(store);
  for (std::size_t i = 1; i < chain.size(); ++i) {
    X509Ptr other = parsed(chain[i]);
    if (!other || sk_X509_push(others.get(), other.get()) == 0) return drain_errors(store);
    (void)other.release();  // the stack's
  }
  const Password secret(password);
  const Pkcs12Ptr made(
      PKCS12_create(secret.get(), name.c_str(), key.native(), leaf.get(), others.get(), 0, 0, 0, 0, 0));
  if (!made) return drain_errors(store);
  return encoded(made.get());
}

Result<SecretBytes> make_pkcs12_trust_store(const std::vector<Certificate>& certificates, const SecretBytes& password) {
  const ErrorQueueScope errors;
  const Password secret(password);
  const ObjectPtr usage(OBJ_txt2obj(any_usage, 1));
  if (!usage) return drain_errors(store);
  STACK_OF(PKCS12_SAFEBAG)* filled = sk_PKCS12_SAFEBAG_new_null();
  bool good = filled != nullptr;
  for (const Certificate& certificate : certificates) good = good && add_trusted(&filled, certificate, usage.get());
  const std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), BagsDeleter> bags(filled);
  STACK_OF(PKCS7)* packed = nullptr;
  good = good && PKCS12_add_safe(&packed, bags.get(), NID_aes_256_cbc, PKCS12_DEFAULT_ITER, secret.get()) == 1;
  const std::unique_ptr<STACK_OF(PKCS7), SafesDeleter> safes(packed);
  const Pkcs12Ptr made(good ? PKCS12_add_safes(safes.get(), 0) : nullptr);
  if (!made || PKCS12_set_mac(made.get(), secret.get(), -1, nullptr, 0, PKCS12_DEFAULT_ITER, EVP_sha256()) != 1)
    return drain_errors(store);
  return encoded(made.get());
}

}  // namespace entente::crypto
