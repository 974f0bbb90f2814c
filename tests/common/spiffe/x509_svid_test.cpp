// X509-SVIDs: checklist XS and ID-12. X509-SVID 2-5.
#include "common/spiffe/x509_svid.hpp"

#include <gmock/gmock.h>

#include "tests/common/spiffe/fixture.hpp"

namespace entente::spiffe {
namespace {

using crypto::Certificate;
using crypto::CertificateTemplate;
using crypto::KeyType;
using test::bundle_of;
using test::issue;
using test::key_of;
using test::leaf_template;
using test::root_of;
using test::root_template;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* web = "spiffe://a.test/web";

const Certificate& root() {
  static const Certificate certificate = root_of("a.test");
  return certificate;
}

std::vector<std::string> codes_of(const CertificateTemplate& wanted) {
  std::vector<std::string> codes;
  for (const Violation& violation : check_leaf(issue(wanted, root()))) {
    EXPECT_FALSE(violation.section.empty() || violation.message.empty());
    codes.push_back(violation.code);
  }
  return codes;
}

Result<SpiffeId> verify(std::vector<Certificate> chain, const Bundle& bundle, Time time = test::now) {
  return verify_x509_svid(chain, bundle, time);
}

// A CA certificate between the root and the leaf, with a name of its own, since it shares the root's key.
CertificateTemplate intermediate_template() {
  CertificateTemplate wanted = root_template("a.test");
  wanted.subject = {{"CN", "intermediate"}};
  return wanted;
}

Result<SpiffeId> verify_under(const CertificateTemplate& signer) {
  const Certificate intermediate = issue(signer, root());
  return verify({issue(leaf_template(web), intermediate), intermediate}, bundle_of("a.test", {root()}));
}

void expect_untrusted(const Result<SpiffeId>& result, std::string_view reason) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::untrusted) << result.error().message();
  EXPECT_THAT(result.error().message(), HasSubstr(std::string(reason)));
}

TEST(X509SvidLeaf, IsGoodAsWeIssueIt) {
  auto with_dns = leaf_template(web);
  with_dns.dns_names = {"web.a.example"};

  EXPECT_THAT(codes_of(leaf_template(web)), IsEmpty());
  EXPECT_THAT(codes_of(with_dns), IsEmpty());
}

// XS-1
TEST(X509SvidLeaf, HasExactlyOneUriName) {
  auto none = leaf_template(web), two = leaf_template(web), same_twice = leaf_template(web);
  none.uri_names.clear();
  none.dns_names = {"web.a.example"};
  two.uri_names.push_back("https://a.test/");
  same_twice.uri_names.push_back(web);

  for (const auto& wanted : {none, two, same_twice}) EXPECT_THAT(codes_of(wanted), ElementsAre("uri_san_count"));
}

TEST(X509SvidLeaf, HasAWellFormedId) {
  for (const char* uri : {"https://a.test/web", "spiffe://A.test/web", "spiffe://a.test/web/", "spiffe://a.test/%77"})
    EXPECT_THAT(codes_of(leaf_template(uri)), ElementsAre("spiffe_id")) << uri;
}

// XS-2
TEST(X509SvidLeaf, HasAnIdWithAPath) {
  EXPECT_THAT(codes_of(leaf_template("spiffe://a.test")), ElementsAre("id_without_path"));
}

// XS-3
TEST(X509SvidLeaf, HasACriticalNameWhereTheSubjectIsEmpty) {
  auto wanted = leaf_template(web);
  wanted.subject.clear();
  EXPECT_THAT(codes_of(wanted), IsEmpty());

  wanted.overrides.san_critical = false;
  EXPECT_THAT(codes_of(wanted), ElementsAre("san_not_critical"));
}

// XS-4
TEST(X509SvidLeaf, HasACriticalKeyUsageForSignaturesAlone) {
  using Usage = Certificate::KeyUsage;
  const Usage good{.critical = true, .digital_signature = true};
  Usage not_critical = good, no_signature = good, cert_sign = good, crl_sign = good, agreement = good;
  not_critical.critical = false;
  no_signature.digital_signature = false;
  no_signature.key_encipherment = true;
  cert_sign.key_cert_sign = true;
  crl_sign.crl_sign = true;
  agreement.key_agreement = agreement.key_encipherment = true;
  const auto codes_with = [](const Usage& usage) {
    auto wanted = leaf_template(web);
    wanted.overrides.key_usage = usage;
    return codes_of(wanted);
  };

  EXPECT_THAT(codes_with(not_critical), ElementsAre("key_usage_not_critical"));
  EXPECT_THAT(codes_with(no_signature), ElementsAre("no_digital_signature"));
  EXPECT_THAT(codes_with(cert_sign), ElementsAre("key_cert_sign"));
  EXPECT_THAT(codes_with(crl_sign), ElementsAre("crl_sign"));
  EXPECT_THAT(codes_with(agreement), IsEmpty());
}

