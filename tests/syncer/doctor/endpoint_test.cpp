#include "tests/support/temp_folder.hpp"
#include "tests/syncer/doctor/fixture.hpp"
#include "tests/syncer/fetch/connect_proxy.hpp"

namespace entente::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* never_listening = "https://127.0.0.1:1/";

TEST_F(DoctorTest, FindsNothingWrongWithAGoodSpiffeEndpointAndSaysWhatItSaw) {
  TlsServer server = serving_spiffe(document());

  const auto findings = examine(spiffe_relationship(server.url()));

  EXPECT_THAT(complaints(findings), IsEmpty()) << to_text(findings);
  EXPECT_THAT(said(findings, "tls"), HasSubstr("certificate for spiffe://b.test/entente"));
  EXPECT_THAT(said(findings, "tls"), HasSubstr("trusted by CN=authority of b.test"));
  EXPECT_THAT(said(findings, "sequence"), HasSubstr("sequence 7, as in use"));
  EXPECT_THAT(said(findings, "self_consistency"), HasSubstr("ok: "));
  for (const Finding& finding : findings) EXPECT_EQ(finding.trust_domain, "b.test");
}

TEST_F(DoctorTest, FindsNothingWrongWithAGoodWebEndpoint) {
  TlsServer server = serving(authority.web({"localhost"}), http_response("200 OK", document()));
  const auto findings = examine(web_relationship(server.url()));
  EXPECT_THAT(complaints(findings), IsEmpty()) << to_text(findings);
  EXPECT_THAT(said(findings, "tls"), HasSubstr("trusted by CN=authority of b.test"));
  EXPECT_THAT(said(findings, "tls"), HasSubstr("of this relationship's roots"));
}

TEST_F(DoctorTest, NamesWhichOfTheSystemsRootsItMet) {
  TempFolder folder;
  ::setenv("SSL_CERT_FILE", folder.write("roots.pem", authority.certificate().pem()).c_str(), 1);
  TlsServer server = serving(authority.web({"localhost"}), http_response("200 OK", document()));
  RelationshipFacts facts = web_relationship(server.url());
  facts.profile = trust::HttpsWeb{};

  const auto findings = examine(std::move(facts));
  ::unsetenv("SSL_CERT_FILE");

  EXPECT_THAT(complaints(findings), IsEmpty()) << to_text(findings);
  EXPECT_THAT(said(findings, "tls"), HasSubstr("trusted by CN=authority of b.test"));
  EXPECT_THAT(said(findings, "tls"), HasSubstr("of the system's roots"));
}

