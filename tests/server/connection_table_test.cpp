#include "server/connection_table.hpp"

#include <gtest/gtest.h>

namespace entente::server {
namespace {

ClientAddress make_address(const char* text) { return ClientAddress::of(asio::ip::make_address(text)); }

const auto alice = make_address("192.0.2.1");
const auto bob = make_address("192.0.2.2");

TEST(ConnectionTable, RefusesANewcomerWhenItIsFullOfBusyConnections) {
  ConnectionTable table(2, 2);
  table.admit(alice);
  table.admit(alice);

  const auto admission = table.admit(bob);

  EXPECT_FALSE(admission.id);
  EXPECT_FALSE(admission.yields);
  EXPECT_EQ(table.size(), 2U);
}

TEST(ConnectionTable, LetsTheOldestIdleConnectionYieldWhenItIsFull) {
  ConnectionTable table(3, 3);
  const auto busy = table.admit(alice), first = table.admit(alice), second = table.admit(bob);
  table.set_idle(*second.id);
  table.set_idle(*first.id);

  const auto admission = table.admit(bob);

  ASSERT_TRUE(admission.id);
  EXPECT_EQ(admission.yields, second.id);
  EXPECT_NE(admission.yields, busy.id);
  EXPECT_EQ(table.size(), 3U);
}

TEST(ConnectionTable, CountsIdlenessFromTheLatestRequest) {
  ConnectionTable table(2, 2);
  const auto first = table.admit(alice), second = table.admit(alice);
  table.set_idle(*first.id);
  table.set_idle(*second.id);
  table.set_busy(*first.id);
  table.set_idle(*first.id);

  EXPECT_EQ(table.admit(bob).yields, second.id);
}

TEST(ConnectionTable, LetsAnAddressThatIsFullGiveUpItsOwnIdleConnectionOnly) {
  ConnectionTable table(10, 1);
  const auto of_bob = table.admit(bob);
  table.set_idle(*of_bob.id);
  const auto of_alice = table.admit(alice);

  EXPECT_FALSE(table.admit(alice).id);
  table.set_idle(*of_alice.id);
  EXPECT_EQ(table.admit(alice).yields, of_alice.id);
}

TEST(ConnectionTable, CountsAnIpv6NetworkOf64BitsAsOneAddress) {
  ConnectionTable table(10, 1);
  table.admit(make_address("2001:db8:0:1::1"));

  EXPECT_FALSE(table.admit(make_address("2001:db8:0:1:ffff::2")).id);
  EXPECT_TRUE(table.admit(make_address("2001:db8:0:2::1")).id);
}

TEST(ConnectionTable, CountsAMappedIpv4AddressAsItself) {
  ConnectionTable table(10, 1);
  table.admit(alice);

  EXPECT_FALSE(table.admit(make_address("::ffff:192.0.2.1")).id);
  EXPECT_TRUE(table.admit(make_address("::ffff:192.0.2.2")).id);
}

TEST(ConnectionTable, HasRoomAgainWhenOneLeaves) {
  ConnectionTable table(1, 1);
  const auto first = table.admit(alice);

  table.remove(*first.id);
  table.remove(*first.id);

  EXPECT_EQ(table.size(), 0U);
  EXPECT_TRUE(table.admit(alice).id);
}

TEST(ConnectionTable, PassesOverAnIdThatHasLeft) {
  ConnectionTable table(2, 2);
  const auto first = table.admit(alice);
  table.remove(*first.id);

  table.set_idle(*first.id);
  table.set_busy(*first.id);

  EXPECT_FALSE(table.yield_oldest_idle());
}

}  // namespace
}  // namespace entente::server
