#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spire/api/server/entry/v1/entry.grpc.pb.h"
#include "tests/syncer/admin/admin_server.hpp"

namespace entente::test {
namespace {

namespace v1 = spire::api::server::entry::v1;
namespace types = spire::api::types;
using testing::HasSubstr;
using Stub = v1::Entry::Stub;

types::Entry entry(const std::string& path, int uid) {
  types::Entry message;
  message.mutable_spiffe_id()->set_trust_domain("own.test");
  message.mutable_spiffe_id()->set_path(path);
  message.mutable_parent_id()->set_trust_domain("own.test");
  message.mutable_parent_id()->set_path("/host");
  types::Selector& selector = *message.add_selectors();
  selector.set_type("unix");
  selector.set_value("uid:" + std::to_string(uid));
  return message;
}

class EntryServiceTest : public testing::Test {
 protected:
  explicit EntryServiceTest(AdminSetup setup = {}) : server(std::move(setup)) {}

  v1::BatchCreateEntryResponse create(const std::vector<types::Entry>& wanted) {
    v1::BatchCreateEntryRequest request;
    for (const types::Entry& one : wanted) *request.add_entries() = one;
    return ask(*stub, &Stub::BatchCreateEntry, request).response;
  }
  v1::BatchUpdateEntryResponse::Result update(const types::Entry& wanted, const types::EntryMask* mask = nullptr) {
    v1::BatchUpdateEntryRequest request;
    *request.add_entries() = wanted;
    if (mask) *request.mutable_input_mask() = *mask;
    return ask(*stub, &Stub::BatchUpdateEntry, request).response.results(0);
  }
  types::Status erase(const std::string& id) {
    v1::BatchDeleteEntryRequest request;
    request.add_ids(id);
    const auto answer = ask(*stub, &Stub::BatchDeleteEntry, request).response;
    EXPECT_EQ(answer.results(0).id(), id);
    return answer.results(0).status();
  }
  Answered<types::Entry> get(const std::string& id) {
    v1::GetEntryRequest request;
    request.set_id(id);
    return ask(*stub, &Stub::GetEntry, request);
  }
  int count(const v1::CountEntriesRequest& request = {}) {
    return ask(*stub, &Stub::CountEntries, request).response.count();
  }

