// The signed file for peers that cannot fetch: what it proves, and that nothing in it can be changed.
#include "common/spiffe/signed_bundle.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "tests/common/spiffe/fixture.hpp"

namespace entente::spiffe {
namespace {

using crypto::KeyType;
using nlohmann::json;
using testing::HasSubstr;

const char* const endpoint = "spiffe://a.test/entente";

Bundle bundle_of_a(std::optional<std::uint64_t> sequence = 7) {
  static const crypto::Certificate root = test::root_of("a.test");  // each one made is another
  Bundle bundle = test::bundle_of("a.test", {root});
  bundle.sequence = sequence;
  return bundle;
}

// The fixture's leaves are of the P-384 key.
X509Svid svid_of(const crypto::CertificateTemplate& leaf, std::string_view issuer) {
  auto key = crypto::PrivateKey::from_pkcs8_der(test::key_of(KeyType::ec_p384).pkcs8_der().view()).value();
  return make_x509_svid({test::issue(leaf, test::root_of(issuer))}, std::move(key)).value();
}
const X509Svid& endpoint_svid() {
  static const X509Svid svid = svid_of(test::leaf_template(endpoint), "a.test");
  return svid;
}

std::string file_of_a(Time issued_at = test::now) {
  return sign_bundle(bundle_of_a(), issued_at, endpoint_svid()).value();
}

struct Parts {
  json header, payload;
};
Parts parts_of(const std::string& file) {
  const std::size_t first = file.find('.'), second = file.find('.', first + 1);
  const auto part = [&file](std::size_t from, std::size_t to) {
    return json::parse(as_text(base64url_decode(file.substr(from, to - from)).value()));
  };
  return {part(0, first), part(first + 1, second)};
}

// Both as they stand, signed by the endpoint's key (ES384).
std::string sign_raw(std::string_view header, std::string_view payload) {
  std::string file = base64url_encode(as_bytes(header)) + "." + base64url_encode(as_bytes(payload));
  const auto signature = crypto::sign(crypto::SignatureAlgorithm::es384, test::key_of(KeyType::ec_p384), file).value();
  return file + "." + base64url_encode(signature);
}
std::string sign_parts(const Parts& parts) { return sign_raw(parts.header.dump(), parts.payload.dump()); }

Status verify(const std::string& file, const Bundle& authorities = bundle_of_a(), Time now = test::now,
              std::string_view expected = endpoint) {
  const auto parsed = parse_signed_bundle(file);
  if (!parsed) return parsed.error();
  return verify_signed_bundle(*parsed, test::id(expected), authorities, now);
}

Status verify_by(const std::string& fingerprint, std::optional<SpiffeId> expected = test::id(endpoint),
                 Time now = test::now) {
  return verify_signed_bundle(parse_signed_bundle(file_of_a()).value(), expected, fingerprint, now);
}

std::string own_fingerprint() { return parse_signed_bundle(file_of_a()).value().fingerprint(); }

TEST(SignedBundle, CarriesTheBundleWithItsSequenceTimeAndSigner) {
  const auto parsed = parse_signed_bundle(file_of_a());

  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->bundle.trust_domain, test::domain("a.test"));
  EXPECT_TRUE(same_authorities(parsed->bundle, bundle_of_a()));
  EXPECT_EQ(parsed->bundle.sequence, 7U);
  EXPECT_EQ(parsed->issued_at, test::now);
  EXPECT_EQ(parsed->signer, test::id(endpoint));
  EXPECT_TRUE(verify(file_of_a()));
}

TEST(SignedBundle, CarriesABundleThatIsEmptyOrHasNoSequence) {
  const std::string revoked = sign_bundle(Bundle(test::domain("a.test")), test::now, endpoint_svid()).value();

  ASSERT_TRUE(verify(revoked)) << verify(revoked).error().message();
  EXPECT_TRUE(parse_signed_bundle(revoked)->bundle.empty());
  EXPECT_EQ(parse_signed_bundle(revoked)->bundle.sequence, std::nullopt);
}

TEST(SignedBundle, IsReadAsAnotherProgramMadeIt) {
  const auto parsed = parse_signed_bundle(test::read_data("made/signed_bundle.jws"));
  ASSERT_TRUE(parsed) << parsed.error().message();
  const auto held = parse_bundle(test::domain("vectors.test"), test::read_data("made/signed_bundle_root.json"));

  const Status good = verify_signed_bundle(*parsed, test::id("spiffe://vectors.test/entente"), held->bundle, test::now);

  EXPECT_TRUE(good) << good.error().message();
  EXPECT_EQ(parsed->bundle.sequence, 7U);
  EXPECT_TRUE(same_authorities(parsed->bundle, held->bundle));
}

TEST(SignedBundle, IsTheEndpointsAndNoOtherWorkloadsOfTheDomain) {
  const X509Svid other = svid_of(test::leaf_template("spiffe://a.test/web"), "a.test");

  const Status refused = verify(sign_bundle(bundle_of_a(), test::now, other).value());

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::wrong_spiffe_id);
  EXPECT_THAT(refused.error().message(), HasSubstr("spiffe://a.test/web"));
}

