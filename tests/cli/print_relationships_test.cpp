#include "cli/print_relationships.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entente::cli {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

const Time now = from_unix_seconds(1'000'000);
const Paint plain(false);
const std::string digest(64, 'd');

RelationshipView current(const std::string& name) {
  RelationshipView view;
  view.trust_domain = name;
  view.endpoint_urls = {"https://" + name + "/"};
  view.endpoint_profile = "https_web";
  view.state = "current";
  view.warnings.emplace();
  view.sequence = 7;
  view.refresh_hint = std::chrono::seconds(300);
  view.x509_authorities = 1;
  view.jwt_authorities = 2;
  view.last_success = now - minutes(3);
  view.next_attempt = now + minutes(4);
  view.earliest_expiry = now + hours(24 * 9);
  view.consecutive_failures = 0;
  view.source = "api";
  view.policy = "accept";
  return view;
}

RelationshipView held(const std::string& name) {
  RelationshipView view = current(name);
  view.state = "held";
  view.policy = "approve";
  view.held = HeldView{
      digest,    "policy approve: 1 X.509 authority added",      now - minutes(10),
      9,         {"https://b.example/", "192.0.2.1:8443", "ce"}, {{true, "x509-svid", "f1", "CN=new", now + hours(48)}},
      "imported"};
  return view;
}

// What another server's SPIRE API tells.
RelationshipView told_by_spire() {
  RelationshipView view;
  view.trust_domain = "c.test";
  view.endpoint_urls = {"https://c.test/"};
  view.endpoint_profile = "https_spiffe";
  view.endpoint_spiffe_id = "spiffe://c.test/spire/server";
  return view;
}

TEST(RelationshipList, IsALineEachWithStateSequenceAgeNextPollExpiryAndReason) {
  RelationshipView failing = current("c.test");
  failing.state = "failing";
  failing.last_error = ErrorView{"connect", "connect: connection refused"};
  failing.warnings = {"sequence_missing"};

  const std::string text = relationships_text({current("b.test"), failing}, now, plain, 0);

  EXPECT_EQ(text,
            "TRUST DOMAIN  STATE    SEQUENCE  AGE        NEXT POLL  EARLIEST EXPIRY  REASON\n"
            "b.test        current  7         3 min ago  in 4 min   in 9 d\n"
            "c.test        failing  7         3 min ago  in 4 min   in 9 d           connect: connection refused; "
            "sequence_missing\n");
}

TEST(RelationshipList, SaysWhyAChangeIsHeldAndPaintsItLoud) {
  const std::string text = relationships_text({held("b.test")}, now, Paint(true), 0);

  EXPECT_THAT(text, HasSubstr("\x1b[1;7;33mheld\x1b[0m"));
  EXPECT_THAT(text, HasSubstr("awaits approval: policy approve: 1 X.509 authority added"));
}

TEST(RelationshipList, SaysThatAChangeIsHeldEvenWhereAWorseStateComesFirst) {
  RelationshipView view = held("b.test");
  view.state = "expired";

  EXPECT_THAT(relationships_text({view}, now, plain, 0), HasSubstr("expired+held"));
  EXPECT_THAT(trouble({view}, plain), HasSubstr("a change awaits approval: b.test"));
}

TEST(RelationshipList, ShowsADashForWhatAnotherServerDoesNotTell) {
  EXPECT_THAT(relationships_text({told_by_spire()}, now, plain, 0),
              EndsWith("c.test        -      -         -    -          -\n"));
}

TEST(Trouble, IsSilentWhereAllIsWell) {
  EXPECT_EQ(trouble({}, plain), "");
  EXPECT_EQ(trouble({current("b.test"), told_by_spire()}, plain), "");
}

TEST(Trouble, NamesWhatAwaitsApprovalAndWhoIsNotCurrent) {
  RelationshipView stale = current("d.test");
  stale.state = "stale";

  const std::string text = trouble({held("b.test"), held("c.test"), stale}, plain);

  EXPECT_EQ(text,
            "2 changes await approval: b.test, c.test; see: entente federation show b.test\n"
            "1 of 3 relationships not current: d.test (stale)\n");
}

