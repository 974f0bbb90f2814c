// The record of what happened to a bundle, and an operator's decisions on it.
#include "tests/support/eventually.hpp"
#include "tests/syncer/admin/entente_fixture.hpp"

namespace entente::syncer {
namespace {

using namespace entente::test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class EntenteHistoryTest : public EntenteTest {
 protected:
  EntenteHistoryTest() {
    AdminSetup setup;
    setup.sqlite = true;
    start(std::move(setup));
  }

  // A relationship whose endpoint served the first authority with sequence 7, and then the second with 8.
  void rotate_under(const std::string& policy) {
    v1::RelationshipDefinition definition = web_definition("b.test", peer_url);
    definition.set_policy(policy);
    serve(peer_url, first.bundle(7));
    ASSERT_TRUE(create(definition).status.ok());
    refresh("b.test");
    serve(peer_url, second.bundle(8));
    refresh("b.test");
  }
  Answered<v1::DiffBundlesResponse> diff(std::optional<std::uint64_t> from, std::optional<std::uint64_t> to) {
    v1::DiffBundlesRequest request;
    request.set_trust_domain("b.test");
    if (from) request.set_from(*from);
    if (to) request.set_to(*to);
    return call(&Stub::DiffBundles, request);
  }
  grpc::Status approve(const std::string& digest) {
    v1::ApproveBundleRequest request;
    request.set_trust_domain("b.test");
    request.set_digest(digest);
    return call(&Stub::ApproveBundle, request).status;
  }
  grpc::Status rollback(std::uint64_t number) {
    v1::RollbackBundleRequest request;
    request.set_trust_domain("b.test");
    request.set_number(number);
    request.set_reason("the new one breaks us");
    return call(&Stub::RollbackBundle, request).status;
  }
  const crypto::Certificate& in_use() { return server->record("b.test")->bundle->x509_authorities.front(); }

  const Time now = FakeClock().now();
  const TestAuthority first{"b.test", now}, second{"b.test", now};
  const std::string digest_of_second = spiffe::authorities_digest(second.bundle());
};

TEST_F(EntenteHistoryTest, TellsWhatWasAcceptedFromWhereAndWhatItChanged) {
  rotate_under("accept");

  const auto entries = history("b.test");

  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].number(), 1U);
  EXPECT_EQ(entries[1].number(), 2U);
  EXPECT_EQ(entries[1].action(), "accepted");
  EXPECT_EQ(entries[1].sequence(), 8U);
  EXPECT_EQ(entries[1].source(), peer_url);
  EXPECT_EQ(entries[1].address(), FakeEndpoint::address);
  EXPECT_EQ(entries[1].certificate(), FakeEndpoint::certificate);
  EXPECT_EQ(entries[1].digest(), digest_of_second);
  EXPECT_TRUE(entries[1].has_bundle());
  EXPECT_FALSE(entries[1].has_uid()) << "nobody asked";
  EXPECT_EQ(entries[1].time().seconds(), unix_seconds(now));
  ASSERT_EQ(entries[1].changes_size(), 2);
  EXPECT_EQ(entries[1].changes(1).id(), hex_encode(second.certificate().fingerprint()));
}

TEST_F(EntenteHistoryTest, GivesTheNewestOfWhatIsAskedFor) {
  rotate_under("accept");
  const auto numbers = [this](std::uint32_t limit, std::uint64_t from, std::uint64_t to) {
    v1::ListHistoryRequest request;
    request.set_trust_domain("b.test");
    request.set_limit(limit);
    request.set_first(from);
    request.set_last(to);
    std::vector<std::uint64_t> all;
    const auto listed = call(&Stub::ListHistory, request);
    for (const auto& entry : listed.response.entries()) all.push_back(entry.number());
    return all;
  };

  EXPECT_THAT(numbers(0, 0, 0), ElementsAre(1, 2));
  EXPECT_THAT(numbers(1, 0, 0), ElementsAre(2));
  EXPECT_THAT(numbers(0, 0, 1), ElementsAre(1));
  EXPECT_THAT(numbers(0, 2, 0), ElementsAre(2));
  EXPECT_THAT(numbers(0, 5, 9), ElementsAre());
}

TEST_F(EntenteHistoryTest, GivesTheBundleOfAnEntry) {
  rotate_under("accept");
  v1::GetHistoryEntryRequest request;
  request.set_trust_domain("b.test");
  request.set_number(1);

  const auto answered = call(&Stub::GetHistoryEntry, request);

  ASSERT_TRUE(answered.status.ok()) << answered.status.error_message();
  EXPECT_EQ(answered.response.document(), spiffe::write_bundle(first.bundle(7)));
  EXPECT_EQ(answered.response.entry().number(), 1U);
}

TEST_F(EntenteHistoryTest, IsOfOurOwnBundleWithoutAName) {
  const auto entries = history("");

  ASSERT_FALSE(entries.empty());
  EXPECT_EQ(entries[0].source(), "issuer");
}

