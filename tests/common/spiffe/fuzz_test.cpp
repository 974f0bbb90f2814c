// Documents and tokens with a few bytes changed: nothing crashes, and nothing changed is ever borne out by a signature.
// The seed is fixed, so that a failure comes again; the sanitizer builds run this too.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "common/base/encoding.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "common/spiffe/bundle_set.hpp"
#include "common/spiffe/jwt_inspection.hpp"
#include "common/spiffe/jwt_svid.hpp"
#include "common/spiffe/signed_bundle.hpp"
#include "common/spiffe/x509_inspection.hpp"
#include "common/spiffe/x509_svid.hpp"
#include "tests/common/spiffe/fixture.hpp"

namespace entente::spiffe {
namespace {

class Mutator {
 public:
  std::string mutate(std::string text) {
    for (std::size_t changes = 1 + below(3); changes > 0 && !text.empty(); --changes) change(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  char byte() {
    static constexpr std::string_view likely = "{}[]\",:\\0123456789-.eE+=_/nulltrueAz \n";
    return below(3) == 0 ? static_cast<char>(below(256)) : likely[below(likely.size())];
  }
  void change(std::string& text) {
    const std::size_t at = below(text.size());
    switch (below(5)) {
      case 0:
        text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      case 1:
        text[at] = byte();
        break;
      case 2:
        text.insert(at, 1, byte());
        break;
      case 3:
        text.erase(at, 1 + below(8));
        break;
      default:
        text.insert(at, text.substr(below(text.size()), below(40)));
        break;
    }
  }

  std::mt19937 random_{20260101};
};

TEST(Fuzz, NoChangedBundleBreaksTheReaderAndWhatIsReadIsWrittenAndReadAgain) {
  const TrustDomain domain = test::domain("vectors.test");
  Mutator mutator;
  int accepted = 0;
  for (const char* name : {"made/bundle.json", "go-spiffe/spiffebundle_valid_with_wit.json"}) {
    const std::string text = test::read_data(name);
    for (int i = 0; i < 1500; ++i) {
      const auto parsed = parse_bundle(domain, mutator.mutate(text));
      if (!parsed) continue;
      ++accepted;
      const auto again = parse_bundle(domain, write_bundle(parsed->bundle));
      ASSERT_TRUE(again) << again.error().message();
      EXPECT_TRUE(same_authorities(parsed->bundle, again->bundle));
    }
  }
  EXPECT_GT(accepted, 0);  // else the changes are too coarse to say anything
}

// As a whole, and below its base64, where the changes reach the JSON and the certificates.
TEST(Fuzz, NoChangedSignedBundleIsVerified) {
  const Bundle held =
      parse_bundle(test::domain("vectors.test"), test::read_data("made/signed_bundle_root.json")).value().bundle;
  std::string good = test::read_data("made/signed_bundle.jws");
  good.pop_back();  // its line end may stand or go
  const std::size_t first = good.find('.'), second = good.find('.', first + 1);
  const auto decoded = [&good](std::size_t from, std::size_t to) {
    return std::string(as_text(base64url_decode(good.substr(from, to - from)).value()));
  };
  const std::string header = decoded(0, first), payload = decoded(first + 1, second), signature = good.substr(second);
  const auto encoded = [](const std::string& text) { return base64url_encode(as_bytes(text)); };
  Mutator mutator;
  int parsed_count = 0;
  for (int i = 0; i < 1500; ++i) {
    std::string changed = mutator.mutate(good);
    if (i % 3 == 1) changed = encoded(mutator.mutate(header)) + "." + encoded(payload) + signature;
    if (i % 3 == 2) changed = encoded(header) + "." + encoded(mutator.mutate(payload)) + signature;
    if (changed.starts_with(good)) continue;
    const auto parsed = parse_signed_bundle(changed);
    if (!parsed) continue;
    ++parsed_count;
    EXPECT_FALSE(verify_signed_bundle(*parsed, test::id("spiffe://vectors.test/entente"), held, test::now)) << changed;
    EXPECT_FALSE(verify_signed_bundle(*parsed, std::nullopt, parsed->fingerprint(), test::now)) << changed;
  }
  EXPECT_GT(parsed_count, 0);
}

TEST(Fuzz, NoChangedTokenIsVerified) {
  const Bundle bundle = parse_bundle(test::domain("vectors.test"), test::read_data("made/bundle.json")).value().bundle;
  const auto tokens = nlohmann::json::parse(test::read_data("made/tokens.json"));
  Mutator mutator;
  int parsed_count = 0;
  for (const char* name : {"ES256", "RS256", "PS384", "ES512", "ES256-no-kid"}) {
    const std::string good = tokens.at(name);
    for (int i = 0; i < 1500; ++i) {
      const std::string changed = mutator.mutate(good);
      if (changed == good) continue;
      const auto parsed = parse_jwt_svid(changed);
      if (!parsed) continue;
      ++parsed_count;
      EXPECT_FALSE(verify_jwt_svid(*parsed, bundle, {.audience = "reports", .now = test::now})) << changed;
    }
  }
  EXPECT_GT(parsed_count, 0);
}

TEST(Fuzz, NoSignedTextBreaksTheTokenReader) {
  const std::string header = R"({"alg":"ES256","kid":"k1","typ":"JWT"})";
  const std::string claims = R"({"aud":["reports"],"exp":1782950700,"iat":1782950400,"sub":"spiffe://a.test/web"})";
  Mutator mutator;
  for (int i = 0; i < 1500; ++i) {
    const std::string token = test::token_of(mutator.mutate(header), mutator.mutate(claims));
    const auto parsed = parse_jwt_svid(token);
    EXPECT_EQ(inspect_jwt_svid(token).violations.empty(), parsed.has_value()) << token;
    if (!parsed) continue;
    EXPECT_FALSE(parsed->audience.empty());
    EXPECT_GE(parsed->expires_at, from_unix_seconds(0));
  }
}

TEST(Fuzz, NoChangedCertificateIsVerified) {
  const auto root = test::root_of("a.test");
  const auto leaf = test::issue(test::leaf_template("spiffe://a.test/web"), root);
  const Bundle bundle = test::bundle_of("a.test", {root});
  Mutator mutator;
  int parsed_count = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string changed = mutator.mutate(std::string(as_text(leaf.der())));
    const auto certificate = crypto::Certificate::from_der(as_bytes(changed));
    if (!certificate || *certificate == leaf) continue;
    ++parsed_count;
    EXPECT_FALSE(verify_x509_svid(std::vector{*certificate}, bundle, test::now));
    if (i % 8 != 0) continue;
    const auto file = crypto::read_certificate_file(changed);
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_FALSE(examine_x509_svid(*file, bundle, test::now).inspection.violations.empty());
  }
  EXPECT_GT(parsed_count, 0);
}

TEST(Fuzz, NoChangedBundleMapBreaksTheReader) {
  const std::string text = R"({"trust_domains":{"a.test":)" + test::read_data("made/bundle.json") +
                           R"(,"b.test":{"keys":[],"spiffe_sequence":1}}})";
  Mutator mutator;
  for (int i = 0; i < 500; ++i) {
    const auto parsed = parse_bundle_set(mutator.mutate(text));
    if (!parsed) continue;
    for (const auto& [name, bundle] : parsed->bundles) EXPECT_EQ(bundle->trust_domain, name);
  }
}

}  // namespace
}  // namespace entente::spiffe
