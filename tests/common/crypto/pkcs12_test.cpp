// Read back by OpenSSL's own reader; other readers are tested with whole processes.
#include "common/crypto/pkcs12.hpp"

#include <gtest/gtest.h>
#include <openssl/pkcs12.h>

#include "common/crypto/handles.hpp"
#include "common/crypto/issue.hpp"

namespace entente::crypto {
namespace {

const Time now = from_unix_seconds(1'800'000'000);

SecretBytes secret(std::string_view text) { return SecretBytes(Bytes(text.begin(), text.end())); }

struct Pair {
  Pair() : key(*PrivateKey::generate(KeyType::ec_p256)), certificate(issue()) {}
  Certificate issue() const {
    CertificateTemplate wanted;
    wanted.subject = {{"CN", "store"}};
    wanted.uri_names = {"spiffe://a.test/store"};
    wanted.not_before = now;
    wanted.not_after = now + std::chrono::hours(1);
    return *issue_root(wanted, key);
  }
  PrivateKey key;
  Certificate certificate;
};

struct Opened {
  EvpPkeyPtr key;
  X509Ptr leaf;
  std::size_t others = 0;
  bool good = false;
};
Opened open(const SecretBytes& store, const char* password) {
  const unsigned char* at = store.view().data();
  const std::unique_ptr<PKCS12, Deleter<PKCS12_free>> parsed(
      d2i_PKCS12(nullptr, &at, static_cast<long>(store.view().size())));
  EVP_PKEY* key = nullptr;
  X509* leaf = nullptr;
  STACK_OF(X509)* others = nullptr;
  Opened opened;
  opened.good = parsed && PKCS12_parse(parsed.get(), password, &key, &leaf, &others) == 1;
  opened.key.reset(key);
  opened.leaf.reset(leaf);
  const X509StackPtr owned(others);
  opened.others = others == nullptr ? 0 : static_cast<std::size_t>(sk_X509_num(others));
  ERR_clear_error();
  return opened;
}

TEST(Pkcs12, KeepsAKeyWithItsChainUnderItsPassword) {
  const Pair pair, other;
  const auto store = make_pkcs12_key_store(pair.key, {pair.certificate, other.certificate}, "web", secret("geheim"));

  ASSERT_TRUE(store);
  const Opened opened = open(*store, "geheim");
  ASSERT_TRUE(opened.good);
  EXPECT_EQ(EVP_PKEY_eq(opened.key.get(), pair.key.native()), 1);
  EXPECT_NE(opened.leaf, nullptr);
  EXPECT_EQ(opened.others, 1U);
  EXPECT_FALSE(open(*store, "wrong").good);
}

TEST(Pkcs12, KeepsTrustedCertificatesUnderAnEmptyPasswordToo) {
  const Pair one, two;
  const auto store = make_pkcs12_trust_store({one.certificate, two.certificate}, secret(""));

  ASSERT_TRUE(store);
  const Opened opened = open(*store, "");
  EXPECT_TRUE(opened.good);
  EXPECT_EQ(opened.key, nullptr);
  EXPECT_EQ(opened.others, 2U);
}

TEST(Pkcs12, RefusesAKeyWithoutACertificate) {
  const Pair pair;
  EXPECT_FALSE(make_pkcs12_key_store(pair.key, {}, "web", secret("")));
}

}  // namespace
}  // namespace entente::crypto