TEST_F(DoctorTest, AsksEveryAddressOnceAndWithoutHoldingAnything) {
  TlsServer server = serving_spiffe(document());
  examine(spiffe_relationship(server.url()));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(DoctorTest, ReportsANameThatHasNoAddress) {
  each = 1s;
  resolver = must(syncer::Resolver::create(io.get_executor(), {"127.0.0.1:1"}));
  const auto findings = examine(spiffe_relationship("https://missing.example/"));
  EXPECT_THAT(said(findings, "dns"), HasSubstr("problem: https://missing.example/: dns: no "));
  EXPECT_THAT(said(findings, "dns"), HasSubstr("getent hosts missing.example"));
}

TEST_F(DoctorTest, ReportsAPortThatNobodyListensOn) {
  const auto findings = examine(spiffe_relationship(never_listening));
  EXPECT_THAT(complaints(findings), ElementsAre("tcp"));
  EXPECT_THAT(said(findings, "tcp"), HasSubstr("127.0.0.1:1: connection refused"));
}

TEST_F(DoctorTest, ReportsAnEndpointThatNeverShakesHandsWithinItsTime) {
  each = 400ms;
  TlsServer server = serving_spiffe(document());
  server.be_silent();
  const auto findings = examine(spiffe_relationship(server.url()));
  EXPECT_THAT(said(findings, "tls"), HasSubstr("no TLS handshake"));
}

TEST_F(DoctorTest, ReportsACertificateThatHasEndedAndStillReadsTheDocument) {
  TlsServer server = serving(authority.svid(id, clock.now() - 1min), http_response("200 OK", document()));
  const auto findings = examine(spiffe_relationship(server.url()));
  EXPECT_THAT(said(findings, "certificate_expiry"), HasSubstr("problem: "));
  EXPECT_THAT(said(findings, "certificate_expiry"), HasSubstr("ended at " + format_time(clock.now() - 1min)));
  EXPECT_THAT(said(findings, "tls"), HasSubstr("problem: "));
  EXPECT_THAT(said(findings, "sequence"), HasSubstr("(unproven): sequence 7, as in use"));
}

TEST_F(DoctorTest, WarnsOfACertificateThatShouldHaveBeenRenewed) {
  TlsServer server = serving(authority.svid(id, clock.now() + 5min), http_response("200 OK", document()));
  const auto findings = examine(spiffe_relationship(server.url()));
  EXPECT_THAT(complaints(findings), ElementsAre("certificate_expiry"));
  EXPECT_THAT(said(findings, "certificate_expiry"), HasSubstr("warning: "));
  EXPECT_THAT(said(findings, "certificate_expiry"), HasSubstr("ends in 5 min"));
}

TEST_F(DoctorTest, ReportsAWebCertificateForAnotherName) {
  TlsServer server = serving(authority.web({"other.example"}), http_response("200 OK", document()));
  std::string url = server.url();
  url.replace(url.find("127.0.0.1"), 9, "localhost");
  const auto findings = examine(web_relationship(url));
  EXPECT_THAT(said(findings, "tls"), HasSubstr("problem: "));
  EXPECT_THAT(said(findings, "tls"), HasSubstr("it is for other.example"));
}

TEST_F(DoctorTest, ReportsAWebCertificateOfAnAuthorityThatIsNotTrusted) {
  const TestAuthority stranger("b.test", clock.now());
  TlsServer server = serving(stranger.web({"localhost"}), http_response("200 OK", document()));
  const auto findings = examine(web_relationship(server.url()));
  EXPECT_THAT(said(findings, "tls"), HasSubstr("not among the configured roots"));
  EXPECT_THAT(said(findings, "tls"), HasSubstr("issued by CN=authority of b.test"));
}

TEST_F(DoctorTest, ReportsAnEndpointOfAnotherSpiffeId) {
  TlsServer server = serving(authority.svid("spiffe://b.test/other"), http_response("200 OK", document()));
  const auto findings = examine(spiffe_relationship(server.url()));
  EXPECT_THAT(complaints(findings), ElementsAre("spiffe_id"));
  EXPECT_THAT(said(findings, "spiffe_id"),
              HasSubstr("the endpoint is spiffe://b.test/other, not spiffe://b.test/entente"));
}

TEST_F(DoctorTest, SaysThatThereIsNoBundleToJudgeTheEndpointBy) {
  TlsServer server = serving_spiffe(document());
  RelationshipFacts facts = spiffe_relationship(server.url());
  facts.anchor = nullptr;
  const auto findings = examine(std::move(facts));
  EXPECT_THAT(said(findings, "no_bootstrap_bundle"), HasSubstr("entente bundle set b.test FILE"));
}

TEST_F(DoctorTest, TellsAMissedRotationFromABrokenEndpoint) {
  const TestAuthority rotated("b.test", clock.now());
  const std::string fresh = spiffe::write_bundle(rotated.bundle(9, 300s));
  TlsServer server = serving(rotated.svid(id), http_response("200 OK", fresh));
  const auto findings = examine(spiffe_relationship(server.url()));
  EXPECT_THAT(said(findings, "missed_rotation"), HasSubstr("rotated while it was not polled"));
  EXPECT_EQ(find(findings, "self_consistency"), nullptr);
}

TEST_F(DoctorTest, ReportsABundleThatDoesNotValidateTheEndpointsOwnSvid) {
  const TestAuthority other("b.test", clock.now());
  TlsServer server = serving_spiffe(spiffe::write_bundle(other.bundle(8, 300s)));
  const auto findings = examine(spiffe_relationship(server.url()));
  EXPECT_THAT(complaints(findings), ElementsAre("self_consistency"));
}

TEST_F(DoctorTest, ReportsAnAnswerOtherThan200WithAdviceForIt) {
  TlsServer server = serving_spiffe("", "404 Not Found");
  const auto findings = examine(spiffe_relationship(server.url()));
  EXPECT_THAT(complaints(findings), ElementsAre("http_status"));
  EXPECT_THAT(said(findings, "http_status"), HasSubstr("answers 404 Not Found -> check the path"));
}

TEST_F(DoctorTest, ReportsAServerError) {
  TlsServer server = serving_spiffe("oops", "500 Internal Server Error");
  EXPECT_THAT(complaints(examine(spiffe_relationship(server.url()))), ElementsAre("http_status"));
}

TEST_F(DoctorTest, KnowsAnHtmlPageWhenItSeesOne) {
  TlsServer server = serving_spiffe("<html>Sign in</html>", "200 OK", "Content-Type: text/html\r\n");
  const auto findings = examine(spiffe_relationship(server.url()));
  EXPECT_THAT(said(findings, "document"), HasSubstr("an HTML page, not a bundle"));
}

TEST_F(DoctorTest, SaysWhatIsWrongWithADocument) {
  TlsServer server = serving_spiffe("{\"spiffe_sequence\":7}");
  const auto findings = examine(spiffe_relationship(server.url()));
  EXPECT_THAT(complaints(findings), ElementsAre("document"));
  EXPECT_THAT(said(findings, "document"), HasSubstr("keys"));
}

TEST_F(DoctorTest, NamesEveryKeyThatIsIgnored) {
  std::string body = document();
  body.insert(body.find("\"keys\":[") + 8, "{\"kty\":\"oct\",\"use\":\"x509-svid\"},{\"kty\":\"EC\",\"use\":\"enc\"},");
  TlsServer server = serving_spiffe(body);
  const auto findings = examine(spiffe_relationship(server.url()));
  EXPECT_THAT(complaints(findings), ElementsAre("ignored_keys"));
  EXPECT_THAT(said(findings, "ignored_keys"), HasSubstr("keys[0]"));
  EXPECT_THAT(said(findings, "ignored_keys"), HasSubstr("keys[1]"));
}

TEST_F(DoctorTest, ReportsARevokedTrustDomain) {
  TlsServer server = serving_spiffe("{\"spiffe_sequence\":8,\"keys\":[]}");
  EXPECT_THAT(complaints(examine(spiffe_relationship(server.url()))), ElementsAre("revoked"));
}

TEST_F(DoctorTest, ReportsASequenceBelowTheHighestOnRecord) {
  TlsServer server = serving_spiffe(document(7));
  RelationshipFacts facts = spiffe_relationship(server.url());
  facts.events = {{clock.now() - 48h, "accepted", 9, ""}, {clock.now() - 47h, "refused", 12, ""}};
  const auto findings = examine(std::move(facts));
  EXPECT_THAT(complaints(findings), ElementsAre("sequence"));
  EXPECT_THAT(said(findings, "sequence"), HasSubstr("serves sequence 7, and 9 was seen before"));
  EXPECT_THAT(said(findings, "sequence"), HasSubstr("entente federation accept b.test --reason"));
}

TEST_F(DoctorTest, TakesAnOperatorsWordForANewBeginningOfSequences) {
  TlsServer server = serving_spiffe(document(7));
  RelationshipFacts facts = spiffe_relationship(server.url());
  facts.events = {{clock.now() - 48h, "accepted", 9, ""}, {clock.now() - 47h, "given", 5, ""}};
  EXPECT_THAT(complaints(examine(std::move(facts))), IsEmpty());
}

TEST_F(DoctorTest, DoesNotTakeWhatWasHeldOrWithdrawnForTheFloor) {
  TlsServer server = serving_spiffe(document(7));
  RelationshipFacts held = spiffe_relationship(server.url()), ended = spiffe_relationship(server.url());
  held.events = {{clock.now() - 48h, "accepted", 6, ""}, {clock.now() - 47h, "held", 12, ""}};
  ended.events = {{clock.now() - 48h, "accepted", 9, ""}, {clock.now() - 47h, "withdrawn", 9, ""}};
  EXPECT_THAT(complaints(examine(std::move(held))), IsEmpty());
  EXPECT_THAT(complaints(examine(std::move(ended))), IsEmpty());
}

TEST_F(DoctorTest, WarnsOfOtherAuthoritiesUnderTheSameSequence) {
  spiffe::Bundle more = authority.bundle(7, 300s);
  more.x509_authorities.push_back(TestAuthority("b.test", clock.now()).certificate());
  TlsServer server = serving_spiffe(spiffe::write_bundle(more));
  const auto findings = examine(spiffe_relationship(server.url()));
  EXPECT_THAT(complaints(findings), ElementsAre("sequence"));
  EXPECT_THAT(said(findings, "sequence"), HasSubstr("warning: "));
}

TEST_F(DoctorTest, WarnsOfABundleWithoutASequence) {
  TlsServer server = serving_spiffe(spiffe::write_bundle(authority.bundle(std::nullopt, 300s)));
  EXPECT_THAT(complaints(examine(spiffe_relationship(server.url()))), ElementsAre("sequence"));
}

TEST_F(DoctorTest, WarnsAboveHalfAMinuteOfSkewAndCallsFiveMinutesAProblem) {
  const auto skewed = [this](Duration ahead) {
    TlsServer server = serving_spiffe(document(), "200 OK", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    const Time theirs = must(parse_time("1994-11-06T08:49:37Z"));
    RelationshipFacts facts = spiffe_relationship(server.url());
    syncer::doctor::AddressSeen address;
    address.address = "192.0.2.1:443";
    address.answer =
        syncer::doctor::AnswerSeen{200, "OK", "", "", "Sun, 06 Nov 1994 08:49:37 GMT", "", document(), theirs - ahead};
    syncer::doctor::EndpointSeen seen;
    seen.hops.emplace_back(facts.urls.front());
    seen.hops.back().addresses.push_back(address);
    Findings findings;
    examine_endpoint(clock.now(), facts, seen, findings);
    return said(findings.all(), "clock_skew");
  };

  EXPECT_THAT(skewed(29s), HasSubstr("ok: "));
  EXPECT_THAT(skewed(40s), HasSubstr("warning: 192.0.2.1:443: the endpoint's clock is 40 s ahead of ours"));
  EXPECT_THAT(skewed(-40s), HasSubstr("40 s behind ours"));
  EXPECT_THAT(skewed(6min), HasSubstr("problem: "));
  EXPECT_THAT(skewed(-6min), HasSubstr("problem: "));
}

TEST_F(DoctorTest, ReadsTheDateOfALiveAnswer) {
  TlsServer server = serving_spiffe(document(), "200 OK", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  EXPECT_THAT(complaints(examine(spiffe_relationship(server.url()))), ElementsAre("clock_skew"));
}

TEST_F(DoctorTest, FollowsARedirectAndReportsOneThatMustNotBeFollowed) {
  TlsServer good = serving(authority.web({"localhost"}), http_response("200 OK", document()));
  TlsServer moved =
      serving(authority.web({"localhost"}), http_response("302 Found", "", "Location: " + good.url("/new") + "\r\n"));
  TlsServer wrong =
      serving(authority.web({"localhost"}), http_response("302 Found", "", "Location: http://127.0.0.1/plain\r\n"));

  const auto followed = examine(web_relationship(moved.url()));
  const auto refused = examine(web_relationship(wrong.url()));

  EXPECT_THAT(complaints(followed), IsEmpty()) << to_text(followed);
  EXPECT_THAT(said(followed, "sequence"), HasSubstr("as in use"));
  EXPECT_THAT(complaints(refused), ElementsAre("redirect"));
}

TEST_F(DoctorTest, GoesThroughTheProxyAsThePollerDoesAndNamesIt) {
  TlsServer server = serving_spiffe(document());
  ConnectProxy way(io, server.port());
  proxy = must(syncer::ProxySettings::parse("http://" + way.address(), ""));

  const auto through = examine(spiffe_relationship("https://b.example/"));
  way.answer("HTTP/1.1 403 Forbidden\r\n\r\n");
  const auto refused = examine(spiffe_relationship("https://b.example/"));

  EXPECT_THAT(complaints(through), IsEmpty()) << to_text(through);
  EXPECT_THAT(said(through, "tls"), HasSubstr("b.example via " + way.address()));
  EXPECT_THAT(complaints(refused), ElementsAre("tcp"));
  EXPECT_THAT(said(refused, "tcp"), HasSubstr("403"));
}

TEST_F(DoctorTest, LooksAtEveryUrlOfARelationship) {
  TlsServer server = serving_spiffe(document());
  RelationshipFacts facts = spiffe_relationship(never_listening);
  facts.urls.push_back(must(trust::EndpointUrl::parse(server.url())));
  const auto findings = examine(std::move(facts));
  EXPECT_THAT(complaints(findings), ElementsAre("tcp"));
  EXPECT_THAT(said(findings, "sequence"), HasSubstr("as in use"));
}

TEST_F(DoctorTest, LooksAtManyRelationshipsSideBySide) {
  each = 1s;
  TlsServer silent = serving_spiffe(document());
  silent.be_silent();
  std::vector<RelationshipFacts> all;
  for (std::size_t i = 0; i < syncer::doctor::most_at_once; ++i) all.push_back(spiffe_relationship(silent.url()));

  const auto begin = std::chrono::steady_clock::now();
  const auto findings = examine_all(std::move(all));

  EXPECT_EQ(findings.size(), syncer::doctor::most_at_once);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  for (const auto& each_one : findings) EXPECT_THAT(complaints(each_one), ElementsAre("tls"));
}

TEST_F(DoctorTest, PutsProblemsBeforeWarningsBeforeTheRest) {
  RelationshipFacts facts = spiffe_relationship(never_listening);
  facts.warnings = {"sequence_reused"};
  const auto findings = examine(std::move(facts));
  EXPECT_EQ(findings.at(0).severity, Severity::problem);
  EXPECT_EQ(findings.at(1).severity, Severity::warning);
  EXPECT_EQ(findings.at(2).severity, Severity::ok);
  EXPECT_TRUE(syncer::doctor::any_to_act_on(findings));
}

TEST_F(DoctorTest, GivesEveryComplaintSomethingToDo) {
  TlsServer server =
      serving(authority.svid("spiffe://b.test/x", clock.now() - 1min), http_response("200 OK", "<html>"));
  RelationshipFacts facts = spiffe_relationship(server.url());
  facts.state = "stale";
  facts.warnings = {"sequence_reused", "sequence_missing", "not_persisted"};
  for (const Finding& finding : examine(std::move(facts))) {
    EXPECT_EQ(finding.severity == Severity::ok, finding.what_to_do.empty()) << finding.check;
    EXPECT_FALSE(finding.what.empty());
  }
}

}  // namespace
}  // namespace entente::test
