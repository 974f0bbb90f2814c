#include "common/trust/endpoint_url.hpp"

#include <gmock/gmock.h>

namespace entente::trust {
namespace {

using testing::HasSubstr;

EndpointUrl url(std::string_view text) { return EndpointUrl::parse(text).value(); }

std::string error_of(std::string_view text) {
  const auto parsed = EndpointUrl::parse(text);
  return parsed ? "accepted" : parsed.error().message();
}

TEST(EndpointUrl, TellsWhatAClientMustConnectToAndAskFor) {
  const EndpointUrl plain = url("https://b.example");
  EXPECT_EQ(plain.host(), "b.example");
  EXPECT_EQ(plain.port(), 443);
  EXPECT_EQ(plain.target(), "/");
  EXPECT_EQ(plain.authority(), "b.example");
  EXPECT_FALSE(plain.host_is_address());

  const EndpointUrl full = url("HTTPS://B.Example:8443/a/b?td=b.test");
  EXPECT_EQ(full.host(), "b.example");
  EXPECT_EQ(full.port(), 8443);
  EXPECT_EQ(full.target(), "/a/b?td=b.test");
  EXPECT_EQ(full.authority(), "b.example:8443");
}

TEST(EndpointUrl, KeepsAddressesApartFromNames) {
  EXPECT_TRUE(url("https://192.0.2.1/").host_is_address());
  EXPECT_EQ(url("https://192.0.2.1/").host(), "192.0.2.1");

  for (const char* disguised : {"https://2130706433/", "https://127.1/", "https://0x7f.0.0.0x1/", "https://b.10./"})
    EXPECT_THAT(error_of(disguised), HasSubstr("is not a DNS name")) << disguised;

  const EndpointUrl ipv6 = url("https://[2001:DB8::1]:8443/x");
  EXPECT_TRUE(ipv6.host_is_address());
  EXPECT_EQ(ipv6.host(), "2001:db8::1");
  EXPECT_EQ(ipv6.authority(), "[2001:db8::1]:8443");
}

TEST(EndpointUrl, PutsASlashBeforeAQueryWithoutAPath) { EXPECT_EQ(url("https://b.example?x=1").target(), "/?x=1"); }

// FC-3
TEST(EndpointUrl, RefusesEverySchemeButHttps) {
  EXPECT_EQ(error_of("http://b.example/"), "endpoint url: scheme must be https, not http");
  EXPECT_THAT(error_of("spiffe://b.test/x"), HasSubstr("scheme must be https"));
  EXPECT_THAT(error_of("b.example:8443"), HasSubstr("scheme must be https"));
  EXPECT_THAT(error_of("b.example/bundle"), HasSubstr("not a URL"));
}

// FC-3
TEST(EndpointUrl, RefusesUserInformationWithoutRepeatingIt) {
  const std::string error = error_of("https://user:geheim@b.example/");
  EXPECT_THAT(error, HasSubstr("user information"));
  EXPECT_THAT(error, testing::Not(HasSubstr("geheim")));
  EXPECT_THAT(error_of("https://@b.example/"), HasSubstr("user information"));
}

TEST(EndpointUrl, RefusesWhatCannotBeAnEndpoint) {
  EXPECT_THAT(error_of(""), HasSubstr("empty"));
  EXPECT_THAT(error_of("https://"), HasSubstr("host is missing"));
  EXPECT_THAT(error_of("https:///bundle"), HasSubstr("host is missing"));
  EXPECT_THAT(error_of("https:bundle"), HasSubstr("host is missing"));
  EXPECT_THAT(error_of("https://b.example/#keys"), HasSubstr("fragment"));
  EXPECT_THAT(error_of("https://b.example:0/"), HasSubstr("port must be between 1 and 65535, not 0"));
  EXPECT_THAT(error_of("https://b.example:65536/"), HasSubstr("port must be"));
  EXPECT_THAT(error_of("https://b%2eexample/"), HasSubstr("not a DNS name"));
  EXPECT_THAT(error_of("https://b,example/"), HasSubstr("not a DNS name"));
  EXPECT_THAT(error_of("https://[v1.x]/"), HasSubstr("DNS name"));
  EXPECT_THAT(error_of("https://b.example/a b"), HasSubstr("not a URL"));
  EXPECT_THAT(error_of("https://b.example/\r\nX: y"), HasSubstr("not a URL"));
  EXPECT_THAT(error_of("https://b.example/" + std::string(9000, 'a')), HasSubstr("longer than"));
}

// FC-10
TEST(EndpointUrl, ResolvesARedirectFromWhereItWasServed) {
  const EndpointUrl base = url("https://b.example:8443/one/two?x=1");
  EXPECT_EQ(base.resolve("three").value().str(), "https://b.example:8443/one/three");
  EXPECT_EQ(base.resolve("/bundle").value().target(), "/bundle");
  EXPECT_EQ(base.resolve("../up").value().target(), "/up");
  EXPECT_EQ(base.resolve("//c.example/z").value().host(), "c.example");
  EXPECT_EQ(base.resolve("https://c.example/z").value().port(), 443);
}

// FC-10, FC-3
TEST(EndpointUrl, RefusesARedirectToWhatIsNoEndpoint) {
  const EndpointUrl base = url("https://b.example/");
  const auto plain = base.resolve("http://b.example/");
  ASSERT_FALSE(plain);
  EXPECT_THAT(plain.error().message(), HasSubstr("location: endpoint url: scheme must be https, not http"));
  EXPECT_FALSE(base.resolve("https://user@b.example/"));
  EXPECT_FALSE(base.resolve("https://b example/"));
  EXPECT_FALSE(base.resolve("https://b.example:99999/"));
}

}  // namespace
}  // namespace entente::trust
