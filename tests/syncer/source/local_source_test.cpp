// The local sources: what becomes of our own bundle, from an issuer or a file to the ledger.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "common/base/task.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "common/store/memory_store.hpp"
#include "syncer/source/file_source.hpp"
#include "syncer/source/issuer_source.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/syncer/support/run.hpp"
#include "tests/syncer/support/test_authority.hpp"

namespace entente::syncer {
namespace {

namespace fs = std::filesystem;
using std::chrono::minutes;
using std::chrono::seconds;
using test::run;
using test::run_until;

const spiffe::TrustDomain own_domain = *spiffe::TrustDomain::parse("own.test");

class LocalSourceTest : public testing::Test {
 protected:
  LocalSourceTest() {
    ledger_ = std::move(
        *store::Ledger::open(io_.get_executor(), std::make_unique<store::MemoryStore>(), own_domain, clock_, log_));
    own_ = std::make_unique<OwnBundle>(*ledger_, clock_, log_, &metrics_);
  }
  // What runs refers to what derived fixtures own: they call this in their destructors.
  void drain() {
    tasks_.cancel();
    run(io_, tasks_.drained());
  }

  trust::RecordPtr held() const { return ledger_->current()->own_record(); }

  template <class Condition>
  void until(Condition condition) {
    run_until(io_, condition);
  }

  asio::io_context io_;
  test::FakeClock clock_;
  Log log_{LogLevel::error};
  telemetry::Metrics metrics_;
  test::TempFolder folder_;
  std::unique_ptr<store::Ledger> ledger_;
  std::unique_ptr<OwnBundle> own_;
  asio::thread_pool blocking_{1};
  TaskGroup tasks_{io_.get_executor(), log_};
};

// TB-2: the sequence is at least the time, grows with every change, and only with a change.
TEST_F(LocalSourceTest, GivesEachContentOfOurBundleItsOwnGrowingSequence) {
  spiffe::Bundle first(own_domain);
  first.jwt_authorities.push_back({"one", crypto::PrivateKey::generate(crypto::KeyType::ec_p256)->public_key()});
  spiffe::Bundle second = first;
  second.jwt_authorities.push_back({"two", crypto::PrivateKey::generate(crypto::KeyType::ec_p256)->public_key()});

  ASSERT_TRUE(run(io_, own_->offer(first, "test")));
  const auto sequence = held()->bundle->sequence;
  ASSERT_TRUE(run(io_, own_->offer(first, "test")));
  EXPECT_EQ(held()->bundle->sequence, sequence);
  ASSERT_TRUE(run(io_, own_->offer(second, "test")));

  EXPECT_GE(*sequence, static_cast<std::uint64_t>(unix_seconds(clock_.now())));
  EXPECT_GT(*held()->bundle->sequence, *sequence);
}

TEST_F(LocalSourceTest, PutsEachChangeOfOurBundleOnRecord) {
  const test::TestAuthority one("own.test", clock_.now()), two("own.test", clock_.now());
  ASSERT_TRUE(run(io_, own_->offer(one.bundle(), "issuer")));
  ASSERT_TRUE(run(io_, own_->offer(one.bundle(), "issuer")));
  ASSERT_TRUE(run(io_, own_->offer(two.bundle(), "issuer")));

  const auto entries = run(io_, ledger_->history(own_domain, {})).value();

  ASSERT_EQ(entries.size(), 2U);
  for (const auto& entry : entries) {
    EXPECT_EQ(entry->action, trust::HistoryAction::accepted);
    EXPECT_EQ(entry->from.source, "issuer");
  }
  EXPECT_EQ(entries[1]->sequence, held()->bundle->sequence);
  EXPECT_EQ(entries[1]->changes.size(), 2U);
}

class IssuerSourceTest : public LocalSourceTest {
 protected:
  ~IssuerSourceTest() override { drain(); }
  IssuerSourceTest() {
    issuer_ = std::move(*issuer::Issuer::open({own_domain, folder_ / "issuer"}, clock_, log_));
    source_ = std::make_unique<IssuerSource>(io_.get_executor(), *issuer_, *own_, blocking_, clock_, log_, [this] {
      ++changes_;
      bundle_at_change_ = held();
    });
    EXPECT_TRUE(run(io_, source_->start()));
  }

