#include "common/base/listen.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

namespace entente {
namespace {

TEST(Listen, ReadsAnAddressAndAPort) {
  EXPECT_EQ(parse_listen("0.0.0.0:8443")->port(), 8443);
  EXPECT_TRUE(parse_listen("[::]:8443")->address().is_v6());
  EXPECT_EQ(parse_listen("127.0.0.1:0")->address().to_string(), "127.0.0.1");
}

TEST(Listen, RefusesWhatIsNotAnAddressAndAPort) {
  for (const char* text : {"", "8443", ":8443", "localhost:8443", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                           "::1:80", "[127.0.0.1]:80", "127.0.0.1:80x", "127.0.0.1: 80"})
    EXPECT_FALSE(parse_listen(text)) << text;
}

TEST(Listen, SaysWhatCouldNotBeBoundAndWhy) {
  asio::io_context io;
  const auto first = listen_on(io.get_executor(), "127.0.0.1:0");
  ASSERT_TRUE(first);
  const std::string taken = "127.0.0.1:" + std::to_string(first->local_endpoint().port());

  const auto second = listen_on(io.get_executor(), taken);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Errc::io);
  EXPECT_EQ(second.error().message(), "listen on " + taken + ": Address already in use");
}

}  // namespace
}  // namespace entente