TEST_F(EntenteHistoryTest, PutsAnApprovalOnRecordWithItsOperator) {
  rotate_under("approve");
  EXPECT_EQ(server->record("b.test"), nullptr) << "the first bundle waits, too";
  EXPECT_EQ(approve(std::string(64, 'a')).error_code(), grpc::StatusCode::ABORTED)
      << "it was another that was reviewed";

  ASSERT_TRUE(approve(digest_of_second).ok());

  EXPECT_EQ(in_use(), second.certificate());
  EXPECT_THAT(actions("b.test"), ElementsAre("held", "held", "approved"));
  const v1::HistoryEntry last = history("b.test").back();
  EXPECT_EQ(last.uid(), ::getuid());
  EXPECT_THAT(last.command(), AllOf(Not(""), Not("ApproveBundle"))) << "the command line of the one who asked";
  EXPECT_FALSE(get("b.test").has_held());
}

TEST_F(EntenteHistoryTest, PollsAtOnceWhatWaitedForTheBundleThatIsApproved) {  // FC-9
  const TestAuthority hosted("c.test", now);
  const std::string other = "https://c.example/";
  serve(other, hosted.bundle(3));
  ASSERT_TRUE(create(spiffe_definition("c.test", other, "spiffe://b.test/hosting")).status.ok());
  rotate_under("approve");
  ASSERT_EQ(refresh("c.test").last_error().code(), "no_bootstrap_bundle");

  ASSERT_TRUE(approve(digest_of_second).ok());

  // The clock stands still: the schedule brings nothing.
  EXPECT_TRUE(eventually([&] { return server->record("c.test") != nullptr; }));
}

TEST_F(EntenteHistoryTest, HoldsNoRejectedBundleAgain) {
  rotate_under("overlap");
  v1::RejectBundleRequest request;
  request.set_trust_domain("b.test");
  request.set_digest(digest_of_second);

  ASSERT_TRUE(call(&Stub::RejectBundle, request).status.ok());

  EXPECT_EQ(in_use(), first.certificate());
  const v1::Relationship shown = refresh("b.test");
  EXPECT_FALSE(shown.has_held());
  EXPECT_EQ(shown.last_error().code(), "rejected");
  EXPECT_THAT(actions("b.test"), ElementsAre("accepted", "held", "rejected", "refused"));
  EXPECT_EQ(approve(digest_of_second).error_code(), grpc::StatusCode::NOT_FOUND) << "nothing waits";
}

TEST_F(EntenteHistoryTest, RollsBackToWhatWasInUseAndNothingElse) {
  rotate_under("accept");

  ASSERT_TRUE(rollback(1).ok());

  EXPECT_EQ(in_use(), first.certificate());
  EXPECT_EQ(refresh("b.test").sequence(), 7U) << "the floor stays: the same bundle does not come back by itself";
  const v1::HistoryEntry entry = history("b.test")[2];
  EXPECT_EQ(entry.action(), "rolled_back");
  EXPECT_EQ(entry.reason(), "the new one breaks us");
  EXPECT_EQ(rollback(99).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(EntenteHistoryTest, ComparesWhatIsInUseWithWhatIsHeld) {
  rotate_under("overlap");

  const auto answered = diff(std::nullopt, std::nullopt);

  ASSERT_TRUE(answered.status.ok()) << answered.status.error_message();
  EXPECT_EQ(answered.response.from().name(), "in use");
  EXPECT_EQ(answered.response.from().sequence(), 7U);
  EXPECT_EQ(answered.response.to().name(), "held");
  EXPECT_EQ(answered.response.to().digest(), digest_of_second);
  EXPECT_EQ(answered.response.changes_size(), 2);
  EXPECT_THAT(answered.response.summary(), HasSubstr("sequence 7 -> 8"));
}

TEST_F(EntenteHistoryTest, ComparesEntriesWithEachOtherAndWithWhatIsInUse) {
  rotate_under("accept");

  EXPECT_EQ(diff(2, 1).response.to().name(), "history entry 1");
  EXPECT_EQ(diff(2, 1).response.changes(1).id(), hex_encode(first.certificate().fingerprint()));
  EXPECT_EQ(diff(1, std::nullopt).response.to().name(), "in use");
  EXPECT_EQ(diff(1, std::nullopt).response.changes_size(), 2);
  EXPECT_EQ(diff(2, std::nullopt).response.changes_size(), 0);
  EXPECT_EQ(diff(std::nullopt, 1).response.from().name(), "in use");
  const grpc::Status nothing_held = diff(std::nullopt, std::nullopt).status;
  EXPECT_EQ(nothing_held.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(nothing_held.error_message(), HasSubstr("name entries"));
  EXPECT_THAT(diff(99, std::nullopt).status.error_message(), testing::StartsWith("from: "));
}

TEST_F(EntenteHistoryTest, KeepsTheOperatorsWordForTheNextBundle) {
  rotate_under("accept");
  serve(peer_url, first.bundle(3));
  EXPECT_EQ(refresh("b.test").last_error().code(), "sequence_older");
  v1::AcceptNextBundleRequest request;
  request.set_trust_domain("b.test");
  request.set_reason("they rebuilt");

  ASSERT_TRUE(call(&Stub::AcceptNextBundle, request).status.ok());

  EXPECT_TRUE(eventually([&] { return get("b.test").sequence() == 3U; }));  // polled at once, after the answer
  const auto all = actions("b.test");
  EXPECT_NE(std::find(all.begin(), all.end(), "accept_next"), all.end());
}

}  // namespace
}  // namespace entente::syncer
