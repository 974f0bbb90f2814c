#include "cli/print_bundles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/trust/bundles.hpp"

namespace entente::cli {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::HasSubstr;
using ::testing::Not;

const Paint plain(false);

TEST(BundleText, NamesEveryAuthority) {
  const auto bundle = test::make_bundle({.x509 = {"A"}, .jwt = {"k1"}, .sequence = 7});

  const std::string text = bundle_text(*bundle, test::authorities_begin(), plain);

  EXPECT_THAT(text, HasSubstr(to_json(*bundle)["x509_authorities"][0]["fingerprint"].get<std::string>()));
  EXPECT_THAT(text, HasSubstr("jwt   " + bundle->jwt_authorities.front().key_id));
  EXPECT_THAT(text, HasSubstr(spiffe::authorities_digest(*bundle)));
}

TEST(BundleText, SaysWhatAnEmptyBundleMeans) {
  const auto bundle = test::make_bundle({});

  EXPECT_THAT(bundle_text(*bundle, test::authorities_begin(), plain),
              HasSubstr("every SVID of this trust domain is invalid"));
}

BundleView view_from(SourceView source) {
  BundleView view(*test::make_bundle({.x509 = {"A"}, .jwt = {"k1"}, .sequence = 7}));
  view.source = std::move(source);
  return view;
}

TEST(BundleText, SaysWhetherItsSourceConfirmsItNow) {
  const Time now = test::authorities_begin();
  const BundleView good = view_from({"unix:///agent.sock", now, ""});
  const BundleView lost = view_from({"unix:///agent.sock", now - minutes(10), "nothing answers"});

  EXPECT_THAT(bundle_text(good, now, plain),
              HasSubstr("source:     unix:///agent.sock\nconfirmed:  " + format_time(now)));
  EXPECT_THAT(bundle_text(good, now, plain), Not(HasSubstr("problem:")));
  EXPECT_THAT(bundle_text(lost, now, plain), HasSubstr("(10 min ago)\n"));
  EXPECT_THAT(bundle_text(lost, now, plain), HasSubstr("problem:    nothing answers\n"));
  EXPECT_THAT(bundle_text(view_from({"unix:///agent.sock", {}, "nothing answers"}), now, plain),
              HasSubstr("not since Entente started"));
}

TEST(BundleJson, TellsOfItsSourceWhereThereIsOne) {
  const Time now = test::authorities_begin();

  EXPECT_TRUE(to_json(BundleView(*test::make_bundle({})))["source"].is_null());
  const Json good = to_json(view_from({"unix:///agent.sock", now, ""}))["source"];
  EXPECT_EQ(good["last_confirmed"], format_time(now));
  EXPECT_TRUE(good["problem"].is_null());
  EXPECT_TRUE(to_json(view_from({"unix:///agent.sock", {}, "why"}))["source"]["last_confirmed"].is_null());
}

TEST(BundleList, IsALineEachAndPaintsWhatHasExpired) {
  std::vector<BundleView> views;
  views.emplace_back(*test::make_bundle({.x509 = {"A"}, .jwt = {"k1", "k2"}, .sequence = 7}));

  const std::string text = bundles_text(views, test::authorities_end() + hours(1), Paint(true));

  EXPECT_THAT(text, ::testing::ContainsRegex("b.test +7 +1 +2 +.\\[31mexpired"));
}

RotationView rotation(Time now) {
  RotationView view;
  view.authorities = {{"x509-svid", "f1", now - minutes(20), now + hours(1), minutes(20)}};
  view.lagging_clients = {{"192.0.2.7", "has not asked since", now - hours(3), 5, hours(2)}};
  view.lagging_clients_total = 3;
  return view;
}

TEST(Rotation, SaysWhenTheNewAuthorityWillBeUsed) {
  const Time now = from_unix_seconds(1'000'000);

  const std::string text = rotation_text(rotation(now), false, now, plain);

  EXPECT_EQ(text, "x509-svid authority f1: public for 20 min, used from 1970-01-12T14:46:40Z (in 60 min)\n");
}

TEST(Rotation, OfAnAuthorityUsedAtOnceNamesWhoMayNotHaveIt) {
  const Time now = from_unix_seconds(1'000'000);

  const std::string text = rotation_text(rotation(now), true, now, plain);

  EXPECT_THAT(text, HasSubstr("x509-svid authority f1: public for 20 min, in use from now\n"));
  EXPECT_THAT(text, HasSubstr("not known to have the new authorities: 3\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("192.0.2.7 +3 h ago +5 +2 h +has not asked since\n"));
  EXPECT_THAT(text, HasSubstr("and 2 more\n"));
}

TEST(Rotation, SaysWhyNothingIsKnownOfTheClients) {
  const Time now = from_unix_seconds(1'000'000);
  RotationView view;
  view.authorities = {{"jwt-svid", "k1", now, now, std::nullopt}};
  view.lagging_clients_note = "server.telemetry is not configured";

  EXPECT_THAT(rotation_text(view, true, now, plain), HasSubstr("note: server.telemetry is not configured\n"));
  EXPECT_EQ(to_json(view)[0]["lagging_clients_note"], "server.telemetry is not configured");
}

TEST(Import, SaysThatAHeldBundleIsNotInUseAndHowToTakeIt) {
  const ImportView held{"held", "b.test", "1 X.509 authority added", "d1", "spiffe://b.test/e", "ce", 7, std::nullopt};

  const std::string text = import_text(held, plain);

  EXPECT_THAT(text, HasSubstr("b.test: held: nothing of it is in use"));
  EXPECT_THAT(text, HasSubstr("entente federation approve b.test --digest d1\n"));
  ImportView accepted = held;
  accepted.outcome = "accepted";
  EXPECT_THAT(import_text(accepted, plain), Not(HasSubstr("approve")));
}

}  // namespace
}  // namespace entente::cli