  std::unique_ptr<issuer::Issuer> issuer_;
  std::unique_ptr<IssuerSource> source_;
  int changes_ = 0;
  trust::RecordPtr bundle_at_change_;
};

TEST_F(IssuerSourceTest, PublishesTheIssuersAuthoritiesAtTheStart) {
  ASSERT_TRUE(held());
  EXPECT_TRUE(spiffe::same_authorities(*held()->bundle, issuer_->bundle()));
  EXPECT_EQ(held()->origin, trust::Origin::own);
}

// FS-1: before first use.
TEST_F(IssuerSourceTest, HasPublishedANewAuthorityBeforeThoseWhoMintAreTold) {
  const auto rotated = run(io_, source_->rotate(true, true, true));

  ASSERT_TRUE(rotated) << rotated.error().message();
  EXPECT_EQ(changes_, 1);
  EXPECT_TRUE(spiffe::same_authorities(*bundle_at_change_->bundle, issuer_->bundle()));
  EXPECT_EQ(held()->bundle->x509_authorities.size(), 2u);
}

TEST_F(IssuerSourceTest, CountsTheChangesOfOurBundleAndRecordsWhoAskedForThem) {
  const trust::Actor by{1000, "entente bundle rotate"};
  EXPECT_NE(metrics_.expose().find("\nentente_bundle_changes_total 1\n"), std::string::npos);

  ASSERT_TRUE(run(io_, source_->rotate(true, false, false, by)));

  EXPECT_NE(metrics_.expose().find("\nentente_bundle_changes_total 2\n"), std::string::npos);
  const auto history = run(io_, ledger_->history(own_domain, {}));
  ASSERT_TRUE(history);
  ASSERT_EQ(history->size(), 2u);
  EXPECT_FALSE(history->front()->by);
  EXPECT_EQ(history->back()->by, by);
}

TEST_F(IssuerSourceTest, OnlyPublishesWhatItPrepares) {
  const auto rotated = run(io_, source_->rotate(true, false, false));

  ASSERT_TRUE(rotated);
  EXPECT_EQ(changes_, 0);
  EXPECT_EQ(held()->bundle->x509_authorities.size(), 2u);
  EXPECT_EQ(held()->bundle->jwt_authorities.size(), 1u);
}

TEST_F(IssuerSourceTest, ActivatesAPreparedAuthorityWhenItsTimeComes) {
  tasks_.spawn("issuer", source_->run());
  ASSERT_TRUE(run(io_, source_->rotate(true, false, false)));

  for (int minute = 0; minute <= 20 && changes_ == 0; ++minute) {
    until([&] { return clock_.sleepers() > 0; });
    clock_.advance(minutes(1));
    io_.restart();
    io_.run_for(std::chrono::milliseconds(5));
  }
  until([&] { return changes_ == 1; });

  EXPECT_EQ(changes_, 1);
}

TEST_F(IssuerSourceTest, QueuesRotationsThatComeTogether) {
  std::vector<Result<std::vector<issuer::AuthorityInfo>>> answers;
  const auto rotate = [](IssuerSource& source, decltype(answers)& into) -> asio::awaitable<void> {
    auto answer = co_await source.rotate(true, true, true);
    into.push_back(std::move(answer));
  };
  for (int i = 0; i < 3; ++i) tasks_.spawn("rotation", rotate(*source_, answers));

  until([&] { return answers.size() == 3; });

  for (const auto& answer : answers) EXPECT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(held()->bundle->x509_authorities.size(), 4u);
  EXPECT_TRUE(spiffe::same_authorities(*held()->bundle, issuer_->bundle()));
}

class FileSourceTest : public LocalSourceTest {
 protected:
  ~FileSourceTest() override { drain(); }

  // As a tool that takes care would: the whole file at once.
  void replace(const std::string& content) {
    folder_.write("next", content);
    fs::rename(folder_ / "next", folder_ / "bundle.json");
  }
  // Lives as long as the test: its task may.
  FileSource* source(BundleFormat format = BundleFormat::spiffe) {
    sources_.push_back(std::make_unique<FileSource>(
        io_.get_executor(), FileSourceOptions{own_domain, folder_ / "bundle.json", format}, *own_, clock_, log_));
    return sources_.back().get();
  }

  std::vector<std::unique_ptr<FileSource>> sources_;
  test::TestAuthority first_{"own.test", clock_.now()}, second_{"own.test", clock_.now()};
};

TEST_F(FileSourceTest, TakesABundleAndFollowsItsFile) {
  replace(spiffe::write_bundle(first_.bundle(7)));
  FileSource* const file = source();
  ASSERT_TRUE(run(io_, file->start()));
  EXPECT_TRUE(spiffe::same_authorities(*held()->bundle, first_.bundle(7)));
  tasks_.spawn("file", file->run());

  replace(spiffe::write_bundle(second_.bundle(8)));

  until([&] { return spiffe::same_authorities(*held()->bundle, second_.bundle(8)); });
}

TEST_F(FileSourceTest, AdoptsALargerSequenceOfTheSourcesOwn) {
  constexpr std::uint64_t large = 9'000'000'000;
  replace(spiffe::write_bundle(first_.bundle(large)));

  ASSERT_TRUE(run(io_, source()->start()));

  EXPECT_EQ(held()->bundle->sequence, large);
}

TEST_F(FileSourceTest, KeepsTheLastGoodBundleWhenTheFileIsDamaged) {
  replace(spiffe::write_bundle(first_.bundle(7)));
  FileSource* const file = source();
  ASSERT_TRUE(run(io_, file->start()));
  tasks_.spawn("file", file->run());

  replace("{\"keys\": nonsense");
  replace("");
  io_.restart();
  io_.run_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(spiffe::same_authorities(*held()->bundle, first_.bundle(7)));
  replace(spiffe::write_bundle(second_.bundle(8)));

  until([&] { return spiffe::same_authorities(*held()->bundle, second_.bundle(8)); });
}

TEST_F(FileSourceTest, ReadsPem) {
  replace(spiffe::write_pem_bundle(first_.bundle(7)));

  ASSERT_TRUE(run(io_, source(BundleFormat::pem)->start()));

  EXPECT_EQ(held()->bundle->x509_authorities, first_.bundle(7).x509_authorities);
}

TEST_F(FileSourceTest, RefusesToStartWithoutAnyBundle) {
  const Status started = run(io_, source()->start());

  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message(), testing::HasSubstr("bundle.json"));
}

TEST_F(FileSourceTest, StartsWithWhatIsHeldWhenTheFileIsAway) {
  replace(spiffe::write_bundle(first_.bundle(7)));
  ASSERT_TRUE(run(io_, source()->start()));
  fs::remove(folder_ / "bundle.json");

  EXPECT_TRUE(run(io_, source()->start()));
  EXPECT_TRUE(spiffe::same_authorities(*held()->bundle, first_.bundle(7)));
}

}  // namespace
}  // namespace entente::syncer
