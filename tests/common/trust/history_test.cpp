// What a change of trust leaves on record, and how it reads.
#include "common/trust/history.hpp"

#include <gmock/gmock.h>

#include "common/base/encoding.hpp"
#include "common/trust/on_record.hpp"
#include "tests/common/trust/decisions.hpp"

namespace entente::trust {
namespace {

using test::decide;
using test::decided_at;
using test::digest;
using test::in_use;
using test::make_bundle;
using test::waiting;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> words(const std::vector<AuthorityChange>& changes) {
  std::vector<std::string> described;
  for (const auto& change : changes)
    described.push_back(std::string(change.added ? "+" : "-") + change.use + " " +
                        (change.subject.empty() ? change.id : change.subject));
  return described;
}

std::vector<std::string> difference_of(const test::BundleSpec& before, const test::BundleSpec& after) {
  const auto from = make_bundle(before), to = make_bundle(after);
  return words(difference(from.get(), to.get()));
}

TEST(Difference, NamesEachAuthorityRemovalsFirst) {
  EXPECT_THAT(difference_of({.x509 = {"A", "B"}, .jwt = {"J"}, .wit = {"W"}},
                            {.x509 = {"B", "C", "D"}, .jwt = {"K"}, .wit = {"W"}}),
              ElementsAre("-x509-svid CN=A", "-jwt-svid J", "+x509-svid CN=C", "+x509-svid CN=D", "+jwt-svid K"));
  EXPECT_THAT(difference_of({.jwt = {"J", "K"}}, {.jwt = {"K", "J"}}), IsEmpty());
  EXPECT_THAT(difference_of({.x509 = {"A"}}, {}), ElementsAre("-x509-svid CN=A"));
  EXPECT_THAT(difference_of({.wit = {"W"}}, {.jwt = {"W"}}), ElementsAre("-wit-svid W", "+jwt-svid W"));
}

TEST(Difference, CountsNothingTwice) {
  EXPECT_THAT(difference_of({}, {.x509 = {"A", "A"}}), ElementsAre("+x509-svid CN=A"));
}

TEST(Difference, ShowsAKeyThatCameUnderAnotherOnesId) {
  const auto before = make_bundle({.jwt = {"J"}});
  spiffe::Bundle after(before->trust_domain);
  after.jwt_authorities.push_back({"J", make_bundle({.jwt = {"K"}})->jwt_authorities[0].key});
  EXPECT_THAT(words(difference(before.get(), &after)), ElementsAre("-jwt-svid J", "+jwt-svid J"));
}

TEST(Difference, TakesNothingForAnEmptyBundle) {
  const auto bundle = make_bundle({.x509 = {"A"}});
  EXPECT_THAT(words(difference(nullptr, bundle.get())), ElementsAre("+x509-svid CN=A"));
  EXPECT_THAT(words(difference(bundle.get(), nullptr)), ElementsAre("-x509-svid CN=A"));
  EXPECT_THAT(difference(nullptr, nullptr), IsEmpty());
}

TEST(AuthorityChange, IsDescribedWithFingerprintSubjectAndEnd) {
  const auto bundle = make_bundle({.x509 = {"A"}, .jwt = {"J"}});
  const auto changes = difference(nullptr, bundle.get());
  const std::string fingerprint = hex_encode(bundle->x509_authorities[0].fingerprint());
  EXPECT_EQ(describe(changes[0]), "x509-svid added: " + fingerprint + " (CN=A, until 2030-03-17T17:46:40Z)");
  EXPECT_EQ(describe(changes[1]), "jwt-svid added: J");
  EXPECT_EQ(describe({false, "x509-svid", "3f2a", "", test::authorities_end()}),
            "x509-svid removed: 3f2a (until 2030-03-17T17:46:40Z)");
}

TEST(Actor, IsDescribedWithWhatHeRan) {
  EXPECT_EQ(describe(Actor{1000, "entente federation accept b.test --reason rebuilt"}),
            "uid 1000 (entente federation accept b.test --reason rebuilt)");
  EXPECT_EQ(describe(Actor{0, ""}), "uid 0");
}

TEST(HistoryAction, HasOneWordThatReadsBack) {
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(HistoryAction::accept_next); ++i) {
    const auto action = static_cast<HistoryAction>(i);
    names.emplace_back(to_string(action));
    EXPECT_EQ(parse_history_action(names.back()), action);
  }
  EXPECT_THAT(names, ElementsAre("accepted", "bootstrap", "given", "approved", "rolled_back", "held", "rejected",
                                 "refused", "withdrawn", "accept_next"));
  EXPECT_EQ(parse_history_action("Accepted"), std::nullopt);
  EXPECT_EQ(parse_history_action(""), std::nullopt);
}

const Actor operator_1000{1000, "entente federation rollback b.test"};

std::optional<HistoryEntry> recorded(const std::optional<BundleRecord>& before, const test::BundleSpec& offered,
                                     const Decision& decision) {
  return on_record(before ? &*before : nullptr, decision, make_bundle(offered), HistoryAction::accepted,
                   {.at = decided_at, .from = test::endpoint});
}

TEST(OnRecord, PutsAnAcceptanceWithItsDifferenceAndItsOrigin) {
  const BundleRecord before = in_use({.x509 = {"A"}, .sequence = 7});
  const test::BundleSpec offered{.x509 = {"B"}, .sequence = 9};

  const auto entry = recorded(before, offered, decide(before, offered));

  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->action, HistoryAction::accepted);
  EXPECT_EQ(entry->trust_domain.name(), "b.test");
  EXPECT_EQ(entry->at, decided_at);
  EXPECT_EQ(entry->sequence, 9U);
  EXPECT_EQ(entry->from, test::endpoint);
  EXPECT_EQ(entry->digest, digest(offered));
  EXPECT_EQ(entry->by, std::nullopt);
  EXPECT_EQ(entry->reason, "");
  EXPECT_EQ(entry->number, 0U);
  EXPECT_THAT(words(entry->changes), ElementsAre("-x509-svid CN=A", "+x509-svid CN=B"));
  ASSERT_NE(entry->bundle, nullptr);
  EXPECT_EQ(entry->bundle->sequence, 9U);
}

