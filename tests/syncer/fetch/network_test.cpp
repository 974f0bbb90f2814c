#include "syncer/fetch/network.hpp"

#include <gtest/gtest.h>

namespace entente::syncer {
namespace {

asio::ip::address address(const char* text) { return asio::ip::make_address(text); }

TEST(IsPrivate, KnowsTheNetworksThatAreNobodysOnTheInternetByTheirFirstAndLastAddress) {
  for (const char* text : {"0.0.0.0",
                           "0.255.255.255",
                           "10.0.0.0",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.0.0",
                           "169.254.169.254",
                           "172.16.0.0",
                           "172.31.255.255",
                           "192.168.0.0",
                           "192.168.255.255",
                           "::",
                           "::1",
                           "fc00::",
                           "fd12:3456::1",
                           "fdff:ffff::ffff",
                           "fe80::1",
                           "febf::1",
                           "fe80::1%1",
                           "fec0::1"})
    EXPECT_TRUE(is_private(address(text))) << text;
}

TEST(IsPrivate, EndsWhereThoseNetworksEnd) {
  for (const char* text :
       {"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "8.8.8.8",
        "2001:4860:4860::8888", "fbff::1", "fe00::1", "ff02::1"})
    EXPECT_FALSE(is_private(address(text))) << text;
}

// Every way to write an IPv4 address into an IPv6 one.
TEST(IsPrivate, LooksIntoTheFormsOfIpv4WithinIpv6) {
  for (const char* text : {"::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::10.0.0.1",
                           "64:ff9b::192.168.1.1", "64:ff9b:1::8.8.8.8", "2002:0a00:0001::1", "2002:7f00:0001::"})
    EXPECT_TRUE(is_private(address(text))) << text;
  for (const char* text : {"::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::8.8.8.8", "2002:0808:0808::1"})
    EXPECT_FALSE(is_private(address(text))) << text;
}

TEST(Network, HoldsWhatItsPrefixCovers) {
  const auto odd = Network::parse("10.1.128.0/17");
  const auto all = Network::parse("0.0.0.0/0");
  const auto one = Network::parse("2001:db8::1/128");

  ASSERT_TRUE(odd && all && one);
  EXPECT_TRUE(odd->contains(address("10.1.255.255")));
  EXPECT_TRUE(odd->contains(address("::ffff:10.1.128.0")));
  EXPECT_FALSE(odd->contains(address("10.1.127.255")));
  EXPECT_TRUE(all->contains(address("192.0.2.1")));
  EXPECT_FALSE(all->contains(address("2001:db8::1"))) << "all of IPv4 is not IPv6";
  EXPECT_TRUE(one->contains(address("2001:db8::1")));
  EXPECT_FALSE(one->contains(address("2001:db8::2")));
}

TEST(Network, IsRefusedWhereItIsNone) {
  for (const char* text : {"", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0/8",
                           "::/129", "b.example/8", "10.0.0.0/ 8"})
    EXPECT_FALSE(Network::parse(text)) << text;
}

}  // namespace
}  // namespace entente::syncer
