// Who polls, and with which bundle: bounded, and right about who lags.
#include "server/poller_table.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace entente::server {
namespace {

using nlohmann::json;
using std::chrono::minutes;
using testing::ElementsAre;

const Time start = from_unix_seconds(1782950400);

ClientAddress address(const std::string& text) { return ClientAddress::of(asio::ip::make_address(text)); }
PollerTable::Place place(const std::string& text) { return PollerTable::Place(address(text)); }

json shown(const PollerTable& table) { return json::parse(table.json()); }
std::vector<std::string> addresses(const PollerTable& table) {
  std::vector<std::string> all;
  const json document = shown(table);
  for (const json& client : document["clients"]) all.push_back(client["address"]);
  return all;
}

TEST(PollerTable, SaysWhoAskedWhenAndWithWhat) {
  PollerTable table(start);
  table.publish("\"one\"", start + minutes(1));
  PollerTable::Place alice = place("192.0.2.1"), bob = place("2001:db8:0:1::7");

  table.asked(alice, "", "\"one\"", start + minutes(2));
  table.publish("\"two\"", start + minutes(3));
  table.asked(bob, "W/\"one\"", "\"two\"", start + minutes(4));

  EXPECT_EQ(shown(table), json::parse(R"({"since": "2026-07-02T00:00:00Z", "etag": "two",
      "published_at": "2026-07-02T00:03:00Z", "forgotten": 0, "clients": [
        {"address": "2001:db8:0:1::/64", "last_asked": "2026-07-02T00:04:00Z", "sent": "one", "given": "two",
         "repeats": 0},
        {"address": "192.0.2.1", "last_asked": "2026-07-02T00:02:00Z", "sent": null, "given": "one", "repeats": 0}]})"));
}

TEST(PollerTable, CountsHowOftenAClientComesAgainWithoutWhatItWasGiven) {
  PollerTable table(start);
  table.publish("\"one\"", start);
  PollerTable::Place stubborn = place("192.0.2.1"), good = place("192.0.2.2"), forgetful = place("192.0.2.3");
  for (PollerTable::Place* each : {&stubborn, &good, &forgetful}) table.asked(*each, "", "\"one\"", start);
  table.publish("\"two\"", start);

  for (int i = 0; i < 3; ++i) table.asked(stubborn, "\"one\"", "\"two\"", start);
  for (const char* sent : {"\"one\"", "\"two\""}) table.asked(good, sent, "\"two\"", start);
  for (int i = 0; i < 3; ++i) table.asked(forgetful, "", "\"two\"", start);

  const json clients = shown(table)["clients"];
  EXPECT_EQ(clients[0]["repeats"], 0) << "no ETag says nothing";
  EXPECT_EQ(clients[1]["repeats"], 0);
  EXPECT_EQ(clients[2]["repeats"], 2) << "its first request after the change could not know";
}

TEST(PollerTable, CountsNoRepeatOverANewPublication) {
  PollerTable table(start);
  table.publish("\"one\"", start);
  PollerTable::Place alice = place("192.0.2.1");
  table.asked(alice, "", "\"one\"", start);
  table.publish("\"two\"", start);
  table.asked(alice, "\"one\"", "\"two\"", start);
  table.asked(alice, "\"one\"", "\"two\"", start);
  table.publish("\"three\"", start);

  table.asked(alice, "\"two\"", "\"three\"", start);

  EXPECT_EQ(shown(table)["clients"][0]["repeats"], 0);
}

TEST(PollerTable, ForgetsTheAddressThatHasNotAskedForTheLongest) {
  PollerTable table(start, 3);
  table.publish("\"one\"", start);
  PollerTable::Place first = place("192.0.2.1"), second = place("192.0.2.2"), third = place("192.0.2.3");
  for (PollerTable::Place* each : {&first, &second, &third}) table.asked(*each, "", "\"one\"", start);
  table.asked(first, "", "\"one\"", start);

  PollerTable::Place fourth = place("192.0.2.4");
  table.asked(fourth, "", "\"one\"", start);

  EXPECT_THAT(addresses(table), ElementsAre("192.0.2.4", "192.0.2.1", "192.0.2.3"));
  EXPECT_EQ(shown(table)["forgotten"], 1);
  table.asked(second, "", "\"one\"", start);  // its place is another's by now
  EXPECT_THAT(addresses(table), ElementsAre("192.0.2.2", "192.0.2.4", "192.0.2.1"));
}

TEST(PollerTable, StaysWithinItsLimitsWhateverTheInternetSends) {
  PollerTable table(start, 100);
  for (int i = 0; i < 5000; ++i) {
    table.publish("\"" + std::to_string(i) + "\"", start);
    PollerTable::Place each = place("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    table.asked(each, "\"" + std::string(5000, 'x') + "\"", "\"" + std::to_string(i) + "\"", start);
  }

  EXPECT_EQ(table.size(), 100U);
  EXPECT_EQ(shown(table)["forgotten"], 4900);
  EXPECT_EQ(shown(table)["clients"][0]["sent"], nullptr);
  EXPECT_EQ(shown(table)["clients"][99]["given"], nullptr) << "an ETag that old is not kept";
  EXPECT_LT(table.json().size(), 100U * 200);
}

TEST(PollerTable, KnowsAnAddressAgainOnAnotherConnection) {
  PollerTable table(start);
  table.publish("\"one\"", start);
  PollerTable::Place first = place("192.0.2.1"), second = place("::ffff:192.0.2.1");

  table.asked(first, "", "\"one\"", start);
  table.asked(second, "\"one\"", "\"one\"", start + minutes(1));

  EXPECT_THAT(addresses(table), ElementsAre("192.0.2.1"));
  EXPECT_EQ(shown(table)["clients"][0]["last_asked"], "2026-07-02T00:01:00Z");
}

TEST(PollerTable, WorksWithRoomForOne) {
  PollerTable table(start, 1);
  table.publish("\"one\"", start);
  for (const char* text : {"192.0.2.1", "192.0.2.2", "192.0.2.2"}) {
    PollerTable::Place each = place(text);
    table.asked(each, "", "\"one\"", start);
    table.asked(each, "", "\"one\"", start);
  }

  EXPECT_THAT(addresses(table), ElementsAre("192.0.2.2"));
}

}  // namespace
}  // namespace entente::server
