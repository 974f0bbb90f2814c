// Documents, certificates and tokens that others made: tests/data/spiffe/README.md.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "common/spiffe/bundle_json.hpp"
#include "common/spiffe/jwt_svid.hpp"
#include "common/spiffe/x509_svid.hpp"
#include "tests/common/spiffe/fixture.hpp"

namespace entente::spiffe {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;

ParsedBundle read_bundle_file(std::string_view name, std::string_view trust_domain) {
  const auto parsed = parse_bundle(test::domain(trust_domain), test::read_data(name));
  EXPECT_TRUE(parsed) << name << ": " << parsed.error().message();
  return *parsed;
}

std::vector<crypto::Certificate> read_chain(std::string_view name) {
  return crypto::certificates_from_pem(test::read_data(name)).value();
}

TEST(GoSpiffeVectors, AreReadWhereTheStandardAllowsThem) {
  const Bundle two = read_bundle_file("go-spiffe/spiffebundle_valid_2.json", "domain.test").bundle;
  EXPECT_THAT(two.x509_authorities, SizeIs(1));
  EXPECT_THAT(two.jwt_authorities, SizeIs(testing::Ge(6U)));
  EXPECT_EQ(two.jwt_authorities[0].key_id, "IRsID4VIM3T11TsK43Ny1DgCD5UNWhva");

  const Bundle wit = read_bundle_file("go-spiffe/spiffebundle_valid_with_wit.json", "domain.test").bundle;
  EXPECT_THAT(wit.jwt_authorities, SizeIs(2));
  EXPECT_THAT(wit.wit_authorities, SizeIs(2));
  EXPECT_EQ(wit.sequence, 1U);
  EXPECT_EQ(wit.refresh_hint, std::chrono::seconds(60));
}

// TB-12, TB-13: the Go library refuses both of these.
TEST(GoSpiffeVectors, AreReadWhereTheStandardSaysIgnore) {
  const auto two_certificates = read_bundle_file("go-spiffe/spiffebundle_multiple_x509.json", "domain.test");
  EXPECT_THAT(two_certificates.bundle.x509_authorities, SizeIs(1));
  EXPECT_THAT(two_certificates.ignored, SizeIs(0));

  const auto no_kid = read_bundle_file("go-spiffe/spiffebundle_missing_kid.json", "domain.test");
  EXPECT_THAT(no_kid.bundle.x509_authorities, SizeIs(1));
  EXPECT_THAT(no_kid.ignored, ElementsAre("keys[1]: no kid"));
}

// TB-4
TEST(GoSpiffeVectors, WithoutKeysAreRefused) {
  const auto parsed = parse_bundle(test::domain("domain.test"), test::read_data("go-spiffe/spiffebundle_no_keys.json"));

  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code(), Errc::schema);
}

TEST(GoSpiffeVectors, OfAJwtBundleHaveNoUse) {
  const std::string text = test::read_data("go-spiffe/jwks_valid_2.json");

  EXPECT_THAT(parse_jwt_key_set(test::domain("domain.test"), text).value().bundle.jwt_authorities, SizeIs(2));
  EXPECT_TRUE(parse_bundle(test::domain("domain.test"), text).value().bundle.empty());
}

// XS-6, XS-7: SPIRE's own chain; its root's ID is of another trust domain.
TEST(GoSpiffeVectors, OfSpiresChainValidate) {
  const auto chain = read_chain("go-spiffe/good-leaf-and-intermediate.pem");
  const Bundle bundle = read_bundle_file("go-spiffe/spiffebundle_valid_1.json", "example.org").bundle;

  const auto id = verify_x509_svid(chain, bundle, test::at("2020-03-24T14:30:00Z"));

  ASSERT_TRUE(id) << id.error().message();
  EXPECT_EQ(id->str(), "spiffe://example.org/workload-1");
  EXPECT_EQ(verify_x509_svid(chain, bundle, test::at("2020-03-24T16:00:00Z")).error().code(), Errc::expired);
}

// XS-1, XS-4
TEST(GoSpiffeVectors, OfWrongLeavesAreWrong) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"wrong-leaf-ca-true", "leaf_is_ca"},
      {"wrong-leaf-cert-sign", "key_cert_sign"},
      {"wrong-leaf-crl-sign", "crl_sign"},
      {"wrong-leaf-empty-id", "uri_san_count"},
      {"wrong-leaf-no-digital-signature", "no_digital_signature"}};
  for (const auto& [name, code] : wrong)
    EXPECT_THAT(check_leaf(read_chain("go-spiffe/" + name + ".pem").at(0)), Contains(Field(&Violation::code, code)))
        << name;
  EXPECT_THAT(check_leaf(read_chain("go-spiffe/good-leaf-only.pem").at(0)), SizeIs(0));
}

TEST(PythonVectors, OfX509ChainsValidateUnderEachKindOfAuthority) {
  const Bundle bundle = read_bundle_file("made/bundle.json", "vectors.test").bundle;
  for (const char* name : {"made/chain-rsa.pem", "made/chain-ec.pem"}) {
    const auto id = verify_x509_svid(read_chain(name), bundle, test::now);

    ASSERT_TRUE(id) << name << ": " << id.error().message();
    EXPECT_EQ(id->str(), "spiffe://vectors.test/web");
  }
}

// JS-2, JS-8
TEST(PythonVectors, OfTokensValidateInEachOfTheNineAlgorithms) {
  const Bundle bundle = read_bundle_file("made/bundle.json", "vectors.test").bundle;
  const auto tokens = nlohmann::json::parse(test::read_data("made/tokens.json"));
  ASSERT_EQ(tokens.size(), 12U);
  for (const auto& [name, token] : tokens.items()) {
    const auto parsed = parse_jwt_svid(token.get_ref<const std::string&>());
    ASSERT_TRUE(parsed) << name << ": " << parsed.error().message();

    const auto claims = verify_jwt_svid(*parsed, bundle, {.audience = "reports", .now = test::now});

    ASSERT_TRUE(claims) << name << ": " << claims.error().message();
    EXPECT_EQ(claims->subject.str(), "spiffe://vectors.test/web");
  }
}

}  // namespace
}  // namespace entente::spiffe
