#include "workload/helper/render.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/crypto/issue.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "tests/workload/helper/configuration.hpp"
#include "tests/workload/support/fake_domain.hpp"

namespace entente::helper::test {
namespace {

using entente::test::domain;
using entente::test::FakeDomain;
using entente::test::must;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const Time now = from_unix_seconds(1'800'000'000);

// a.test, federated with b.test and c.test; two identities.
struct World {
  World() : a("a.test", now), b("b.test", now), c("c.test", now) {
    auto context = std::make_shared<client::X509Context>();
    context->svids.push_back(*a.svid("/web", "internal"));
    context->svids.push_back(*a.svid("/db", "external"));
    auto jwt = std::make_shared<spiffe::BundleSet>();
    for (const FakeDomain* each : {&a, &b, &c}) {
      spiffe::Bundle x509 = each->bundle(), keys = each->bundle();
      x509.jwt_authorities.clear();
      keys.x509_authorities.clear();
      context->bundles.emplace(each->trust_domain(), std::make_shared<const spiffe::Bundle>(std::move(x509)));
      jwt->emplace(each->trust_domain(), std::make_shared<const spiffe::Bundle>(std::move(keys)));
    }
    material.x509 = context;
    material.jwt_bundles = jwt;
    material.tokens[{"db"}] = {a.token("/web", {"db"}), now + std::chrono::hours(1)};
  }
  std::string pem(const FakeDomain& of) const { return crypto::to_pem(of.bundle().x509_authorities); }

  FakeDomain a, b, c;
  Material material;
};

std::string file(const FileSet& set, std::string_view name) {
  for (const RenderedFile& each : set.files)
    if (each.name == name) return std::string(each.content.text());
  return "no file " + std::string(name);
}

std::vector<std::string> names(const FileSet& set) {
  std::vector<std::string> all;
  for (const RenderedFile& each : set.files) all.push_back(each.name);
  return all;
}

HelperConfig with_files(const std::string& files) { return config_of("directory: d\nfiles: [" + files + "]"); }

TEST(Render, WritesTheSvidItsKeyAndItsBundle) {
  const World world;
  const FileSet set = must(render(with_files("{name: c, content: certificate}, {name: k, content: key}, "
                                             "{name: b, content: bundle}, {name: both, content: key_and_certificate}"),
                                  world.material, now));

  const spiffe::X509Svid& svid = world.material.x509->svids[0];
  EXPECT_EQ(file(set, "c"), crypto::to_pem(svid.chain));
  EXPECT_EQ(file(set, "k"), svid.key->pkcs8_pem().text());
  EXPECT_EQ(file(set, "b"), world.pem(world.a));
  EXPECT_EQ(file(set, "both"), file(set, "k") + file(set, "c"));
  EXPECT_EQ(set.spiffe_id, "spiffe://a.test/web");
  EXPECT_EQ(set.svid_expires_at, svid.chain.front().not_after());
}

TEST(Render, WritesDer) {
  const World world;
  const FileSet set = must(render(with_files("{name: c, content: leaf_certificate, format: der}, "
                                             "{name: k, content: key, format: der}"),
                                  world.material, now));

  EXPECT_TRUE(crypto::Certificate::from_der(as_bytes(file(set, "c"))));
  EXPECT_TRUE(crypto::PrivateKey::from_pkcs8_der(as_bytes(file(set, "k"))));
}

// spiffe-helper#89, FC-14
TEST(Render, WritesABundleForEachFederatedDomainAndMergesNone) {
  const World world;
  const FileSet set = must(render(with_files("{name: own.pem, content: bundle}, "
                                             "{name: \"{trust_domain}.pem\", content: federated_bundles}"),
                                  world.material, now));

  EXPECT_THAT(names(set), ElementsAre("own.pem", "b.test.pem", "c.test.pem"));
  EXPECT_EQ(file(set, "own.pem"), world.pem(world.a));
  EXPECT_EQ(file(set, "b.test.pem"), world.pem(world.b));
  EXPECT_EQ(file(set, "c.test.pem"), world.pem(world.c));
}

TEST(Render, MergesBundlesWhereThatIsAskedForByName) {
  const World world;
  const FileSet set = must(
      render(with_files("{name: all.pem, content: merged_bundles}, {name: k, content: key}"), world.material, now));

  EXPECT_EQ(file(set, "all.pem"), world.pem(world.a) + world.pem(world.b) + world.pem(world.c));
}

// TB-9, TB-12: a map for gRPC and Envoy, of X.509 authorities alone.
TEST(Render, WritesTheBundleMap) {
  const World world;
  const FileSet set =
      must(render(with_files("{name: map.json, content: bundle_map}, {name: k, content: key}"), world.material, now));

  const auto parsed = must(spiffe::parse_bundle_set(file(set, "map.json")));
  ASSERT_EQ(parsed.bundles.size(), 3U);
  const spiffe::Bundle& b = *parsed.bundles.at(domain("b.test"));
  EXPECT_EQ(b.x509_authorities, world.b.bundle().x509_authorities);
  EXPECT_TRUE(b.jwt_authorities.empty());
}

TEST(Render, WritesTokensAndJwtBundles) {
  const World world;
  const FileSet set = must(render(
      with_files(
          "{name: t, content: jwt_svid, audience: db}, {name: own, content: jwt_bundle}, "
          "{name: \"{trust_domain}.jwks\", content: federated_jwt_bundles}, {name: map, content: jwt_bundle_map}, "
          "{name: old, content: jwt_bundle_map, format: spiffe_helper}"),
      world.material, now));

  EXPECT_EQ(file(set, "t"), world.material.tokens.at({"db"}).text);
  EXPECT_EQ(file(set, "own"), spiffe::write_jwt_key_set(world.a.bundle()));
  EXPECT_EQ(file(set, "b.test.jwks"), spiffe::write_jwt_key_set(world.b.bundle()));
  EXPECT_EQ(must(spiffe::parse_bundle_set(file(set, "map"))).bundles.size(), 3U);
  const auto old = nlohmann::json::parse(file(set, "old"));
  EXPECT_EQ(as_text(must(base64_decode(old.at("c.test").get<std::string>()))),
            spiffe::write_jwt_key_set(world.c.bundle()));
  EXPECT_EQ(set.expires_at, now + std::chrono::hours(1));  // the token's, which is first
}

TEST(Render, TakesTheIdentityWithTheHintOrTheIdAndElseTheFirst) {
  const World world;
  const std::string files = "directory: d\nfiles: [{name: k, content: key}]\n";

  EXPECT_EQ(must(render(config_of(files), world.material, now)).spiffe_id, "spiffe://a.test/web");
  EXPECT_EQ(must(render(config_of(files + "identity: {hint: external}"), world.material, now)).spiffe_id,
            "spiffe://a.test/db");
  EXPECT_EQ(
      must(render(config_of(files + "identity: {spiffe_id: \"spiffe://a.test/db\"}"), world.material, now)).spiffe_id,
      "spiffe://a.test/db");
  const auto none = render(config_of(files + "identity: {hint: other}"), world.material, now);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), HasSubstr("it gives spiffe://a.test/web (hint internal), spiffe://a.test/db"));
}

TEST(Render, WaitsUntilEverythingIsThere) {
  World world;
  const HelperConfig config = with_files(
      "{name: k, content: key}, {name: m, content: jwt_bundle_map}, "
      "{name: t, content: jwt_svid, audience: db}");
  const auto why = [&] { return render(config, world.material, now).error().message(); };
  auto x509 = std::exchange(world.material.x509, nullptr);
  EXPECT_EQ(why(), "no X509-SVID yet");
  world.material.x509 = x509;
  auto jwt = std::exchange(world.material.jwt_bundles, nullptr);
  EXPECT_EQ(why(), "no JWT bundles yet");
  world.material.jwt_bundles = jwt;
  world.material.tokens.clear();
  EXPECT_EQ(why(), "no JWT-SVID for db yet");
}

TEST(Render, NeedsNoIdentityForTheBundlesOfAllDomains) {
  World world;
  world.material.x509_bundles = std::make_shared<const spiffe::BundleSet>(world.material.x509->bundles);
  world.material.x509 = nullptr;
  const HelperConfig config = with_files("{name: map.json, content: bundle_map}");

  EXPECT_FALSE(needs_of(config).identity);
  EXPECT_TRUE(needs_of(config).x509_bundles);
  EXPECT_EQ(must(spiffe::parse_bundle_set(file(must(render(config, world.material, now)), "map.json"))).bundles.size(),
            3U);
}

TEST(Render, NeverWritesAnExpiredSvid) {
  const World world;
  const Time later = now + std::chrono::hours(48);

  const auto x509 = render(with_files("{name: k, content: key}"), world.material, later);
  ASSERT_FALSE(x509);
  EXPECT_EQ(x509.error().code(), Errc::expired);
  const auto jwt = render(with_files("{name: t, content: jwt_svid, audience: db}"), world.material, later);
  ASSERT_FALSE(jwt);
  EXPECT_EQ(jwt.error().code(), Errc::expired);
}

TEST(Render, OmitsExpiredAuthoritiesWhereAsked) {
  World world;
  world.material.x509_bundles = std::make_shared<const spiffe::BundleSet>(world.material.x509->bundles);
  const std::string text =
      "directory: d\nfiles: [{name: all, content: merged_bundles}, {name: map, content: bundle_map}]\n";
  const Time later = now + std::chrono::hours(48);

  EXPECT_NE(file(must(render(config_of(text), world.material, later)), "all"), "");
  const FileSet set = must(render(config_of(text + "omit_expired: true"), world.material, later));
  EXPECT_EQ(file(set, "all"), "");
  EXPECT_TRUE(must(spiffe::parse_bundle_set(file(set, "map"))).bundles.at(domain("b.test"))->empty());
}

TEST(Render, PutsIntermediatesBehindTheAuthoritiesWhereAsked) {
  World world;
  auto context = std::make_shared<client::X509Context>(*world.material.x509);
  context->svids[0].chain.push_back(world.c.bundle().x509_authorities[0]);  // whatever it is
  world.material.x509 = context;
  const FileSet set = must(render(with_files("{name: leaf, content: leaf_certificate}, "
                                             "{name: ca, content: bundle, with_intermediates: true}"),
                                  world.material, now));

  EXPECT_EQ(file(set, "leaf"), context->svids[0].chain[0].pem());
  EXPECT_EQ(file(set, "ca"), world.pem(world.a) + world.pem(world.c));
}

TEST(Render, GivesAnEqualDigestExactlyForEqualContent) {
  const World world;
  const HelperConfig config = with_files(
      "{name: s.p12, content: key_and_certificate, format: pkcs12}, "
      "{name: t.p12, content: bundle, format: pkcs12}");
  const FileSet one = must(render(config, world.material, now)), two = must(render(config, world.material, now));

  EXPECT_NE(file(one, "s.p12"), file(two, "s.p12"));  // salted
  EXPECT_EQ(one.digest, two.digest);
  World other;
  EXPECT_NE(must(render(config, other.material, now)).digest, one.digest);
}

TEST(Render, RefusesTwoFilesOfOneName) {
  const World world;
  const auto set = render(with_files("{name: b.test.pem, content: bundle}, "
                                     "{name: \"{trust_domain}.pem\", content: federated_bundles}"),
                          world.material, now);
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().message(), HasSubstr("two files have the name b.test.pem"));
}

}  // namespace
}  // namespace entente::helper::test
