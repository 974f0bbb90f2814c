// What the environment says about proxies, in the reading of Go's net/http (golang.org/x/net/http/httpproxy).
#include "syncer/fetch/proxy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace entente::syncer {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Seen {
  std::string host;
  int port;
  std::string credentials;
  friend bool operator==(const Seen&, const Seen&) = default;
};
void PrintTo(const Seen& seen, std::ostream* out) { *out << seen.host << ":" << seen.port << " " << seen.credentials; }

std::optional<Seen> read(std::string_view https_proxy) {
  const auto settings = ProxySettings::parse(https_proxy, "");
  if (!settings) return std::nullopt;
  const Proxy* const proxy = settings->proxy_for("b.example", 443);
  if (proxy == nullptr) return std::nullopt;
  return Seen{proxy->host, proxy->port, std::string(proxy->credentials.text())};
}

TEST(ProxySettings, ReadAProxyInEveryFormThatIsUsual) {
  const std::vector<std::pair<std::string, Seen>> table = {
      {"http://proxy.example:3128", {"proxy.example", 3128, ""}},
      {"HTTP://Proxy.Example:3128/", {"proxy.example", 3128, ""}},
      {"http://proxy.example", {"proxy.example", 80, ""}},
      {"http://proxy.example:", {"proxy.example", 80, ""}},
      {"proxy.example:3128", {"proxy.example", 3128, ""}},
      {"10.0.0.1:3128", {"10.0.0.1", 3128, ""}},
      {"http://[2001:db8::1]:3128", {"2001:db8::1", 3128, ""}},
      {"[2001:db8::1]:3128", {"2001:db8::1", 3128, ""}},
      {"http://user:pass@proxy.example:3128", {"proxy.example", 3128, "user:pass"}},
      {"user:p%40ss%3A@proxy.example:3128", {"proxy.example", 3128, "user:p@ss:"}},
      {"http://user@proxy.example:3128", {"proxy.example", 3128, "user:"}},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(read(text), expected) << text;
}

TEST(ProxySettings, AreNoneWhereTheVariableIsEmpty) {
  const auto settings = ProxySettings::parse("", "10.0.0.0/99");

  ASSERT_TRUE(settings) << "without a proxy nobody asks for exceptions";
  EXPECT_EQ(settings->proxy_for("b.example", 443), nullptr);
  EXPECT_EQ(settings->str(), "");
  EXPECT_EQ(ProxySettings().proxy_for("b.example", 443), nullptr);
}

TEST(ProxySettings, RefuseWhatIsNoHttpProxyAndRepeatNoSecret) {
  for (const char* text :
       {"https://user:hunter2@proxy.example:3128", "socks5://user:hunter2@proxy.example", "http://",
        "http://user:hunter2@", "http://user:hunter2@proxy.example:0", "http://user:hunter2@proxy.example:99999",
        "http://user:hunter2@proxy.example/path", "http://user:hunter2@proxy.example?query",
        "http://user%3Ahunter2:x@proxy.example", "http://user:hunter2@proxy example"}) {
    const auto settings = ProxySettings::parse(text, "");

    ASSERT_FALSE(settings) << text;
    EXPECT_EQ(settings.error().code(), Errc::invalid_argument);
    EXPECT_THAT(settings.error().message(), testing::StartsWith("https_proxy: "));
    EXPECT_THAT(settings.error().message(), Not(HasSubstr("hunter2")));
  }
  EXPECT_THAT(ProxySettings::parse("https://proxy.example", "").error().message(),
              HasSubstr("a proxy that speaks https is not supported"));
}

struct Case {
  const char *no_proxy, *host;
  int port;
  bool direct;
};

TEST(ProxySettings, MakeTheExceptionsThatNoProxyNames) {
  const std::vector<Case> table = {
      {"*", "b.example", 443, true},
      {"other.example, *", "b.example", 443, true},
      // a name is itself and all below it
      {"b.example", "b.example", 443, true},
      {"b.example", "B.EXAMPLE", 443, true},
      {"B.Example", "b.example", 443, true},
      {"b.example", "b.example.", 443, true},
      {"b.example", "web.b.example", 443, true},
      {"b.example", "ab.example", 443, false},
      {"b.example", "b.example.org", 443, false},
      // with a dot before it, those below alone
      {".b.example", "web.b.example", 443, true},
      {".b.example", "deep.web.b.example", 443, true},
      {".b.example", "b.example", 443, false},
      {"*.b.example", "web.b.example", 443, true},
      {"*.b.example", "b.example", 443, false},
      // a port
      {"b.example:8443", "b.example", 8443, true},
      {"b.example:8443", "b.example", 443, false},
      {".b.example:8443", "web.b.example", 8443, true},
      {"10.0.0.1:8443", "10.0.0.1", 8443, true},
      {"10.0.0.1:8443", "10.0.0.1", 443, false},
      {"[2001:db8::1]:8443", "2001:db8::1", 8443, true},
      {"[2001:db8::1]:8443", "2001:db8::1", 443, false},
      // addresses by value, networks; of names nothing is resolved
      {"10.0.0.1", "10.0.0.1", 443, true},
      {"10.0.0.1", "::ffff:10.0.0.1", 443, true},
      {"10.0.0.1", "10.0.0.2", 443, false},
      {"2001:db8::1", "2001:db8:0::1", 443, true},
      {"[2001:db8::1]", "2001:db8::1", 443, true},
      {"10.0.0.0/8", "10.255.0.1", 443, true},
      {"10.0.0.0/8", "11.0.0.1", 443, false},
      {"10.0.0.0/8", "b.example", 443, false},
      {"2001:db8::/32", "2001:db8::1", 443, true},
      // several, with commas, blanks or both between
      {"a.example,b.example", "b.example", 443, true},
      {" a.example , b.example ", "b.example", 443, true},
      {"a.example b.example", "b.example", 443, true},
      {",,", "b.example", 443, false},
      {"", "b.example", 443, false},
      // what no proxy elsewhere can reach
      {"", "localhost", 443, true},
      {"", "127.0.0.1", 443, true},
      {"", "127.9.9.9", 443, true},
      {"", "::1", 443, true},
      {"", "::ffff:127.0.0.1", 443, true},
      {"", "localhost.example", 443, false},
  };
  for (const Case& each : table) {
    const auto settings = ProxySettings::parse("http://proxy.example:3128", each.no_proxy);
    ASSERT_TRUE(settings) << each.no_proxy << ": " << settings.error().message();
    const bool direct = settings->proxy_for(each.host, static_cast<std::uint16_t>(each.port)) == nullptr;
    EXPECT_EQ(direct, each.direct) << "no_proxy=\"" << each.no_proxy << "\" " << each.host << ":" << each.port;
  }
}

TEST(ProxySettings, RefuseExceptionsThatCanMeanNothing) {
  for (const char* text :
       {"10.0.0.0/99", "a.example,b.example/8", "b.example:0", "b.example:https", ":443", "[]:443"}) {
    const auto settings = ProxySettings::parse("http://proxy.example:3128", text);
    ASSERT_FALSE(settings) << text;
    EXPECT_THAT(settings.error().message(), testing::StartsWith("no_proxy: \"")) << text;
  }
}

TEST(ProxySettings, AreShownWithoutTheirSecret) {
  EXPECT_EQ(ProxySettings::parse("http://user:hunter2@proxy.example:3128", "")->str(), "http://proxy.example:3128");
  EXPECT_EQ(ProxySettings::parse("[2001:db8::1]:3128", "")->str(), "http://[2001:db8::1]:3128");
}

class Environment : public testing::Test {
 protected:
  Environment() { clear(); }
  ~Environment() override { clear(); }

 private:
  static void clear() {
    for (const char* name : {"https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"}) ::unsetenv(name);
  }
};

TEST_F(Environment, IsReadInLowerCaseFirst) {
  ::setenv("HTTPS_PROXY", "http://upper.example:1", 1);
  ::setenv("NO_PROXY", "upper.example", 1);
  EXPECT_EQ(ProxySettings::from_environment()->str(), "http://upper.example:1");
  EXPECT_EQ(ProxySettings::from_environment()->proxy_for("upper.example", 443), nullptr);

  ::setenv("https_proxy", "http://lower.example:2", 1);
  ::setenv("no_proxy", "lower.example", 1);
  const auto settings = ProxySettings::from_environment();

  EXPECT_EQ(settings->str(), "http://lower.example:2");
  EXPECT_NE(settings->proxy_for("upper.example", 443), nullptr);
}

TEST_F(Environment, HoldsNoProxyUnlessItIsSet) {
  ::setenv("https_proxy", "", 1);
  ::setenv("no_proxy", "b.example", 1);

  EXPECT_EQ(ProxySettings::from_environment()->str(), "");
}

TEST_F(Environment, IsNamedByTheVariableThatIsWrong) {
  ::setenv("HTTPS_PROXY", "socks5://proxy.example", 1);
  EXPECT_THAT(ProxySettings::from_environment().error().message(), testing::StartsWith("HTTPS_PROXY: "));

  ::setenv("HTTPS_PROXY", "http://proxy.example", 1);
  ::setenv("NO_PROXY", "10.0.0.0/99", 1);
  EXPECT_THAT(ProxySettings::from_environment().error().message(), testing::StartsWith("NO_PROXY: "));
}

}  // namespace
}  // namespace entente::syncer
