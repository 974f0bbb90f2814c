#include "common/trust/snapshot.hpp"

#include <gtest/gtest.h>

#include "tests/common/trust/bundles.hpp"

namespace entente::trust {
namespace {

using test::domain;

RecordPtr record_of(const std::string& name, std::uint64_t revision = 1) {
  auto record = test::fetched(test::make_bundle({.trust_domain = name}), test::authorities_begin());
  record.revision = revision;
  return std::make_shared<const BundleRecord>(record);
}

// FC-14
TEST(Snapshot, KeepsEveryTrustDomainApartAndSorted) {
  SnapshotPtr snapshot = std::make_shared<const Snapshot>();
  for (const char* name : {"m.test", "a.test", "z.test"})
    snapshot = with_record(*snapshot, domain(name), record_of(name));

  ASSERT_EQ(snapshot->records.size(), 3U);
  EXPECT_EQ(snapshot->records[0]->trust_domain().name(), "a.test");
  EXPECT_EQ(snapshot->records[2]->trust_domain().name(), "z.test");
  EXPECT_EQ(snapshot->find(domain("m.test")), snapshot->records[1]);
  EXPECT_EQ(snapshot->find(domain("b.test")), nullptr);
  EXPECT_EQ(snapshot->version, 3U);
}

TEST(Snapshot, LeavesTheOneBeforeAsItWas) {
  const SnapshotPtr before = with_record(Snapshot(), domain("b.test"), record_of("b.test", 1));

  const SnapshotPtr replaced = with_record(*before, domain("b.test"), record_of("b.test", 2));
  const SnapshotPtr removed = with_record(*replaced, domain("b.test"), nullptr);

  EXPECT_EQ(before->find(domain("b.test"))->revision, 1U);
  EXPECT_EQ(replaced->find(domain("b.test"))->revision, 2U);
  EXPECT_TRUE(removed->records.empty());
}

TEST(Snapshot, KeepsApartWhatIsInUseAndWhatOnlyWaits) {
  auto none = *record_of("b.test", 1);
  none.origin = Origin::none;
  const auto waiting = std::make_shared<const BundleRecord>(none);
  SnapshotPtr snapshot = std::make_shared<const Snapshot>();
  for (const char* name : {"c.test", "a.test"}) snapshot = with_record(*snapshot, domain(name), record_of(name));

  snapshot = with_record(*snapshot, domain("b.test"), waiting);
  EXPECT_EQ(snapshot->find(domain("b.test")), nullptr);
  EXPECT_EQ(snapshot->find_any(domain("b.test")), waiting);
  EXPECT_EQ(snapshot->find_any(domain("a.test")), snapshot->records[0]);
  EXPECT_EQ(snapshot->find_any(domain("z.test")), nullptr);
  EXPECT_EQ(snapshot->records.size(), 2U);

  snapshot = with_record(*snapshot, domain("b.test"), record_of("b.test", 2));
  EXPECT_EQ(snapshot->find(domain("b.test"))->revision, 2U);
  EXPECT_TRUE(snapshot->waiting.empty());

  snapshot = with_record(*snapshot, domain("b.test"), waiting);
  EXPECT_EQ(snapshot->records.size(), 2U);
  snapshot = with_record(*snapshot, domain("b.test"), nullptr);
  EXPECT_EQ(snapshot->find_any(domain("b.test")), nullptr);
}

TEST(Snapshot, KnowsItsOwnTrustDomainIfThereIsOne) {
  Snapshot snapshot;
  EXPECT_EQ(snapshot.own_record(), nullptr);
  snapshot.own = domain("a.test");
  EXPECT_EQ(snapshot.own_record(), nullptr);
  EXPECT_EQ(with_record(snapshot, domain("a.test"), record_of("a.test"))->own_record()->trust_domain().name(),
            "a.test");
}

}  // namespace
}  // namespace entente::trust