  AdminServer server;
  std::unique_ptr<Stub> stub = v1::Entry::NewStub(server.channel());
};

TEST_F(EntryServiceTest, CreatesTellsUpdatesAndDeletes) {
  types::Entry wanted = entry("/web", 1000);
  wanted.set_x509_svid_ttl(300);
  wanted.add_dns_names("web.example");
  wanted.add_federates_with("b.test");
  wanted.set_hint("internal");

  const auto created = create({wanted}).results(0);
  ASSERT_EQ(created.status().code(), grpc::StatusCode::OK) << created.status().message();
  const std::string id = created.entry().id();
  EXPECT_FALSE(id.empty());
  const types::Entry told = get(id).response;
  EXPECT_EQ(told.spiffe_id().path(), "/web");
  EXPECT_EQ(told.parent_id().path(), "/host");
  EXPECT_EQ(told.x509_svid_ttl(), 300);
  EXPECT_EQ(told.dns_names(0), "web.example");
  EXPECT_EQ(told.federates_with(0), "b.test");
  EXPECT_EQ(told.hint(), "internal");
  EXPECT_GT(told.created_at(), 0);

  types::Entry change = told;
  change.mutable_spiffe_id()->set_path("/other");
  const auto updated = update(change);
  EXPECT_EQ(updated.status().code(), grpc::StatusCode::OK) << updated.status().message();
  EXPECT_EQ(get(id).response.spiffe_id().path(), "/other");
  EXPECT_GT(get(id).response.revision_number(), told.revision_number());

  EXPECT_EQ(erase(id).code(), grpc::StatusCode::OK);
  EXPECT_EQ(erase(id).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(get(id).status.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(EntryServiceTest, TellsWhichEntryIsLikeTheNewOne) {
  const std::string id = create({entry("/web", 1000)}).results(0).entry().id();

  const auto again = create({entry("/web", 1000)}).results(0);

  EXPECT_EQ(again.status().code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(again.entry().id(), id);
  EXPECT_EQ(count(), 1);
}

TEST_F(EntryServiceTest, AnswersEachItemOfABatchByItself) {
  types::Entry foreign = entry("/web", 1);
  foreign.mutable_spiffe_id()->set_trust_domain("b.test");

  const auto answer = create({entry("/a", 1), foreign, entry("/b", 2)});

  EXPECT_EQ(answer.results(0).status().code(), grpc::StatusCode::OK);
  EXPECT_EQ(answer.results(1).status().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(answer.results(1).status().message(), HasSubstr("spiffe_id"));
  EXPECT_EQ(answer.results(2).status().code(), grpc::StatusCode::OK);
}

TEST_F(EntryServiceTest, UpdatesAndTellsWhatTheMasksName) {
  const std::string id = create({entry("/web", 1000)}).results(0).entry().id();
  types::Entry change;
  change.set_id(id);
  change.set_hint("new");
  types::EntryMask mask;
  mask.set_hint(true);

  EXPECT_EQ(update(change, &mask).status().code(), grpc::StatusCode::OK);

  EXPECT_EQ(get(id).response.hint(), "new");
  EXPECT_EQ(get(id).response.spiffe_id().path(), "/web");
  v1::GetEntryRequest request;
  request.set_id(id);
  request.mutable_output_mask()->set_hint(true);
  const types::Entry told = ask(*stub, &Stub::GetEntry, request).response;
  EXPECT_EQ(told.id(), id);
  EXPECT_EQ(told.hint(), "new");
  EXPECT_FALSE(told.has_spiffe_id());
  EXPECT_EQ(told.selectors_size(), 0);
}

TEST_F(EntryServiceTest, CountsAndListsWhatTheFilterAsksFor) {
  types::Entry hinted = entry("/b", 2);
  hinted.set_hint("internal");
  create({entry("/a", 1), hinted, entry("/b", 3)});
  v1::CountEntriesRequest by_id, by_hint, by_parent, by_downstream;
  *by_id.mutable_filter()->mutable_by_spiffe_id() = entry("/b", 0).spiffe_id();
  by_hint.mutable_filter()->mutable_by_hint()->set_value("internal");
  *by_parent.mutable_filter()->mutable_by_parent_id() = entry("/b", 0).parent_id();
  by_downstream.mutable_filter()->mutable_by_downstream()->set_value(true);
  v1::ListEntriesRequest by_selector;
  auto& selectors = *by_selector.mutable_filter()->mutable_by_selectors();
  *selectors.add_selectors() = entry("/x", 2).selectors(0);

  EXPECT_EQ(count(), 3);
  EXPECT_EQ(count(by_id), 2);
  EXPECT_EQ(count(by_hint), 1);
  EXPECT_EQ(count(by_parent), 3);
  EXPECT_EQ(count(by_downstream), 0);
  const auto listed = ask(*stub, &Stub::ListEntries, by_selector).response;
  ASSERT_EQ(listed.entries_size(), 1);
  EXPECT_EQ(listed.entries(0).hint(), "internal");
}

TEST_F(EntryServiceTest, ListsInTheOrderOfCreationAndPagesWithoutGaps) {
  std::vector<types::Entry> wanted;
  for (int i = 0; i < 250; ++i) wanted.push_back(entry("/w", 1000 + i));
  create(wanted);

  const auto all = ask(*stub, &Stub::ListEntries, v1::ListEntriesRequest()).response;
  ASSERT_EQ(all.entries_size(), 250);
  for (int i = 0; i < 250; ++i) EXPECT_EQ(all.entries(i).selectors(0).value(), "uid:" + std::to_string(1000 + i));
  EXPECT_EQ(all.next_page_token(), "");

  std::set<std::string> told;
  std::string last;
  v1::ListEntriesRequest request;
  request.set_page_size(100);
  do {
    const auto page = ask(*stub, &Stub::ListEntries, request).response;
    for (const auto& one : page.entries()) {
      EXPECT_TRUE(told.insert(one.id()).second);
      last = one.id();
    }
    request.set_page_token(page.next_page_token());
    if (told.size() == 100) erase(last);
  } while (!request.page_token().empty());
  EXPECT_EQ(told.size(), 250U);
}

TEST_F(EntryServiceTest, HasNothingForAgents) {
  const auto answer = ask(*stub, &Stub::GetAuthorizedEntries, v1::GetAuthorizedEntriesRequest());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + answer_limit);
  const auto stream = stub->SyncAuthorizedEntries(&context);
  v1::SyncAuthorizedEntriesResponse response;
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status ended = stream->Finish();

  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(ended.error_message(), HasSubstr("no agents"));
}

class EntryOfTheFileTest : public EntryServiceTest {
 protected:
  static AdminSetup setup() {
    AdminSetup setup;
    setup.entries_of_config.push_back({"config-0",
                                       must(spiffe::SpiffeId::parse("spiffe://own.test/kept")),
                                       {{"unix", "uid:1000"}},
                                       {},
                                       {},
                                       {},
                                       std::nullopt,
                                       ""});
    return setup;
  }
  EntryOfTheFileTest() : EntryServiceTest(setup()) {}
};

TEST_F(EntryOfTheFileTest, IsShownAndChangedInTheFileAlone) {
  types::Entry change = entry("/other", 1);
  change.set_id("config-0");

  for (const types::Status& answer : {update(change).status(), erase("config-0")}) {
    EXPECT_EQ(answer.code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_THAT(answer.message(), HasSubstr("/etc/entente.yaml"));
  }
  EXPECT_EQ(get("config-0").response.spiffe_id().path(), "/kept");
}

class NoEntriesTest : public EntryServiceTest {
 protected:
  static AdminSetup setup() {
    AdminSetup setup;
    setup.issuer = false;
    return setup;
  }
  NoEntriesTest() : EntryServiceTest(setup()) {}
};

TEST_F(NoEntriesTest, SaysThatThereIsNoIssuer) {
  const auto answer = ask(*stub, &Stub::CountEntries, v1::CountEntriesRequest());

  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(answer.status.error_message(), HasSubstr("no embedded issuer"));
}

}  // namespace
}  // namespace entente::test