// XS-4
TEST(X509SvidLeaf, MayLackBasicConstraintsButNotKeyUsage) {
  auto no_usage = leaf_template(web), no_constraints = leaf_template(web);
  no_usage.overrides.no_key_usage = true;
  no_constraints.overrides.no_basic_constraints = true;

  EXPECT_THAT(codes_of(no_usage), ElementsAre("key_usage_missing"));
  EXPECT_THAT(codes_of(no_constraints), IsEmpty());
}

// XS-4, XS-8
TEST(X509SvidLeaf, IsNoCertificateAuthority) {
  auto wanted = leaf_template(web);
  wanted.ca = true;

  EXPECT_THAT(codes_of(wanted), ElementsAre("leaf_is_ca", "no_digital_signature", "key_cert_sign", "crl_sign"));
}

// XS-5
TEST(X509SvidLeaf, HasBothExtendedUsagesOrNone) {
  const auto codes_with = [](bool server, bool client, bool any) {
    auto wanted = leaf_template(web);
    wanted.overrides.extended_key_usage = Certificate::ExtendedKeyUsage{server, client, any};
    return codes_of(wanted);
  };
  auto none = leaf_template(web);
  none.overrides.no_extended_key_usage = true;

  EXPECT_THAT(codes_of(none), IsEmpty());
  EXPECT_THAT(codes_with(true, true, true), IsEmpty());
  EXPECT_THAT(codes_with(true, false, false), ElementsAre("extended_key_usage"));
  EXPECT_THAT(codes_with(false, true, false), ElementsAre("extended_key_usage"));
  EXPECT_THAT(codes_with(false, false, true), ElementsAre("extended_key_usage"));
}

TEST(X509SvidLeaf, TellsEveryRuleItBreaksAtOnce) {
  auto wanted = leaf_template("spiffe://a.test");
  wanted.overrides.no_key_usage = true;
  wanted.overrides.extended_key_usage = Certificate::ExtendedKeyUsage{.server_auth = true};

  EXPECT_THAT(codes_of(wanted), ElementsAre("id_without_path", "key_usage_missing", "extended_key_usage"));
}

// XS-7
TEST(X509SvidValidation, AcceptsALeafUnderAnAuthorityOfItsTrustDomain) {
  const auto id = verify({issue(leaf_template(web), root())}, bundle_of("a.test", {root_of("a.test"), root()}));

  ASSERT_TRUE(id) << id.error().message();
  EXPECT_EQ(id->str(), web);
}

// XS-6, XS-7
TEST(X509SvidValidation, AcceptsAnIntermediateBetween) {
  const auto id = verify_under(intermediate_template());

  ASSERT_TRUE(id) << id.error().message();
  EXPECT_EQ(id->str(), web);
}

// XS-7
TEST(X509SvidValidation, UsesOnlyTheAuthoritiesOfTheIdsOwnTrustDomain) {
  const std::vector<Certificate> chain = {issue(leaf_template(web), root())};

  expect_untrusted(verify(chain, bundle_of("b.test", {root()})), "not in the trust domain b.test");
  expect_untrusted(verify(chain, bundle_of("a.test", {})), "no X.509 authority");  // TB-6
}

// XS-7
TEST(X509SvidValidation, RefusesALeafThatNoAuthoritySigned) {
  const auto stranger = crypto::issue_root(root_template("a.test"), test::other_key()).value();

  const auto result = verify({issue(leaf_template(web), root())}, bundle_of("a.test", {stranger}));

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::untrusted) << result.error().message();
}

// XS-7: an intermediate that the peer sends is no root, even self-signed.
TEST(X509SvidValidation, TakesNoRootFromTheChainItself) {
  const auto own_root = crypto::issue_root(root_template("a.test"), key_of(KeyType::ec_p256)).value();
  const auto stranger = crypto::issue_root(root_template("other"), test::other_key()).value();

  EXPECT_FALSE(verify({issue(leaf_template(web), own_root), own_root}, bundle_of("a.test", {stranger})));
}

// XS-7
TEST(X509SvidValidation, JudgesAtTheGivenTime) {
  const std::vector<Certificate> chain = {issue(leaf_template(web), root())};
  const Bundle bundle = bundle_of("a.test", {root()});

  EXPECT_TRUE(verify(chain, bundle, test::valid_from));
  EXPECT_EQ(verify(chain, bundle, test::valid_from - std::chrono::seconds(1)).error().code(), Errc::expired);
  EXPECT_EQ(verify(chain, bundle, test::valid_to + std::chrono::seconds(1)).error().code(), Errc::expired);
}

// XS-8
TEST(X509SvidValidation, NeverAuthenticatesASigningCertificate) {
  const auto result = verify({root()}, bundle_of("a.test", {root()}));

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::schema);
}

// XS-8: putting a leaf in the bundle makes it no authority, and what it signed is nothing either.
TEST(X509SvidValidation, RefusesALeafThatStandsInTheBundleItself) {
  const auto leaf = issue(leaf_template(web), root());

  EXPECT_FALSE(verify({leaf}, bundle_of("a.test", {leaf})));
}

