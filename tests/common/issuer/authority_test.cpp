// The rotation plan: pure decisions at given times.
#include "common/issuer/authority.hpp"

#include <gtest/gtest.h>

namespace entente::issuer {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Time start = from_unix_seconds(1'800'000'000);
const RotationPolicy policy{hours(24), hours(1), seconds(300)};

AuthorityInfo authority(std::string id, AuthorityState state, Time published, Time used) {
  return {AuthorityUse::x509_svid, std::move(id), state, published, used, published + hours(24), Time()};
}

// FS-1
TEST(RotationPlan, PublishesANewAuthorityThreeToFiveRefreshHintsBeforeItsFirstUse) {
  const AuthorityInfo active = authority("a", AuthorityState::active, start, start);

  const Time prepared_at = prepare_due(active, policy);
  const Time used_at = planned_use(&active, policy, prepared_at);

  EXPECT_GE(used_at - prepared_at, 3 * policy.refresh_hint);
  EXPECT_LE(used_at - prepared_at, 5 * policy.refresh_hint);
}

TEST(RotationPlan, MakesTheFirstAuthorityAndUsesItAtOnce) {
  const RotationPlan plan = plan_rotation({}, policy, start);

  EXPECT_TRUE(plan.prepare);
  EXPECT_EQ(planned_use(nullptr, policy, start), start);
}

TEST(RotationPlan, DoesNothingWhileTheActiveAuthorityIsYoung) {
  const std::vector<AuthorityInfo> authorities{authority("a", AuthorityState::active, start, start)};

  const RotationPlan plan = plan_rotation(authorities, policy, start + hours(1));

  EXPECT_TRUE(plan.nothing());
  EXPECT_GT(next_rotation_event(authorities, policy, start + hours(1)), start + hours(1));
}

TEST(RotationPlan, ActivatesThePreparedAuthorityWhenItsTimeHasComeAndNotBefore) {
  AuthorityInfo prepared = authority("b", AuthorityState::prepared, start + hours(11), start + hours(12));
  const std::vector<AuthorityInfo> authorities{authority("a", AuthorityState::active, start, start), prepared};

  EXPECT_FALSE(plan_rotation(authorities, policy, start + hours(12) - seconds(1)).activate);
  EXPECT_EQ(plan_rotation(authorities, policy, start + hours(12)).activate, "b");
}

TEST(RotationPlan, LetsAnAuthoritySignOnlyWhatItOutlives) {
  const AuthorityInfo active = authority("a", AuthorityState::active, start, start);
  const RotationPolicy long_svids{hours(24), hours(20), seconds(300)};

  EXPECT_LE(succession_due(active, long_svids) + long_svids.longest_svid_ttl, active.expires_at);
}

TEST(RotationPlan, ReplacesAtOnceAnAuthorityThatEndedWhileTheProcessWasDown) {
  const std::vector<AuthorityInfo> authorities{authority("a", AuthorityState::active, start, start)};
  const Time later = start + hours(100);

  EXPECT_TRUE(plan_rotation(authorities, policy, later).prepare);
  EXPECT_EQ(planned_use(&authorities[0], policy, later), later);
}

TEST(RotationPlan, UsesAPreparedAuthorityEarlyWhereNoOtherCanSign) {
  const Time later = start + hours(25);
  const std::vector<AuthorityInfo> authorities{
      authority("a", AuthorityState::active, start, start),
      authority("b", AuthorityState::prepared, start + hours(11), start + hours(30))};

  EXPECT_EQ(plan_rotation(authorities, policy, later).activate, "b");
}

TEST(RotationPlan, KeepsARetiredAuthorityUntilNothingItSignedIsValid) {
  AuthorityInfo retired = authority("a", AuthorityState::retired, start, start);
  retired.last_signature_ends = start + hours(13);
  const std::vector<AuthorityInfo> authorities{
      retired, authority("b", AuthorityState::active, start + hours(11), start + hours(12))};

  EXPECT_TRUE(plan_rotation(authorities, policy, start + hours(13) - seconds(1)).remove.empty());
  EXPECT_EQ(plan_rotation(authorities, policy, start + hours(13)).remove, std::vector<std::string>{"a"});
}

TEST(RotationPlan, ShortensTheLeadForAuthoritiesThatLiveOnlyMinutes) {
  const RotationPolicy brief{minutes(10), minutes(1), seconds(300)};

  EXPECT_LE(publication_lead(brief), Duration(minutes(10)) / 4);
}

TEST(RotationPlan, StillLeadsWhenPreparationIsLate) {
  const AuthorityInfo active = authority("a", AuthorityState::active, start, start);
  const Time late = start + hours(20);

  EXPECT_EQ(planned_use(&active, policy, late), late + publication_lead(policy));
}

// A simulated month, looked at every minute: one active authority at all times, and never a gap.
TEST(RotationPlan, AlwaysHasExactlyOneAuthorityThatCanSign) {
  std::vector<AuthorityInfo> authorities;
  int made = 0;
  for (Time now = start; now < start + hours(24 * 30); now += minutes(1)) {
    for (int round = 0; round < 4; ++round) {
      const RotationPlan plan = plan_rotation(authorities, policy, now);
      if (plan.nothing()) break;
      std::erase_if(authorities, [&](const AuthorityInfo& a) {
        return std::find(plan.remove.begin(), plan.remove.end(), a.id) != plan.remove.end();
      });
      if (plan.activate) {
        for (AuthorityInfo& a : authorities) {
          if (a.state == AuthorityState::active) {
            a.state = AuthorityState::retired;
            a.last_signature_ends = now + policy.longest_svid_ttl;
          }
          if (a.id == *plan.activate) a.state = AuthorityState::active;
        }
      }
      if (plan.prepare) {
        const AuthorityInfo* active = nullptr;
        for (const AuthorityInfo& a : authorities)
          if (a.state == AuthorityState::active) active = &a;
        authorities.push_back(
            authority(std::to_string(made++), AuthorityState::prepared, now, planned_use(active, policy, now)));
      }
    }
    int can_sign = 0;
    for (const AuthorityInfo& a : authorities) can_sign += a.state == AuthorityState::active && now < a.expires_at;
    ASSERT_EQ(can_sign, 1) << format_time(now);
    ASSERT_LE(authorities.size(), 3u) << format_time(now);
  }
  EXPECT_GE(made, 55);  // about one each half life
  EXPECT_LE(made, 65);
}

}  // namespace
}  // namespace entente::issuer
