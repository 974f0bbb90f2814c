// What the store on disk costs: how often it asks the kernel to write and to wait for the disk.
#include <gtest/gtest.h>

#include "common/store/sqlite_store.hpp"
#include "tests/costs/meter.hpp"
#include "tests/costs/write_ahead_log.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/syncer/support/test_authority.hpp"

namespace entente::test {
namespace {

class StoreCost : public testing::Test {
 protected:
  const Time now = from_unix_seconds(1'800'000'000);

  StoreCost() { must(store->load()); }

  // A bundle of one X.509 authority for each of so many trust domains, with the history entries that say so.
  store::Batch batch(int domains) {
    store::Batch made;
    for (int i = 0; i < domains; ++i) {
      spiffe::Bundle bundle(domain("peer" + std::to_string(i) + ".test"));
      bundle.x509_authorities = {authority.certificate()};
      bundle.sequence = ++sequence;
      auto record = std::make_shared<trust::BundleRecord>();
      record->bundle = std::make_shared<const spiffe::Bundle>(std::move(bundle));
      record->origin = trust::Origin::fetched;
      std::uint64_t& revision = revisions[record->trust_domain()];
      record->revision = revision + 1;
      auto event = std::make_shared<trust::HistoryEntry>(
          trust::HistoryEntry(record->trust_domain(), trust::HistoryAction::accepted));
      event->number = revision + 1;
      event->at = now;
      event->bundle = record->bundle;
      made.changes.push_back({record->trust_domain(), revision++, std::move(record)});
      made.events.push_back(std::move(event));
    }
    return made;
  }
  Meter cost_of(const store::Batch& wanted) {
    Meter meter;
    meter.count([&] { EXPECT_TRUE(store->write(wanted)); });
    return meter;
  }

  // One transaction and one wait for the disk, without what only the first writes cost.
  struct Written {
    std::uint64_t pages;
    Meter cost;
  };
  Written write_when_warm(int domains, int warming) {
    for (int i = 0; i < warming; ++i) cost_of(batch(domains));
    const WriteAheadLog before = read_write_ahead_log(folder / "entente.db");
    const Meter cost = cost_of(batch(domains));
    const WriteAheadLog written = read_write_ahead_log(folder / "entente.db") - before;
    EXPECT_EQ(written.transactions, 1U);
    EXPECT_EQ(cost.calls().of("fdatasync") + cost.calls().of("fsync"), 1U) << cost;
    return {written.pages, cost};
  }

  TempFolder folder;
  std::unique_ptr<store::SqliteStore> store = must(store::SqliteStore::open(folder / "entente.db"));
  TestAuthority authority{"b.test", now};
  std::map<spiffe::TrustDomain, std::uint64_t> revisions;
  std::uint64_t sequence = 0;
};

// The record's page, the history's, those of their indexes and the one that every commit touches, each written as a
// header and a page; the locks of one transaction; and one wait for the disk.
TEST_F(StoreCost, OfOneChange) {
  const Written written = write_when_warm(1, 3);

  EXPECT_LE(written.pages, 5U);
  EXPECT_LE(written.cost.calls().of("pwrite64"), 10U) << written.cost;
  EXPECT_LE(written.cost.calls().total(), 17U) << written.cost;
}

// However many; of the pages, neighbours share.
TEST_F(StoreCost, OfAHundredChangesThatComeTogether) {
  const Written written = write_when_warm(100, 2);

  EXPECT_LE(written.pages, 60U);
  EXPECT_LE(written.cost.calls().total(), 2 * 60U + 10) << written.cost;
}

}  // namespace
}  // namespace entente::test