TEST(OneRelationship, ShowsTheHeldChangeAndTheExactCommandsForIt) {
  const std::string text = relationship_text(held("b.test"), now, plain);

  EXPECT_THAT(text, HasSubstr("A CHANGE AWAITS APPROVAL"));
  EXPECT_THAT(text, HasSubstr("https://b.example/ at 192.0.2.1:8443, certificate ce"));
  EXPECT_THAT(text, ::testing::ContainsRegex("origin: +imported\n"));
  EXPECT_THAT(text, HasSubstr("x509-svid added"));
  EXPECT_THAT(text, HasSubstr("entente federation approve b.test --digest " + digest + "\n"));
  EXPECT_THAT(text, HasSubstr("entente federation reject b.test --digest " + digest + "\n"));
}

TEST(OneRelationship, SaysWhatIsSetApartFromTheDefaults) {
  RelationshipView view = current("b.test");
  EXPECT_THAT(relationship_text(view, now, plain), Not(HasSubstr("pins:")));
  view.endpoint_urls = {"https://one.test/", "https://two.test/"};
  view.pins = {"sha256/AAAA"};
  view.sequence_rule = "strict";
  view.allow_private_redirects = true;
  view.policy_is_default = true;
  view.bundle_origin = "imported";
  view.bundle_source = "b.jws";
  view.served_by = "https://two.test/";

  const std::string text = relationship_text(view, now, plain);

  EXPECT_THAT(text, ::testing::ContainsRegex("endpoint url: +https://one.test/, then https://two.test/\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("pins: +sha256/AAAA\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("sequence rule: +strict\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("private redirects: +allowed\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("policy: +accept \\(the default\\)\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("bundle in use: +imported, from b.jws\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("served by: +https://two.test/\n"));
}

TEST(OneRelationship, ShowsNothingOfAStrangersThatATerminalWouldObey) {
  RelationshipView view = current("b.test");
  view.last_error = ErrorView{"syntax", "\x1b]0;owned\x07"};
  view.held = held("b.test").held;
  view.held->changes.front().subject = "CN=\x1b[2Jgone";

  const std::string all = relationship_text(view, now, plain) + relationships_text({view}, now, plain, 0);

  EXPECT_EQ(all.find('\x1b'), std::string::npos);
  EXPECT_EQ(all.find('\x07'), std::string::npos);
}

TEST(RelationshipJson, HasTheStatusFieldsInTheirOrderAndNullForWhatIsNotTold) {
  const Json document = status_json(told_by_spire());

  std::vector<std::string> names;
  for (const auto& [name, value] : document.items()) names.push_back(name);
  EXPECT_THAT(names,
              ::testing::ElementsAre("trust_domain", "endpoint_url", "endpoint_profile", "endpoint_spiffe_id", "state",
                                     "warnings", "sequence", "refresh_hint", "x509_authorities", "jwt_authorities",
                                     "earliest_expiry", "last_success", "last_attempt", "next_attempt", "last_change",
                                     "consecutive_failures", "last_error", "source"));
  for (const char* unknown : {"state", "warnings", "sequence", "x509_authorities", "last_success", "source"})
    EXPECT_TRUE(document[unknown].is_null()) << unknown;
}

TEST(RelationshipJson, OfAListHasTheDigestOfWhatWaits) {
  EXPECT_EQ(list_json(held("b.test"))["held"], digest);
  EXPECT_TRUE(list_json(current("b.test"))["held"].is_null());
}

TEST(RelationshipJson, TellsWhosePolicyItIsAndWhichUrlServes) {
  RelationshipView view = current("b.test");
  view.policy_is_default = true;
  view.served_by = "https://two.test/";

  EXPECT_EQ(to_json(view)["policy_is_default"], true);
  EXPECT_EQ(to_json(view)["served_by"], "https://two.test/");
  EXPECT_TRUE(to_json(told_by_spire())["policy_is_default"].is_null());
}

TEST(RelationshipJson, HoldsTheWholeHeldChange) {
  const Json document = to_json(held("b.test"));

  const Json& waiting = document["held"];
  EXPECT_EQ(waiting["digest"], digest);
  EXPECT_EQ(waiting["sequence"], 9);
  EXPECT_EQ(waiting["origin"], "imported");
  EXPECT_EQ(waiting["source"], "https://b.example/");
  EXPECT_EQ(waiting["changes"][0]["change"], "added");
  EXPECT_EQ(waiting["changes"][0]["expires_at"], "1970-01-14T13:46:40Z");
  EXPECT_TRUE(to_json(current("b.test"))["held"].is_null());
}

}  // namespace
}  // namespace entente::cli
