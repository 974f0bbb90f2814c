// What is said of certificates that somebody hands over: XS-1 to XS-8, every violation at once.
#include "common/spiffe/x509_inspection.hpp"

#include <gmock/gmock.h>

#include "common/spiffe/x509_svid.hpp"
#include "tests/common/spiffe/fixture.hpp"

namespace entente::spiffe {
namespace {

using crypto::Certificate;
using crypto::CertificateFile;
using crypto::CertificateTemplate;
using crypto::KeyType;
using test::bundle_of;
using test::issue;
using test::key_of;
using test::leaf_template;
using test::root_of;
using test::root_template;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char* web = "spiffe://a.test/web";

const Certificate& root() {
  static const Certificate certificate = root_of("a.test");
  return certificate;
}

CertificateFile file_of(const std::vector<Certificate>& certificates) {
  return crypto::read_certificate_file(crypto::to_pem(certificates)).value();
}

std::vector<std::string> codes_of(const Violations& violations) {
  std::vector<std::string> codes;
  for (const Violation& violation : violations) {
    EXPECT_FALSE(violation.message.empty());
    EXPECT_NE(what_to_do(violation.code), "") << violation.code;
    codes.push_back(violation.code);
  }
  return codes;
}

X509Inspection inspect(const std::vector<Certificate>& certificates, Time at = test::now) {
  return inspect_x509(file_of(certificates), at);
}
std::vector<std::string> codes(const std::vector<Certificate>& certificates, Time at = test::now) {
  return codes_of(inspect(certificates, at).violations);
}
std::vector<std::string> notes(const std::vector<Certificate>& certificates) {
  return codes_of(inspect(certificates).notes);
}

CertificateTemplate signer_template(const std::string& name) {
  CertificateTemplate wanted = root_template("a.test");
  wanted.subject = {{"CN", name}};
  return wanted;
}

CertificateTemplate web_template() {
  CertificateTemplate wanted = leaf_template(web);
  wanted.uri_names.clear();
  wanted.dns_names = {"a.example", "b.example", "c.example", "d.example"};
  wanted.overrides.extended_key_usage = Certificate::ExtendedKeyUsage{.server_auth = true};
  return wanted;
}

TEST(X509Inspection, OfAGoodSvidFindsNothing) {
  const X509Inspection found = inspect({issue(leaf_template(web), root())});

  EXPECT_EQ(found.role, CertificateRole::workload);
  EXPECT_EQ(found.summary, "an X509-SVID of the trust domain a.test");
  EXPECT_EQ(found.id->str(), web);
  EXPECT_THAT(found.violations, IsEmpty());
  EXPECT_THAT(found.notes, IsEmpty());
}

// XS-8
TEST(X509Inspection, OfASigningCertificateSaysThatFirstAndTellsNoMore) {
  const X509Inspection found = inspect({root()});

  EXPECT_EQ(found.role, CertificateRole::signer);
  EXPECT_EQ(found.summary, "a signing certificate (CA) of the trust domain a.test; not an X509-SVID for a workload");
  EXPECT_EQ(found.id->str(), "spiffe://a.test");
  EXPECT_THAT(codes_of(found.violations), ElementsAre("leaf_is_ca"));
  EXPECT_THAT(inspect({root(), issue(signer_template("b"), root())}).summary,
              StartsWith("2 signing certificates (CA)"));
}

TEST(X509Inspection, OfAWebCertificateNamesItsHosts) {
  const X509Inspection found = inspect({issue(web_template(), root())});

  EXPECT_EQ(found.role, CertificateRole::web);
  EXPECT_EQ(found.summary,
            R"(no SPIFFE ID: an ordinary web certificate for "a.example", "b.example", "c.example" and 1 more name)");
  EXPECT_THAT(codes_of(found.violations), ElementsAre("uri_san_count", "extended_key_usage"));
}

// `openssl req -x509` sets cA and no key usage.
TEST(X509Inspection, OfASelfSignedWebCertificateIsOfAWebCertificate) {
  CertificateTemplate wanted = web_template();
  wanted.ca = true;
  wanted.overrides.no_key_usage = true;

  const X509Inspection found = inspect({issue(wanted, root())});

  EXPECT_EQ(found.role, CertificateRole::web);
  EXPECT_THAT(codes_of(found.violations),
              ElementsAre("uri_san_count", "leaf_is_ca", "key_usage_missing", "extended_key_usage"));
}

TEST(X509Inspection, OfALeafWithTheCaFlagTellsEveryRuleThatItBreaks) {
  CertificateTemplate wanted = leaf_template(web);
  wanted.ca = true;

  EXPECT_THAT(codes({issue(wanted, root())}),
              ElementsAre("leaf_is_ca", "no_digital_signature", "key_cert_sign", "crl_sign"));
}

TEST(X509Inspection, OfAnIdThatIsNoneShowsIt) {
  EXPECT_THAT(inspect({issue(leaf_template("https://a.test/web"), root())}).summary,
              HasSubstr("is no SPIFFE ID: \"https://a.test/web\""));
  CertificateTemplate two = leaf_template(web);
  two.uri_names.push_back("spiffe://b.test/web");
  const X509Inspection found = inspect({issue(two, root())});
  EXPECT_FALSE(found.id);
  EXPECT_THAT(found.violations.at(0).message, HasSubstr("\"spiffe://a.test/web\", \"spiffe://b.test/web\""));
}

// XS-6
TEST(X509Inspection, TellsEveryRuleThatSignersOfTheChainBreak) {
  CertificateTemplate bad = signer_template("bad");
  bad.uri_names = {"spiffe://a.test/ca"};
  bad.overrides.key_usage = Certificate::KeyUsage{.critical = true, .crl_sign = true};
  const Certificate signer = issue(bad, root());

  const X509Inspection found = inspect({issue(leaf_template(web), signer), signer});

  EXPECT_THAT(codes_of(found.violations), ElementsAre("signer_no_key_cert_sign", "signer_id_with_path"));
  EXPECT_THAT(found.violations[0].message, StartsWith("certificate 2 (\"CN=bad\") may not sign"));
}

TEST(X509Inspection, KnowsTheOrderOfAChain) {
  const Certificate upper = issue(signer_template("upper"), root()), lower = issue(signer_template("lower"), upper);
  const Certificate leaf = issue(leaf_template(web), lower), stranger = issue(signer_template("stranger"), root());

  EXPECT_THAT(codes({lower, leaf}), ElementsAre("leaf_not_first"));
  EXPECT_EQ(inspect({lower, leaf}).id->str(), web);
  EXPECT_THAT(notes({leaf, lower, upper}), IsEmpty());
  EXPECT_THAT(notes({leaf, upper, lower}), ElementsAre("chain_order", "chain_order"));
  EXPECT_THAT(notes({leaf, lower, stranger}), ElementsAre("chain_unrelated"));
  EXPECT_THAT(notes({leaf, lower, upper, root()}), ElementsAre("root_in_chain"));
  EXPECT_THAT(codes({leaf, leaf}), ElementsAre("signer_not_ca", "signer_no_key_cert_sign", "signer_id_with_path"));
}

TEST(X509Inspection, JudgesEveryCertificateAtTheGivenTime) {
  CertificateTemplate brief = signer_template("brief");
  brief.not_after = test::now;
  const Certificate signer = issue(brief, root()), leaf = issue(leaf_template(web), signer);

  EXPECT_THAT(codes({leaf, signer}, test::now), ElementsAre("expired"));
  EXPECT_THAT(codes({leaf, signer}, test::now - std::chrono::seconds(1)), IsEmpty());
  EXPECT_THAT(codes({leaf, signer}, test::valid_to), ElementsAre("expired", "expired"));
  EXPECT_THAT(codes({leaf, signer}, test::valid_from - std::chrono::seconds(1)),
              ElementsAre("not_yet_valid", "not_yet_valid"));
  EXPECT_THAT(inspect({leaf}, test::valid_to + std::chrono::hours(72)).violations[0].message, HasSubstr("3 d ago"));
}

TEST(X509Inspection, NotesWhatValidatorsLetPass) {
  CertificateTemplate bare = leaf_template(web), foreign = signer_template("foreign");
  bare.overrides.no_extended_key_usage = true;
  foreign.uri_names = {"spiffe://b.test"};
  foreign.overrides.key_usage = Certificate::KeyUsage{.critical = false, .key_cert_sign = true};
  const Certificate signer = issue(foreign, root());

  const X509Inspection found = inspect({issue(bare, signer), signer});

  EXPECT_THAT(found.violations, IsEmpty());
  EXPECT_THAT(codes_of(found.notes),
              ElementsAre("extended_key_usage_missing", "signer_key_usage_not_critical", "signer_other_domain"));
}

std::vector<std::string> verdict(const std::vector<Certificate>& chain, const Bundle& bundle, Time at = test::now) {
  return codes_of(examine_x509_svid(file_of(chain), bundle, at).inspection.violations);
}

// XS-7
TEST(X509Examination, FindsThePathToTheAuthority) {
  const Certificate signer = issue(signer_template("lower"), root()), leaf = issue(leaf_template(web), signer);

  const X509Verification found = examine_x509_svid(file_of({leaf, signer}), bundle_of("a.test", {root()}), test::now);

  EXPECT_THAT(found.inspection.violations, IsEmpty());
  EXPECT_THAT(found.path, ElementsAre(leaf, signer, root()));
}

TEST(X509Examination, NamesEveryReasonToRefuse) {
  const Certificate leaf = issue(leaf_template(web), root());
  const Certificate other = crypto::issue_root(root_template("a.test"), test::other_key()).value();
  CertificateTemplate lacking = leaf_template(web);
  lacking.overrides.no_key_usage = true;
  const Certificate bad = issue(lacking, root());

  EXPECT_THAT(verdict({leaf}, bundle_of("a.test", {other})), ElementsAre("unknown_authority"));
  EXPECT_THAT(verdict({leaf}, bundle_of("a.test", {})), ElementsAre("no_x509_authority"));  // TB-6
  EXPECT_THAT(verdict({leaf}, bundle_of("b.test", {root()})), ElementsAre("no_bundle"));    // FC-14
  EXPECT_THAT(verdict({leaf}, bundle_of("a.test", {leaf})), ElementsAre("leaf_in_bundle"));
  EXPECT_THAT(verdict({root()}, bundle_of("a.test", {root()})), ElementsAre("leaf_is_ca"));
  EXPECT_THAT(verdict({leaf}, bundle_of("a.test", {root()}), test::valid_to), ElementsAre("expired", "expired"));
  EXPECT_THAT(verdict({bad}, bundle_of("a.test", {other}), test::valid_to + std::chrono::hours(1)),
              ElementsAre("key_usage_missing", "unknown_authority", "expired"));
  const X509Verification late = examine_x509_svid(file_of({leaf}), bundle_of("a.test", {root()}), test::valid_to);
  EXPECT_THAT(late.inspection.violations[0].message, StartsWith("the leaf (\"O=Test\") expired"));
  EXPECT_THAT(late.inspection.violations[1].message,
              HasSubstr("the authority \"CN=a.test,O=Test\" of the bundle expired"));
  EXPECT_THAT(verdict({issue(web_template(), root())}, bundle_of("a.test", {root()})),
              ElementsAre("uri_san_count", "extended_key_usage"));
}

// TB-12: no more than a note.
TEST(X509Examination, NotesABundleWhoseAuthoritiesNameAnotherTrustDomain) {
  const Certificate leaf = issue(leaf_template("spiffe://b.test/web"), root());

  const X509Verification found = examine_x509_svid(file_of({leaf}), bundle_of("b.test", {root()}), test::now);

  EXPECT_THAT(found.inspection.violations, IsEmpty());
  EXPECT_THAT(codes_of(found.inspection.notes), ElementsAre("authorities_of_another_domain"));
}

// The two must never disagree: what is printed as valid is what connections are let in by.
TEST(X509Examination, RefusesExactlyWhatValidationRefuses) {
  CertificateTemplate no_ca = signer_template("no ca"), no_sign = signer_template("no sign"),
                      late = signer_template("late"), workload = signer_template("workload"), two = leaf_template(web),
                      ca_leaf = leaf_template(web);
  no_ca.overrides.no_basic_constraints = true;
  no_sign.overrides.no_key_usage = true;
  late.not_before = test::now + std::chrono::hours(1);
  workload.uri_names = {"spiffe://a.test/ca"};
  two.uri_names.push_back("https://a.test/");
  ca_leaf.ca = true;
  std::vector<std::vector<Certificate>> chains = {{root()}, {root(), issue(leaf_template(web), root())}};
  for (const CertificateTemplate& leaf : {leaf_template(web), two, ca_leaf}) {
    chains.push_back({issue(leaf, root())});
    for (const CertificateTemplate& signer : {signer_template("good"), no_ca, no_sign, late, workload}) {
      const Certificate between = issue(signer, root());
      chains.push_back({issue(leaf, between), between});
      chains.push_back({between, issue(leaf, between)});
      chains.push_back({issue(leaf, between), root(), between});
    }
  }
  chains.push_back({issue(leaf_template(web), issue(signer_template("good"), root()))});
  for (const CertificateTemplate& leaf : {leaf_template("spiffe://b.test/web"), web_template()})
    chains.push_back({issue(leaf, root())});
  const Certificate other = crypto::issue_root(root_template("a.test"), test::other_key()).value();
  const std::vector<Bundle> bundles = {bundle_of("a.test", {other, root()}), bundle_of("a.test", {other}),
                                       bundle_of("a.test", {}), bundle_of("b.test", {root()}),
                                       bundle_of("a.test", {chains[2][0]})};
  int accepted = 0;
  for (const auto& chain : chains) {
    const CertificateFile file = file_of(chain);
    for (const Bundle& bundle : bundles)
      for (const Time at : {test::now, test::valid_to}) {
        const bool good = verify_x509_svid(chain, bundle, at).has_value();
        accepted += good ? 1 : 0;
        EXPECT_EQ(examine_x509_svid(file, bundle, at).inspection.violations.empty(), good)
            << chain.size() << " " << bundle.trust_domain.name();
      }
  }
  EXPECT_GT(accepted, 2);
}

// Test data of the Go library, made by others; all valid from 2020-04 to 2025-03 but for SPIRE's own chain.
TEST(X509Inspection, NamesWhatTheGoLibrarysWrongCertificatesHaveWrong) {
  const auto found = [](const std::string& name) {
    const auto file = crypto::read_certificate_file(test::read_data("go-spiffe/" + name + ".pem")).value();
    return codes_of(inspect_x509(file, test::at("2022-01-01T00:00:00Z")).violations);
  };
  EXPECT_THAT(found("good-leaf-only"), IsEmpty());
  EXPECT_THAT(found("wrong-leaf-ca-true"), Contains("leaf_is_ca"));
  EXPECT_THAT(found("wrong-leaf-cert-sign"), Contains("key_cert_sign"));
  EXPECT_THAT(found("wrong-leaf-crl-sign"), Contains("crl_sign"));
  EXPECT_THAT(found("wrong-leaf-empty-id"), Contains("uri_san_count"));
  EXPECT_THAT(found("wrong-leaf-no-digital-signature"), Contains("no_digital_signature"));
  EXPECT_THAT(found("wrong-intermediate-no-ca"), Contains("signer_not_ca"));
  EXPECT_THAT(found("wrong-intermediate-no-key-cert-sign"), Contains("signer_no_key_cert_sign"));
}

}  // namespace
}  // namespace entente::spiffe
