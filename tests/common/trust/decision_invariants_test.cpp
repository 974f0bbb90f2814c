// What no series of fetches and operators' decisions may bring about.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <set>

#include "tests/common/trust/decisions.hpp"

namespace entente::trust {
namespace {

using test::BundleSpec;
using test::make_bundle;

using Keys = std::set<std::string>;

Keys x509_of(const spiffe::Bundle& bundle) {
  Keys keys;
  for (const auto& authority : bundle.x509_authorities) keys.insert(authority.subject());
  return keys;
}
Keys jwt_of(const spiffe::Bundle& bundle) {
  Keys keys;
  for (const auto& authority : bundle.jwt_authorities) keys.insert(authority.key_id);
  return keys;
}

bool overlaps(const Keys& a, const Keys& b) {
  return std::any_of(a.begin(), a.end(), [&](const auto& key) { return b.contains(key); });
}
bool within(const Keys& a, const Keys& b) { return std::includes(b.begin(), b.end(), a.begin(), a.end()); }

// One relationship's life, with a second, independent memory of what was accepted.
class Life {
 public:
  explicit Life(std::uint32_t seed) : random_(seed) {}

  void step() {
    const auto bundle = make_bundle(any());
    switch (below(12)) {
      case 0:
        return operator_takes(decide_given(test::decided_at, current(), bundle, {}), *bundle);
      case 1:
        if (record_) return take(decide_rollback(test::decided_at, *record_, bundle, 1));
        return;
      case 2:
        if (record_ && record_->held) return approve();
        return;
      case 3:
        return reject();
      case 4:
        if (record_) record_ = with_accept_next(*record_, {"", "", test::decided_at});
        return;
      default:
        return fetch(bundle);
    }
  }

 private:
  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  const BundleRecord* current() const { return record_ ? &*record_ : nullptr; }

  BundleSpec any() {
    BundleSpec spec;
    for (const char* name : {"A", "B", "C"}) {
      if (below(3) == 0) spec.x509.emplace_back(name);
      if (below(4) == 0) spec.jwt.emplace_back(name);
    }
    if (below(4) != 0) spec.sequence = below(6);
    return spec;
  }

  void remember(const spiffe::Bundle& bundle) {
    if (!x509_of(bundle).empty()) last_x509_ = x509_of(bundle);
    if (!jwt_of(bundle).empty()) last_jwt_ = jwt_of(bundle);
  }

  void put(BundleRecord next) {
    EXPECT_FALSE(next.held && next.held->bundle->trust_domain != next.trust_domain());
    EXPECT_LE(next.rejected.size(), most_rejected);
    record_ = std::move(next);
  }

  void operator_takes(const Decision& decision, const spiffe::Bundle& bundle) {
    const auto* accept = std::get_if<Accept>(&decision);
    if (accept == nullptr) return;
    EXPECT_FALSE(accept->next.held || accept->next.rolled_back);
    remember(bundle);
    put(accept->next);
  }

  void take(const Result<Accept>& accept) {
    if (!accept) return;
    EXPECT_GE(accept->next.highest_sequence, record_->highest_sequence);
    EXPECT_FALSE(accept->next.held);
    remember(*accept->next.bundle);
    put(accept->next);
  }

  void approve() {
    EXPECT_FALSE(decide_approve(test::decided_at, &*record_, "another"));
    take(decide_approve(test::decided_at, &*record_, record_->held->digest));
  }

  void reject() {
    const auto next = decide_reject(current(), record_ && record_->held ? record_->held->digest : "");
    if (!next) return;
    EXPECT_EQ(next->bundle, record_->bundle);
    put(*next);
  }

  void fetch(const spiffe::BundlePtr& bundle) {
    const ChangePolicy policy = static_cast<ChangePolicy>(below(3));
    const SequenceRule rule = below(2) == 0 ? SequenceRule::warn : SequenceRule::strict;
    const Decision decision =
        decide_fetched(test::decided_at, current(), {bundle, test::endpoint}, {.sequence = rule, .policy = policy});
    if (const auto* hold = std::get_if<Hold>(&decision)) {
      EXPECT_NE(policy, ChangePolicy::accept);
      EXPECT_TRUE(!record_ || hold->next.bundle == record_->bundle);
      EXPECT_EQ(hold->next.highest_sequence, record_ ? record_->highest_sequence : std::nullopt);
      put(hold->next);
    }
    const auto* accept = std::get_if<Accept>(&decision);
    if (accept == nullptr) return;
    if (record_ && !record_->accept_next) check_accepted(*bundle, policy, accept->next);
    EXPECT_FALSE(accept->next.accept_next);
    remember(*bundle);
    put(accept->next);
  }

  void check_accepted(const spiffe::Bundle& bundle, ChangePolicy policy, const BundleRecord& next) {
    const bool adds =
        !within(x509_of(bundle), x509_of(*record_->bundle)) || !within(jwt_of(bundle), jwt_of(*record_->bundle));
    EXPECT_GE(next.highest_sequence, record_->highest_sequence);
    // What is in use already may be below the floor: the endpoint confirms what was restored.
    const bool same = record_->in_use() && bundle.sequence == record_->bundle->sequence && !adds &&
                      spiffe::same_authorities(bundle, *record_->bundle);
    EXPECT_TRUE(same || !bundle.sequence || bundle.sequence >= record_->highest_sequence);
    EXPECT_FALSE(adds && policy == ChangePolicy::approve);
    EXPECT_FALSE(adds &&
                 std::count(record_->rejected.begin(), record_->rejected.end(), spiffe::authorities_digest(bundle)));
    if (policy != ChangePolicy::overlap || !adds) return;
    EXPECT_TRUE(x509_of(bundle).empty() || last_x509_.empty() || overlaps(x509_of(bundle), last_x509_));
    EXPECT_TRUE(jwt_of(bundle).empty() || last_jwt_.empty() || overlaps(jwt_of(bundle), last_jwt_));
  }

  std::mt19937 random_;
  std::optional<BundleRecord> record_;
  Keys last_x509_, last_jwt_;
};

// FC-13
TEST(Decisions, NeverLowerTheFloorNorPassAPolicyByThemselvesHoweverTheyFollowEachOther) {
  for (std::uint32_t seed = 0; seed < 100 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Life life(seed);
    for (int i = 0; i < 40; ++i) life.step();
  }
}

}  // namespace
}  // namespace entente::trust
