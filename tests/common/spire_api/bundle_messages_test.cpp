#include "common/spire_api/bundle_messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/trust/bundles.hpp"

namespace entente::spire_api {
namespace {

namespace types = spire::api::types;
using ::testing::HasSubstr;

TEST(BundleMessage, KeepsEverythingThereAndBack) {
  const auto bundle = test::make_bundle({.x509 = {"A", "B"},
                                         .jwt = {"k1"},
                                         .wit = {"w1"},
                                         .sequence = 18446744073709551615U,
                                         .hint = std::chrono::seconds(300)});

  const auto back = bundle_from(to_message(*bundle));

  ASSERT_TRUE(back);
  EXPECT_TRUE(spiffe::same_authorities(*back, *bundle));
  EXPECT_EQ(back->sequence, bundle->sequence);
  EXPECT_EQ(back->refresh_hint, bundle->refresh_hint);
}

TEST(BundleMessage, HasNoSequenceAndNoHintWhereTheyAreZero) {
  const auto back = bundle_from(to_message(*test::make_bundle({.x509 = {"A"}})));

  ASSERT_TRUE(back);
  EXPECT_FALSE(back->sequence || back->refresh_hint);
}

// What SPIRE has tainted it trusts until it leaves it out, and so does whoever federates with it.
TEST(BundleMessage, KeepsWhatTheServerHasTaintedAndNotRevoked) {
  types::Bundle message = to_message(*test::make_bundle({.x509 = {"A", "B"}, .jwt = {"k1"}}));
  message.mutable_x509_authorities(0)->set_tainted(true);
  message.mutable_jwt_authorities(0)->set_tainted(true);

  const auto bundle = bundle_from(message);

  ASSERT_TRUE(bundle);
  EXPECT_EQ(bundle->x509_authorities.size(), 2U);
  EXPECT_EQ(bundle->jwt_authorities.size(), 1U);
}

TEST(BundleMessage, WithAGarbledPartIsRefusedByTheNameOfTheField) {
  const auto why = [](auto spoil) {
    types::Bundle message = to_message(*test::make_bundle({.x509 = {"A"}, .jwt = {"k1"}}));
    spoil(message);
    const auto bundle = bundle_from(message);
    return bundle ? std::string() : bundle.error().message();
  };
  EXPECT_EQ(why([](auto&) {}), "");
  EXPECT_THAT(why([](auto& m) { m.set_trust_domain("B.test"); }), HasSubstr("trust_domain: "));
  EXPECT_THAT(why([](auto& m) { m.mutable_x509_authorities(0)->set_asn1("no"); }),
              HasSubstr("x509_authorities[0].asn1"));
  EXPECT_THAT(why([](auto& m) { m.mutable_x509_authorities(0)->clear_asn1(); }), HasSubstr("missing certificate"));
  EXPECT_THAT(why([](auto& m) { m.mutable_jwt_authorities(0)->clear_key_id(); }),
              HasSubstr("jwt_authorities[0].key_id"));
  EXPECT_THAT(why([](auto& m) { m.mutable_jwt_authorities(0)->set_public_key("no"); }), HasSubstr("[0].public_key"));
}

TEST(BundleFingerprint, DependsOnTheContentAndNotOnItsOrder) {
  const types::Bundle message =
      to_message(*test::make_bundle({.x509 = {"A", "B"}, .jwt = {"k1", "k2"}, .sequence = 3}));
  types::Bundle reordered = message;
  reordered.mutable_x509_authorities()->SwapElements(0, 1);
  reordered.mutable_jwt_authorities()->SwapElements(0, 1);
  EXPECT_EQ(fingerprint(reordered), fingerprint(message));

  const auto differs = [&message](auto change) {
    types::Bundle other = message;
    change(other);
    return fingerprint(other) != fingerprint(message);
  };
  EXPECT_TRUE(differs([](auto& m) { m.set_sequence_number(4); }));
  EXPECT_TRUE(differs([](auto& m) { m.set_refresh_hint(60); }));
  EXPECT_TRUE(differs([](auto& m) { m.mutable_x509_authorities()->RemoveLast(); }));
  EXPECT_TRUE(differs([](auto& m) { m.mutable_jwt_authorities(0)->set_key_id("k3"); }));
  // SPIRE has no place for WIT keys in a federated bundle: pushing them again and again would change nothing.
  EXPECT_FALSE(differs([](auto& m) { m.add_wit_authorities()->set_key_id("w1"); }));
}

TEST(BundleCheck, RefusesAnAbsurdHintAndTooManyAuthorities) {
  spiffe::Bundle bundle = *test::make_bundle({.x509 = {"A"}, .hint = std::chrono::hours(24 * 3649)});
  EXPECT_TRUE(check_bundle(bundle));
  bundle.refresh_hint = std::chrono::hours(24 * 3651);
  EXPECT_FALSE(check_bundle(bundle));
  bundle.refresh_hint.reset();
  bundle.x509_authorities.resize(1001, bundle.x509_authorities.front());
  EXPECT_FALSE(check_bundle(bundle));
}

}  // namespace
}  // namespace entente::spire_api