// FC-9
TEST(SignedBundle, IsProvenByTheBundleOfTheEndpointsOwnTrustDomain) {
  const X509Svid hosted = svid_of(test::leaf_template("spiffe://ops.test/bundles"), "ops.test");
  const std::string file = sign_bundle(bundle_of_a(), test::now, hosted).value();
  const Bundle of_ops = test::bundle_of("ops.test", {test::root_of("ops.test")});

  EXPECT_TRUE(verify(file, of_ops, test::now, "spiffe://ops.test/bundles"));
  const Status with_the_subjects_own = verify(file, bundle_of_a(), test::now, "spiffe://ops.test/bundles");
  ASSERT_FALSE(with_the_subjects_own);
  EXPECT_EQ(with_the_subjects_own.error().code(), Errc::untrusted);
}

TEST(SignedBundle, IsRefusedWhereTheAuthorityIsNotHeld) {
  crypto::CertificateTemplate wanted = test::root_template("a.test");
  const auto root = crypto::issue_root(wanted, test::other_key()).value();

  const Status refused = verify(file_of_a(), test::bundle_of("a.test", {root}));
  const Status nothing = verify(file_of_a(), Bundle(test::domain("a.test")));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::untrusted);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code(), Errc::untrusted);
}

TEST(SignedBundle, IsGoodForAsLongAsItsSvid) {
  crypto::CertificateTemplate short_lived = test::leaf_template(endpoint);
  short_lived.not_after = test::now + std::chrono::hours(1);
  const std::string file = sign_bundle(bundle_of_a(), test::now, svid_of(short_lived, "a.test")).value();

  EXPECT_TRUE(verify(file, bundle_of_a(), test::now + std::chrono::minutes(59)));
  const Status late = verify(file, bundle_of_a(), test::now + std::chrono::minutes(61));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Errc::expired);
  const std::string print = parse_signed_bundle(file)->fingerprint();
  const Status late_by_word =
      verify_signed_bundle(*parse_signed_bundle(file), test::id(endpoint), print, test::now + std::chrono::minutes(61));
  ASSERT_FALSE(late_by_word);
  EXPECT_EQ(late_by_word.error().code(), Errc::expired);
}

