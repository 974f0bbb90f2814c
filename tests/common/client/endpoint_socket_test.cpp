#include "common/client/endpoint_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace entente::client {
namespace {

using testing::HasSubstr;

constexpr const char* variable = "ENTENTE_TEST_ENDPOINT_SOCKET";
constexpr SocketNames names{"--the-flag", variable};

// WE-4
TEST(EndpointSocket, TakesAUnixSocketByItsAbsolutePath) {
  EXPECT_EQ(*parse_endpoint_socket("unix:///run/spire/agent.sock"), "unix:/run/spire/agent.sock");
  EXPECT_EQ(*parse_endpoint_socket("unix:/run/spire/agent.sock"), "unix:/run/spire/agent.sock");
}

// WE-4
TEST(EndpointSocket, TakesATcpSocketByItsAddressAndPort) {
  EXPECT_EQ(*parse_endpoint_socket("tcp://127.0.0.1:8000"), "ipv4:127.0.0.1:8000");
  EXPECT_EQ(*parse_endpoint_socket("tcp://[::1]:8000"), "ipv6:[::1]:8000");
}

// WE-4
TEST(EndpointSocket, RefusesEverythingElse) {
  for (const char* text : {"",
                           "/run/agent.sock",
                           "unix:",
                           "unix://",
                           "unix:///",
                           "unix:run/agent.sock",
                           "unix://host/agent.sock",
                           "unix:////x",
                           "unix:///agent.sock?x=1",
                           "unix:///agent.sock#x",
                           "tcp:127.0.0.1:1",
                           "tcp://127.0.0.1",
                           "tcp://127.0.0.1:",
                           "tcp://127.0.0.1:0",
                           "tcp://127.0.0.1:65536",
                           "tcp://127.0.0.1:80x",
                           "tcp://localhost:80",
                           "tcp://::1:80",
                           "tcp://127.0.0.1:80/",
                           "tcp://127.0.0.1:80?x",
                           "tcp://user@127.0.0.1:80",
                           "http://127.0.0.1:80",
                           "UNIX:///x"}) {
    const Result<std::string> target = parse_endpoint_socket(text);
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error().code(), Errc::invalid_argument);
    EXPECT_THAT(target.error().message(), HasSubstr("unix:///absolute/path"));
  }
}

// WE-4
TEST(EndpointSocket, FallsBackToTheEnvironment) {
  ::setenv(variable, "unix:///run/from-environment.sock", 1);

  EXPECT_EQ(*find_endpoint_socket(std::nullopt, names), "unix:/run/from-environment.sock");
  EXPECT_EQ(*find_endpoint_socket("unix:///run/from-flag.sock", names), "unix:/run/from-flag.sock");
  ::unsetenv(variable);
}

TEST(EndpointSocket, TakesABarePathAsAFlagButNotFromTheEnvironment) {
  ::setenv(variable, "/run/bare.sock", 1);

  EXPECT_EQ(*find_endpoint_socket("/run/bare.sock", names), "unix:/run/bare.sock");
  EXPECT_FALSE(find_endpoint_socket(std::nullopt, names));
  ::unsetenv(variable);
}

TEST(EndpointSocket, NamesTheFlagAndTheVariableWhereNeitherIsGiven) {
  ::unsetenv(variable);

  const Result<std::string> target = find_endpoint_socket(std::nullopt, names);

  ASSERT_FALSE(target);
  EXPECT_THAT(target.error().message(), HasSubstr("--the-flag"));
  EXPECT_THAT(target.error().message(), HasSubstr(variable));
}

}  // namespace
}  // namespace entente::client