TEST(OnRecord, PutsWhyABundleWaitsAgainstWhatIsInUse) {
  const test::BundleSpec offered{.x509 = {"A", "B"}};

  const auto first = recorded(std::nullopt, offered, decide(std::nullopt, offered, ChangePolicy::approve));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->action, HistoryAction::held);
  EXPECT_THAT(first->reason, HasSubstr("policy approve"));
  EXPECT_THAT(words(first->changes), ElementsAre("+x509-svid CN=A", "+x509-svid CN=B"));
  EXPECT_NE(first->bundle, nullptr);

  const BundleRecord before = in_use({.x509 = {"A"}});
  const auto second = recorded(before, offered, decide(before, offered, ChangePolicy::approve));
  EXPECT_THAT(words(second->changes), ElementsAre("+x509-svid CN=B"));
}

TEST(OnRecord, PutsARefusalWithoutTheBundleAndOnceForOneMatter) {
  const BundleRecord before = in_use({.x509 = {"A"}, .sequence = 9});
  const test::BundleSpec offered{.x509 = {"B"}, .sequence = 5};

  const auto entry = recorded(before, offered, decide(before, offered));
  auto again = *entry;
  again.at += std::chrono::minutes(5);
  const test::BundleSpec other{.x509 = {"C"}, .sequence = 5};

  EXPECT_EQ(entry->action, HistoryAction::refused);
  EXPECT_THAT(entry->reason, HasSubstr("sequence 5 is lower than 9"));
  EXPECT_EQ(entry->sequence, 5U);
  EXPECT_EQ(entry->digest, digest(offered));
  EXPECT_EQ(entry->bundle, nullptr);
  EXPECT_TRUE(same_matter(*entry, again));
  again.sequence = 4;
  EXPECT_TRUE(same_matter(*entry, again)) << "a peer that counts down fills no history";
  EXPECT_FALSE(same_matter(*entry, *recorded(before, other, decide(before, other))));
}

TEST(OnRecord, PutsNothingWhereNothingHappened) {
  const BundleRecord before = in_use({.x509 = {"A"}, .sequence = 9});
  const test::BundleSpec same{.x509 = {"A"}, .sequence = 9};
  EXPECT_FALSE(recorded(before, same, decide(before, same)));

  // A bootstrap bundle noted as seen.
  const auto bundle = make_bundle(same);
  const Decision noted = decide_bootstrap(decided_at, &before, bundle, "b.json");
  EXPECT_FALSE(on_record(&before, noted, bundle, HistoryAction::bootstrap, {.at = decided_at}));
}