TEST(SignedBundle, IsRefusedFromTheFutureButForWhatClocksDiffer) {
  EXPECT_TRUE(verify(file_of_a(test::now + std::chrono::minutes(4))));
  const Status refused = verify(file_of_a(test::now + std::chrono::minutes(6)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::expired);
}

TEST(SignedBundle, MayRestOnAFingerprintAtTheFirstContact) {
  const std::string print = own_fingerprint();
  std::string as_openssl_prints = "SHA256:";
  for (std::size_t i = 0; i < print.size(); i += 2) as_openssl_prints += (i ? ":" : "") + print.substr(i, 2);
  for (char& c : as_openssl_prints)
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');

  EXPECT_TRUE(verify_by(print));
  EXPECT_TRUE(verify_by("sha256:" + print));
  EXPECT_TRUE(verify_by(as_openssl_prints));
  EXPECT_TRUE(verify_by(print, std::nullopt));
}

TEST(SignedBundle, IsTheConfiguredEndpointsUnderAFingerprintToo) {
  const Status refused = verify_by(own_fingerprint(), test::id("spiffe://a.test/other"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::wrong_spiffe_id);

  const X509Svid foreign = svid_of(test::leaf_template("spiffe://ops.test/bundles"), "ops.test");
  const auto file = parse_signed_bundle(sign_bundle(bundle_of_a(), test::now, foreign).value()).value();
  const Status no_id = verify_signed_bundle(file, std::nullopt, file.fingerprint(), test::now);
  ASSERT_FALSE(no_id);
  EXPECT_EQ(no_id.error().code(), Errc::wrong_spiffe_id);
}

TEST(SignedBundle, IsRefusedUnderAnotherOrABrokenFingerprint) {
  std::string other = own_fingerprint();
  other[0] = other[0] == '0' ? '1' : '0';

  EXPECT_EQ(verify_by(other).error().code(), Errc::untrusted);
  for (const char* broken : {"", "sha256:", "abcd", "not a fingerprint"}) {
    const Status refused = verify_by(broken);
    ASSERT_FALSE(refused) << broken;
    EXPECT_EQ(refused.error().code(), Errc::invalid_argument);
    EXPECT_THAT(refused.error().message(), HasSubstr("fingerprint: "));
  }
}

TEST(SignedBundle, IsRefusedWithAnyByteOfItChanged) {
  const std::string file = file_of_a();
  const std::string print = own_fingerprint();
  for (std::size_t i = 0; i < file.size(); i += 7) {
    std::string changed = file;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify(changed)) << "byte " << i;
    const auto parsed = parse_signed_bundle(changed);
    EXPECT_FALSE(parsed && verify_signed_bundle(*parsed, test::id(endpoint), print, test::now)) << "byte " << i;
  }
}

TEST(SignedBundle, IsRefusedCutShortOrWithSomethingBehind) {
  const std::string file = file_of_a();
  for (std::size_t size = 0; size < file.size(); size += 13) EXPECT_FALSE(verify(file.substr(0, size))) << size;
  for (const char* tail : {"=", ".", " ", "\n\n", "\r", "A", ".e30"}) EXPECT_FALSE(verify(file + tail)) << tail;
  EXPECT_TRUE(verify(file + "\n"));
  EXPECT_TRUE(verify(file + "\r\n"));
}

TEST(SignedBundle, NamesTheMemberThatIsWrong) {
  struct Case {
    const char* part;
    const char* member;
    json value;
    const char* message;
  };
  const json der = parts_of(file_of_a()).header["x5c"][0];
  const std::vector<Case> cases = {
      {"header", "alg", nullptr, "alg: missing"},
      {"header", "alg", "none", "alg: \"none\""},
      {"header", "alg", "HS256", "alg: \"HS256\""},
      {"header", "alg", "es384", "alg: \"es384\""},
      {"header", "alg", "RS256", "alg: RS256 does not fit"},
      {"header", "alg", "ES256", "alg: ES256 does not fit"},
      {"header", "typ", "JWT", "typ: "},
      {"header", "typ", nullptr, "typ: "},
      {"header", "x5c", nullptr, "x5c: missing"},
      {"header", "x5c", json::array(), "x5c: missing"},
      {"header", "x5c", "text", "x5c: missing"},
      {"header", "x5c", json::array({1}), "x5c[0]: not a string"},
      {"header", "x5c", json::array({der, "????"}), "x5c[1]: "},
      {"header", "x5c", json::array({der, der, der, der, der, der, der, der, der}), "x5c: over 8"},
      {"header", "kid", "1", "unknown member \"kid\""},
      {"header", "crit", json::array({"b64"}), "unknown member \"crit\""},
      {"header", "jwk", json::object(), "unknown member \"jwk\""},
      {"payload", "trust_domain", nullptr, "trust_domain: missing"},
      {"payload", "trust_domain", "A.test", "trust_domain: "},
      {"payload", "trust_domain", 1, "trust_domain: missing"},
      {"payload", "issued_at", nullptr, "issued_at: missing"},
      {"payload", "issued_at", -1, "issued_at: not an integer"},
      {"payload", "issued_at", 1.5, "issued_at: not an integer"},
      {"payload", "issued_at", "2026", "issued_at: not an integer"},
      {"payload", "issued_at", 9000000001, "issued_at: not a time"},
      {"payload", "sequence", nullptr, "sequence: not the bundle's"},
      {"payload", "sequence", 8, "sequence: not the bundle's"},
      {"payload", "sequence", "7", "sequence: not an integer"},
      {"payload", "bundle", nullptr, "bundle: missing"},
      {"payload", "bundle", json::array(), "bundle: missing"},
      {"payload", "bundle", json::object(), "bundle: "},
      {"payload", "extra", true, "unknown member \"extra\""},
  };
  for (const Case& c : cases) {
    Parts parts = parts_of(file_of_a());
    json& part = std::string_view(c.part) == "header" ? parts.header : parts.payload;
    if (c.value.is_null())
      part.erase(c.member);
    else
      part[c.member] = c.value;

    const auto parsed = parse_signed_bundle(sign_parts(parts));

    ASSERT_FALSE(parsed) << c.part << "." << c.member << " = " << c.value.dump();
    EXPECT_EQ(parsed.error().code(), Errc::schema);
    EXPECT_THAT(parsed.error().message(), HasSubstr(c.message));
  }
}

// TB-10
TEST(SignedBundle, RefusesNamesThatComeTwiceAtEveryLevel) {
  const Parts parts = parts_of(file_of_a());
  const std::string header = parts.header.dump(), payload = parts.payload.dump();
  const auto doubled = [](std::string text, const std::string& member) { return text.insert(1, member + ","); };

  for (const auto& file : {sign_raw(doubled(header, "\"alg\":\"ES384\""), payload),
                           sign_raw(header, doubled(payload, "\"trust_domain\":\"b.test\"")),
                           sign_raw(header, std::string(payload).insert(payload.find("\"keys\""), "\"keys\":[],"))}) {
    const auto parsed = parse_signed_bundle(file);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code(), Errc::syntax);
    EXPECT_THAT(parsed.error().message(), HasSubstr("duplicate name"));
  }
}

TEST(SignedBundle, RefusesAnOversizedFileUnread) {
  const auto parsed = parse_signed_bundle(std::string(max_signed_bundle_size + 1, 'A'));

  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code(), Errc::too_large);
}

}  // namespace
}  // namespace entente::spiffe