// XS-6
TEST(X509SvidValidation, RefusesASignerThatMayNotSign) {
  auto no_ca = intermediate_template(), no_cert_sign = intermediate_template(), no_usage = intermediate_template();
  no_ca.ca = false;
  no_cert_sign.overrides.key_usage = Certificate::KeyUsage{.critical = true, .crl_sign = true};
  no_usage.overrides.no_key_usage = true;

  // By hand, since issue() gives what is no CA the leaves' key.
  const auto intermediate =
      crypto::issue_certificate(no_ca, key_of(KeyType::ec_p256).public_key(), root(), key_of(KeyType::ec_p256)).value();
  const auto leaf = issue(leaf_template(web), intermediate);
  EXPECT_FALSE(verify({leaf, intermediate}, bundle_of("a.test", {root()})));
  EXPECT_FALSE(verify_under(no_cert_sign));
  EXPECT_FALSE(verify_under(no_usage));
}

// XS-6
TEST(X509SvidValidation, RefusesAnAuthorityInTheBundleThatMayNotSign) {
  auto wanted = root_template("a.test");
  wanted.overrides.no_key_usage = true;
  const auto odd = crypto::issue_root(wanted, key_of(KeyType::ec_p256)).value();

  expect_untrusted(verify({issue(leaf_template(web), odd)}, bundle_of("a.test", {odd})), "keyCertSign");
}

// XS-6
TEST(X509SvidValidation, RefusesASignerWithTheIdOfAWorkload) {
  auto workload = intermediate_template(), garbled = intermediate_template(), two = intermediate_template();
  workload.uri_names = {"spiffe://a.test/ca"};
  garbled.uri_names = {"spiffe://A.TEST"};
  two.uri_names = {"spiffe://a.test", "https://a.test/"};

  expect_untrusted(verify_under(workload), "spiffe://a.test/ca");
  expect_untrusted(verify_under(garbled), "SPIFFE ID");
  expect_untrusted(verify_under(two), "another URI");
}

// XS-6
TEST(X509SvidValidation, AcceptsASignerWithoutAnIdOrOfAnotherTrustDomain) {
  auto none = intermediate_template(), foreign = intermediate_template(), slash = intermediate_template(),
       web_page = intermediate_template();
  none.uri_names.clear();
  foreign.uri_names = {"spiffe://upstream.test"};
  slash.uri_names = {"spiffe://a.test/"};  // as Trust Domain and Bundle, appendix A, writes it
  web_page.uri_names = {"https://ca.example/"};

  for (const auto& signer : {none, foreign, slash, web_page}) {
    const auto id = verify_under(signer);
    EXPECT_TRUE(id) << id.error().message();
  }
}

TEST(X509SvidValidation, RefusesALeafThatBreaksTheRules) {
  auto two = leaf_template(web);
  two.uri_names.push_back("spiffe://a.test/admin");

  const auto result = verify({issue(two, root())}, bundle_of("a.test", {root()}));

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::schema);
  EXPECT_THAT(result.error().message(), HasSubstr("X509-SVID 2"));
  EXPECT_FALSE(verify({}, bundle_of("a.test", {root()})));
}

// ID-12: the ID and the key stand in what is signed; changing a byte of it voids the signature.
TEST(X509SvidValidation, RefusesALeafWhoseSignedPartWasChanged) {
  const auto leaf = issue(leaf_template(web), root());
  Bytes der(leaf.der().begin(), leaf.der().end());
  const std::string_view text = as_text(der);
  der[text.find(web) + 18] = 'x';  // spiffe://a.test/wex

  const auto changed = Certificate::from_der(der).value();

  ASSERT_THAT(changed.uri_names(), ElementsAre("spiffe://a.test/wex"));
  EXPECT_FALSE(verify({changed}, bundle_of("a.test", {root()})));
}

TEST(X509Svid, IsMadeOfAChainAndItsOwnKey) {
  const auto leaf = issue(leaf_template(web), root());
  auto clone = [](KeyType type) { return crypto::PrivateKey::from_pkcs8_der(key_of(type).pkcs8_der().view()).value(); };

  const auto svid = make_x509_svid({leaf}, clone(KeyType::ec_p384), "internal");

  ASSERT_TRUE(svid) << svid.error().message();
  EXPECT_EQ(svid->id.str(), web);
  EXPECT_EQ(svid->hint, "internal");
  EXPECT_FALSE(make_x509_svid({leaf}, clone(KeyType::ec_p256)));
  EXPECT_FALSE(make_x509_svid({}, clone(KeyType::ec_p384)));
  EXPECT_FALSE(make_x509_svid({root()}, clone(KeyType::ec_p256)));
}

TEST(X509Svid, HasItsIdReadFromASigningCertificateToo) {
  EXPECT_EQ(id_of(root()).value().str(), "spiffe://a.test");
  auto none = leaf_template(web);
  none.uri_names.clear();
  EXPECT_FALSE(id_of(issue(none, root())));
}

}  // namespace
}  // namespace entente::spiffe