TEST(OnRecord, PutsWhatUsedUpAWordAndWhatTheEndpointConfirmed) {
  const test::BundleSpec same{.x509 = {"A"}, .sequence = 9};
  const BundleRecord with_word = test::with_word(in_use(same));
  EXPECT_TRUE(recorded(with_word, same, decide(with_word, same)));

  BundleRecord bootstrap = in_use(same);
  bootstrap.origin = Origin::bootstrap;
  const auto confirmed = recorded(bootstrap, same, decide(bootstrap, same));
  ASSERT_TRUE(confirmed);
  EXPECT_THAT(confirmed->changes, IsEmpty());
}

TEST(OnRecord, PutsWhoRolledBackAndWhy) {
  const BundleRecord before = in_use({.x509 = {"B"}, .sequence = 9});
  const auto restored = decide_rollback(decided_at, before, make_bundle({.x509 = {"A"}, .sequence = 3}), 4);

  const HistoryEntry entry = on_record(&before, *restored, HistoryAction::rolled_back,
                                       {.at = decided_at, .by = operator_1000, .reason = "a stolen key"});

  EXPECT_EQ(entry.action, HistoryAction::rolled_back);
  EXPECT_EQ(entry.by, operator_1000);
  EXPECT_EQ(entry.reason, "a stolen key");
  EXPECT_EQ(entry.sequence, 3U);
  EXPECT_THAT(words(entry.changes), ElementsAre("-x509-svid CN=B", "+x509-svid CN=A"));
}

TEST(OnRecord, PutsARejectionAboutWhatWaited) {
  const BundleRecord before = waiting(decide(in_use({.x509 = {"A"}}), {.x509 = {"B"}}, ChangePolicy::approve));

  const HistoryEntry entry = rejection_on_record(before, {.at = decided_at, .by = operator_1000});

  EXPECT_EQ(entry.action, HistoryAction::rejected);
  EXPECT_EQ(entry.digest, digest({.x509 = {"B"}}));
  EXPECT_EQ(entry.from, test::endpoint);
  EXPECT_THAT(words(entry.changes), ElementsAre("-x509-svid CN=A", "+x509-svid CN=B"));
}

TEST(OnRecord, PutsAWithdrawalAsTheEndOfEveryAuthority) {
  const HistoryEntry entry = withdrawal_on_record(in_use({.x509 = {"A"}, .jwt = {"J"}, .sequence = 7}),
                                                  {.at = decided_at, .reason = "the relationship ended"});
  EXPECT_EQ(entry.action, HistoryAction::withdrawn);
  EXPECT_EQ(entry.sequence, 7U);
  EXPECT_EQ(entry.digest, digest({.x509 = {"A"}, .jwt = {"J"}}));
  EXPECT_EQ(entry.bundle, nullptr);
  EXPECT_THAT(words(entry.changes), ElementsAre("-x509-svid CN=A", "-jwt-svid J"));

  // Where nothing was in use, nothing ends but what waited.
  const BundleRecord none = waiting(decide(std::nullopt, {.x509 = {"A"}}, ChangePolicy::approve));
  EXPECT_THAT(withdrawal_on_record(none, {.at = decided_at}).changes, IsEmpty());
  EXPECT_EQ(withdrawal_on_record(none, {.at = decided_at}).digest, "");
}

TEST(OnRecord, PutsTheOperatorsWordBeforeItIsUsed) {
  const HistoryEntry entry = accept_next_on_record(
      in_use({.x509 = {"A"}}), {.at = decided_at, .by = operator_1000, .reason = "peer was rebuilt"});
  EXPECT_EQ(entry.action, HistoryAction::accept_next);
  EXPECT_EQ(entry.by, operator_1000);
  EXPECT_EQ(entry.reason, "peer was rebuilt");
  EXPECT_EQ(entry.bundle, nullptr);
  EXPECT_EQ(entry.digest, "");
}

}  // namespace
}  // namespace entente::trust
