#include "common/crypto/path.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/crypto/vectors.hpp"

namespace entente::crypto {
namespace {

using Chain = std::vector<Certificate>;
using testing::ElementsAre;
using testing::HasSubstr;

Chain vectors(std::initializer_list<std::string_view> names) {
  Chain chain;
  for (const std::string_view name : names) chain.push_back(vector(name));
  return chain;
}

Result<Chain> validate(const Chain& chain, const Chain& roots, Time now = vector_time()) {
  return validate_path(chain, roots, now);
}

// The error of a path that must not be found.
Error refused(const Chain& chain, const Chain& roots, Time now = vector_time()) {
  const Result<Chain> path = validate(chain, roots, now);
  EXPECT_FALSE(path);
  return path ? Error(Errc::internal, "the path was accepted") : path.error();
}

// XS-7 in all of this file.
TEST(Path, LeadsOverIntermediatesToARoot) {
  const Result<Chain> path = validate(vectors({"leaf", "inter"}), vectors({"root"}));

  ASSERT_TRUE(path) << path.error().message();
  EXPECT_EQ(*path, vectors({"leaf", "inter", "root"}));
}

TEST(Path, IsFoundWhateverTheOrderAndTheStrayCertificates) {
  const Result<Chain> path =
      validate(vectors({"leaf", "root", "rsa", "nonca", "inter", "inter"}), vectors({"v1", "rsa", "root"}));

  ASSERT_TRUE(path) << path.error().message();
  EXPECT_EQ(*path, vectors({"leaf", "inter", "root"}));
}

TEST(Path, MayEndAtAnIntermediateThatIsTrusted) {
  const Result<Chain> path = validate(vectors({"leaf"}), vectors({"inter"}));

  ASSERT_TRUE(path) << path.error().message();
  EXPECT_EQ(*path, vectors({"leaf", "inter"}));
}

TEST(Path, WithoutItsIntermediateIsNotFound) {
  const Error error = refused(vectors({"leaf"}), vectors({"root"}));

  EXPECT_EQ(error.code(), Errc::untrusted);
  EXPECT_THAT(error.message(), HasSubstr("no authority named \"CN=Intermediate\" is trusted"));
}

TEST(Path, ToAnotherRootIsNotFound) {
  EXPECT_EQ(refused(vectors({"leaf", "inter"}), vectors({"rsa"})).code(), Errc::untrusted);
  EXPECT_EQ(refused(vectors({"leaf", "inter", "root"}), {}).code(), Errc::untrusted);
  EXPECT_EQ(refused(vectors({"root"}), vectors({"rsa"})).code(), Errc::untrusted);
}

TEST(Path, OfNoCertificateIsAnError) { EXPECT_EQ(refused({}, vectors({"root"})).code(), Errc::invalid_argument); }

TEST(Path, IsBoundToTime) {
  const Certificate leaf = vector("leaf");
  const auto day = std::chrono::hours(24);

  const Error early = refused(vectors({"leaf", "inter"}), vectors({"root"}), leaf.not_before() - day);
  const Error late = refused(vectors({"leaf", "inter"}), vectors({"root"}), leaf.not_after() + day);

  EXPECT_EQ(early.code(), Errc::expired);
  EXPECT_THAT(early.message(), HasSubstr("certificate is not yet valid, not before "));
  EXPECT_EQ(late.code(), Errc::expired);
  EXPECT_THAT(late.message(), HasSubstr("certificate has expired at 21"));
}

TEST(Path, HoldsToTheSecond) {
  const Authority root = make_root(ca_template("Root"));
  const Certificate leaf = make_leaf(leaf_template(), root);
  const auto second = std::chrono::seconds(1);

  EXPECT_TRUE(validate({leaf}, {root.certificate}, leaf.not_before()));
  EXPECT_TRUE(validate({leaf}, {root.certificate}, leaf.not_after() - second));
  EXPECT_EQ(refused({leaf}, {root.certificate}, leaf.not_before() - second).code(), Errc::expired);
  EXPECT_EQ(refused({leaf}, {root.certificate}, leaf.not_after() + second).code(), Errc::expired);
}

TEST(Path, OverAnExpiredIntermediateOrRootIsExpired) {
  CertificateTemplate past = ca_template("Past");
  past.not_after = vector_time() - std::chrono::minutes(1);
  const Authority root = make_root(ca_template("Root")), old_root = make_root(past);
  const Authority old_inter = make_intermediate(past, root);

  const Error over = refused({make_leaf(leaf_template(), old_inter), old_inter.certificate}, {root.certificate});
  const Error to = refused({make_leaf(leaf_template(), old_root)}, {old_root.certificate});

  EXPECT_EQ(over.code(), Errc::expired);
  EXPECT_THAT(over.message(), HasSubstr("\"CN=Past\""));
  EXPECT_EQ(to.code(), Errc::expired);
}

// Expired must mean that a new certificate would help.
TEST(Path, ThatIsExpiredAndWorseIsUntrusted) {
  CertificateTemplate past = ca_template("Not a CA");
  past.ca = false;
  past.not_after = vector_time() - std::chrono::minutes(1);
  const Authority root = make_root(ca_template("Root"));
  const Authority wrong = make_intermediate(past, root);

  EXPECT_EQ(refused({make_leaf(leaf_template(), wrong), wrong.certificate}, {root.certificate}).code(),
            Errc::untrusted);
}

TEST(Path, OfTheLongestValidityHolds) {
  EXPECT_TRUE(validate(vectors({"never"}), vectors({"never"}), from_unix_seconds(7'000'000'000)));
}

TEST(Path, ThatExceedsAPathLengthIsRefused) {
  const Error error = refused(vectors({"deep", "sub", "inter"}), vectors({"root"}));

  EXPECT_EQ(error.code(), Errc::untrusted);
  EXPECT_THAT(error.message(), HasSubstr("path length constraint exceeded"));
}

TEST(Path, OverWhatIsNoCaIsRefused) {  // XS-6
  const Error no_flag = refused(vectors({"nonca_leaf", "nonca"}), vectors({"root"}));
  const Error no_usage = refused(vectors({"nosign_leaf", "nosign"}), vectors({"root"}));

  EXPECT_EQ(no_flag.code(), Errc::untrusted);
  EXPECT_THAT(no_flag.message(), HasSubstr("\"CN=No CA\""));
  EXPECT_EQ(no_usage.code(), Errc::untrusted);
  EXPECT_THAT(no_usage.message(), HasSubstr("key usage does not include certificate signing"));
}

TEST(Path, OverALeafIsRefusedEvenWhereTheLeafIsTrusted) {
  const Authority root = make_root(ca_template("Root"));
  const Authority leaf = make_intermediate(leaf_template(), root);
  CertificateTemplate named = leaf_template();
  const Certificate forged = make_leaf(named, leaf);

  EXPECT_EQ(refused({forged, leaf.certificate}, {root.certificate}).code(), Errc::untrusted);
  EXPECT_EQ(refused({forged}, {leaf.certificate}).code(), Errc::untrusted);
}

TEST(Path, ToARootWithoutTheCaFlagIsRefused) {
  const Error error = refused(vectors({"v1_leaf"}), vectors({"v1"}));

  EXPECT_EQ(error.code(), Errc::untrusted);
  EXPECT_THAT(error.message(), HasSubstr("\"CN=Version 1\""));
}

// Whether a trusted certificate may itself authenticate is the caller's to judge (X509-SVID 5.2): the path says what it
// is.
TEST(Path, OfATrustedCertificateIsThatCertificate) {
  const Result<Chain> path = validate(vectors({"root"}), vectors({"root"}));

  ASSERT_TRUE(path);
  EXPECT_EQ(*path, vectors({"root"}));
}

TEST(Path, OfAnIntermediateAsLeafTellsThatItIsOne) {
  const Result<Chain> path = validate(vectors({"inter"}), vectors({"root"}));

  ASSERT_TRUE(path);
  EXPECT_TRUE(path->front().is_ca());
}

TEST(Path, IsFoundAmongRootsOfOneNameWithoutKeyIdentifiers) {
  for (const Chain& roots : {vectors({"twin_a", "twin_b"}), vectors({"twin_b", "twin_a"})}) {
    const Result<Chain> a = validate(vectors({"twin_a_leaf"}), roots), b = validate(vectors({"twin_b_leaf"}), roots);

    ASSERT_TRUE(a) << a.error().message();
    ASSERT_TRUE(b) << b.error().message();
    EXPECT_EQ(a->back(), vector("twin_a"));
    EXPECT_EQ(b->back(), vector("twin_b"));
  }
}

TEST(Path, IsFoundAmongRootsOfOneNameWithKeyIdentifiers) {
  const Authority one = make_root(ca_template("Root")), two = make_root(ca_template("Root"));

  for (const Authority* issuer : {&one, &two}) {
    const Certificate leaf = make_leaf(leaf_template(), *issuer);
    const Result<Chain> path = validate({leaf}, {one.certificate, two.certificate});

    ASSERT_TRUE(path) << path.error().message();
    EXPECT_EQ(path->back(), issuer->certificate);
  }
}

TEST(Path, ToARootOfTheRightNameAndAnotherKeyIsRefused) {
  const Error error = refused(vectors({"twin_a_leaf"}), vectors({"twin_b"}));

  EXPECT_EQ(error.code(), Errc::untrusted);
  EXPECT_THAT(error.message(), HasSubstr("its signature is not by the trusted key of \"CN=Twin\""));
}

TEST(Path, IsFoundAmongIntermediatesOfOneName) {
  const Authority root = make_root(ca_template("Root"));
  const Authority one = make_intermediate(ca_template("Intermediate"), root);
  const Authority two = make_intermediate(ca_template("Intermediate"), root);
  const Certificate leaf = make_leaf(leaf_template(), two);

  const Result<Chain> path = validate({leaf, one.certificate, two.certificate}, {root.certificate});

  ASSERT_TRUE(path) << path.error().message();
  EXPECT_EQ(*path, (Chain{leaf, two.certificate, root.certificate}));
}

// An authority renewed with its key: the same name and key in an expired certificate and in a good one.
TEST(Path, TakesTheValidOneOfTwoCertificatesOfOneAuthority) {
  const Authority root = make_root(ca_template("Root"));
  CertificateTemplate past = ca_template("Root");
  past.not_after = vector_time() - std::chrono::minutes(1);
  const Certificate old = issue_root(past, root.key).value();
  const Certificate leaf = make_leaf(leaf_template(), root);

  for (const Chain& roots : {Chain{old, root.certificate}, Chain{root.certificate, old}}) {
    const Result<Chain> path = validate({leaf}, roots);
    ASSERT_TRUE(path) << path.error().message();
    EXPECT_EQ(path->back(), root.certificate);
  }
  EXPECT_EQ(refused({leaf}, {old}).code(), Errc::expired);
}

// RFC 5280 6.1.4 (h): a self-issued certificate, as in a key rollover under one name, does not count as a step.
TEST(Path, LeadsThroughAKeyRolloverUnderOneName) {
  const Authority root = make_root(ca_template("Root"));
  const Authority next = make_intermediate(ca_template("Root"), root);
  const Certificate leaf = make_leaf(leaf_template(), next);

  const Result<Chain> path = validate({leaf, next.certificate}, {root.certificate});

  ASSERT_TRUE(path) << path.error().message();
  EXPECT_EQ(*path, (Chain{leaf, next.certificate, root.certificate}));
}

// By name alone the root could have signed the leaf at once.
TEST(Path, LeadsOverAnIntermediateThatHasTheNameOfTheRoot) {
  const Result<Chain> path =
      validate(vectors({"twin_next_leaf", "twin_next", "bridge"}), vectors({"twin_b", "twin_a"}));

  ASSERT_TRUE(path) << path.error().message();
  EXPECT_EQ(*path, vectors({"twin_next_leaf", "twin_next", "bridge", "twin_a"}));
}

TEST(Path, WithASha1SignatureIsRefused) {
  const Error error = refused(vectors({"sha1"}), vectors({"root"}));

  EXPECT_EQ(error.code(), Errc::untrusted);
  EXPECT_THAT(error.message(), HasSubstr("CA signature digest algorithm too weak"));
}

TEST(Path, WithAnUnknownCriticalExtensionIsRefused) {
  const Error error = refused(vectors({"unknown_critical"}), vectors({"root"}));

  EXPECT_EQ(error.code(), Errc::untrusted);
  EXPECT_THAT(error.message(), HasSubstr("unhandled critical extension"));
}

TEST(Path, KeepsWithinNameConstraints) {
  EXPECT_TRUE(validate(vectors({"limited_a"}), vectors({"limited"})));
  EXPECT_THAT(refused(vectors({"limited_b"}), vectors({"limited"})).message(),
              HasSubstr("permitted subtree violation"));
}

TEST(Path, OverRsaAndPssHolds) { EXPECT_TRUE(validate(vectors({"rsa_leaf"}), vectors({"rsa"}))); }

TEST(Path, WithAChangedSignatureIsRefused) {
  const Certificate leaf = vector("limited_a");
  Bytes der(leaf.der().begin(), leaf.der().end());
  der.back() ^= 1;
  const Result<Certificate> changed = Certificate::from_der(der);
  ASSERT_TRUE(changed);

  EXPECT_EQ(refused({*changed}, vectors({"limited"})).code(), Errc::untrusted);
}

TEST(Path, LongerThanAnyRealOneIsRefused) {
  Authority last = make_root(ca_template("0"));
  const Chain roots{last.certificate};
  Chain chain;
  for (int i = 1; i < 12; ++i) {
    last = make_intermediate(ca_template(std::to_string(i)), last);
    chain.insert(chain.begin(), last.certificate);
  }
  chain.insert(chain.begin(), make_leaf(leaf_template(), last));

  EXPECT_THAT(refused(chain, roots).message(), HasSubstr("the path is too long"));
}

// A stranger sends many intermediates of one name and key; each is a way to go on, and none leads to a root.
TEST(Path, SearchIsBoundedAgainstHostileChains) {
  Authority last = make_root(ca_template("Loop"));
  Chain chain{make_leaf(leaf_template(), last)};
  for (int i = 0; i < 40; ++i) chain.push_back(issue_root(ca_template("Loop"), last.key).value());

  const Error error = refused(chain, vectors({"root"}));

  EXPECT_EQ(error.code(), Errc::untrusted);
}

std::vector<PathProblem> problems(const Chain& chain, const Chain& roots, Time now = vector_time()) {
  std::vector<PathProblem> found;
  for (const PathFault& fault : examine_path(chain, roots, now).faults) {
    EXPECT_FALSE(fault.message.empty());
    found.push_back(fault.problem);
  }
  return found;
}

TEST(PathReport, NamesWhatStandsInTheWay) {
  using enum PathProblem;
  const Chain root = vectors({"root"});
  EXPECT_THAT(problems(vectors({"leaf", "inter"}), root), testing::IsEmpty());
  EXPECT_THAT(problems(vectors({"leaf"}), root), ElementsAre(unknown_authority));
  EXPECT_THAT(problems(vectors({"twin_a_leaf"}), vectors({"twin_b"})), ElementsAre(wrong_signature));
  EXPECT_THAT(problems(vectors({"nonca_leaf", "nonca"}), root), ElementsAre(signer_may_not_sign));
  EXPECT_THAT(problems(vectors({"nosign_leaf", "nosign"}), root), ElementsAre(signer_may_not_sign));
  EXPECT_THAT(problems(vectors({"v1_leaf"}), vectors({"v1"})), ElementsAre(signer_may_not_sign));
  EXPECT_THAT(problems(vectors({"deep", "sub", "inter"}), root), ElementsAre(path_length));
  EXPECT_THAT(problems(vectors({"sha1"}), root), ElementsAre(weak_algorithm));
  EXPECT_THAT(problems(vectors({"unknown_critical"}), root), ElementsAre(critical_extension));
  EXPECT_THAT(problems(vectors({"limited_b"}), vectors({"limited"})), ElementsAre(name_constraints));
  EXPECT_THAT(problems({}, root), ElementsAre(other));
}

TEST(PathReport, OfAnAuthorityThatWasRotatedAwayTellsThatItIsUnknown) {
  const Authority old = make_root(ca_template("Root")), fresh = make_root(ca_template("Root"));

  EXPECT_THAT(problems({make_leaf(leaf_template(), old)}, {fresh.certificate}),
              ElementsAre(PathProblem::unknown_authority));
}

TEST(PathReport, TellsEveryFaultOfAPathAndNotOnlyTheFirst) {
  const Time late = vector("leaf").not_after() + std::chrono::hours(24);

  const PathReport report = examine_path(vectors({"deep", "sub", "inter"}), vectors({"root"}), late);

  EXPECT_EQ(report.path, vectors({"deep", "sub", "inter", "root"}));
  std::vector<PathProblem> found;
  for (const PathFault& fault : report.faults) found.push_back(fault.problem);
  using enum PathProblem;
  EXPECT_THAT(found, testing::UnorderedElementsAre(path_length, expired, expired, expired, expired));
}

TEST(PathReport, ShowsTheBestOfSeveralBadPaths) {
  const Authority root = make_root(ca_template("Root"));
  CertificateTemplate past = ca_template("Root");
  past.not_after = vector_time() - std::chrono::minutes(1);
  CertificateTemplate no_ca = ca_template("Root");
  no_ca.ca = false;
  const Chain roots = {issue_root(no_ca, root.key).value(), issue_root(past, root.key).value()};

  EXPECT_THAT(problems({make_leaf(leaf_template(), root)}, roots), ElementsAre(PathProblem::expired));
}

TEST(Issued, LooksAtNameAndSignature) {
  EXPECT_TRUE(issued(vector("inter"), vector("leaf")));
  EXPECT_TRUE(issued(vector("nosign"), vector("nosign_leaf")));
  EXPECT_FALSE(issued(vector("leaf"), vector("inter")));
  EXPECT_FALSE(issued(vector("root"), vector("leaf")));
  EXPECT_FALSE(issued(vector("twin_b"), vector("twin_a_leaf")));
}

}  // namespace
}  // namespace entente::crypto
