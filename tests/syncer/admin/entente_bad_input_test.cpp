// Every field of every call of entente.v1 wrong in turn: the status code, and a message that names the field. Nothing
// is stored.
#include "tests/syncer/admin/entente_fixture.hpp"

namespace entente::syncer {
namespace {

using namespace entente::test;
using testing::HasSubstr;
using testing::StartsWith;

const std::string digest(64, 'a');

class EntenteBadInputTest : public EntenteTest {
 protected:
  EntenteBadInputTest() { start(); }

  using Definition = v1::RelationshipDefinition;
  struct BadDefinition {
    const char* what;
    std::function<void(Definition&)> spoil;
    std::string message;
  };

  static std::vector<BadDefinition> bad_definitions() {
    const auto set_url = [](std::string text) {
      return [text = std::move(text)](Definition& d) { d.set_endpoint_urls(0, text); };
    };
    const auto set_id = [](std::string text) {
      return [text = std::move(text)](Definition& d) { d.mutable_https_spiffe()->set_endpoint_spiffe_id(text); };
    };
    const auto set_pin = [](std::string text) {
      return [text = std::move(text)](Definition& d) { d.mutable_https_web()->add_pins(text); };
    };
    const auto set_bundle = [](std::string text) {
      return [text = std::move(text)](Definition& d) { d.set_bundle(text); };
    };
    return {
        {"http", set_url("http://b.example/"), "endpoint_urls[0]: "},
        {"userinfo", set_url("https://user@b.example/"), "endpoint_urls[0]: "},
        {"fragment", set_url("https://b.example/#x"), "endpoint_urls[0]: "},
        {"no URL", set_url("b.example"), "endpoint_urls[0]: "},
        {"empty URL", set_url(""), "endpoint_urls[0]: "},
        {"bad second URL", [](Definition& d) { d.add_endpoint_urls("ftp://x"); }, "endpoint_urls[1]: "},
        {"URL twice", [](Definition& d) { d.add_endpoint_urls(peer_url); }, "endpoint_urls[1]: "},
        {"too many URLs",
         [](Definition& d) {
           for (int i = 0; i < 8; ++i) d.add_endpoint_urls(peer_url + std::to_string(i));
         },
         "endpoint_urls: 9"},
        {"no endpoint ID", set_id(""), "https_spiffe.endpoint_spiffe_id: "},
        {"no SPIFFE ID", set_id("https://b.test/x"), "https_spiffe.endpoint_spiffe_id: "},
        {"ID without a path", set_id("spiffe://b.test"), "https_spiffe.endpoint_spiffe_id: "},
        {"upper case ID", set_id("spiffe://B.test/x"), "https_spiffe.endpoint_spiffe_id: "},
        {"roots that are none", [](Definition& d) { d.mutable_https_web()->set_roots_pem("no PEM"); },
         "https_web.roots_pem: "},
        {"pin without its hash", set_pin("AAAA"), "https_web.pins[0]: "},
        {"pin of another hash", set_pin("sha1/AAAA"), "https_web.pins[0]: "},
        {"short pin", set_pin("sha256/AAAA"), "https_web.pins[0]: "},
        {"too many pins",
         [](Definition& d) {
           for (int i = 0; i < 33; ++i) d.mutable_https_web()->add_pins("sha256/" + std::string(43, 'A') + "=");
         },
         "https_web.pins: over 32"},
        {"unknown policy", [](Definition& d) { d.set_policy("maybe"); }, "policy: "},
        {"empty policy", [](Definition& d) { d.set_policy(""); }, "policy: "},
        {"unknown sequence rule", [](Definition& d) { d.set_sequence("Strict"); }, "sequence: "},
        {"bundle that is none", set_bundle("not a bundle"), "bundle: "},
        {"bundle without keys", set_bundle("{}"), "bundle: "},
        {"empty bundle", set_bundle("{\"keys\":[]}"), "bundle: no authority"},
        {"no bytes of a bundle", set_bundle(""), "bundle: "},
        {"bundle of unknown uses", set_bundle("{\"keys\":[{\"kty\":\"EC\",\"use\":\"foo\"}]}"), "bundle: no authority"},
    };
  }

  void expect_invalid(const grpc::Status& status, const std::string& message, const char* what) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << what << ": " << status.error_message();
    EXPECT_THAT(status.error_message(), StartsWith(message)) << what;
  }
};

TEST_F(EntenteBadInputTest, NamesTheFieldOfANewRelationship) {
  std::vector<BadDefinition> cases = bad_definitions();
  cases.push_back({"no name", [](Definition& d) { d.clear_trust_domain(); }, "trust_domain: "});
  cases.push_back({"upper case name", [](Definition& d) { d.set_trust_domain("B.test"); }, "trust_domain: "});
  cases.push_back({"long name", [](Definition& d) { d.set_trust_domain(std::string(300, 'a')); }, "trust_domain: "});
  cases.push_back({"ID with a path", [](Definition& d) { d.set_trust_domain("spiffe://b.test/x"); }, "trust_domain: "});
  cases.push_back({"our own name", [](Definition& d) { d.set_trust_domain("own.test"); }, "trust_domain: "});
  cases.push_back({"no URL at all", [](Definition& d) { d.clear_endpoint_urls(); }, "endpoint_urls: "});
  cases.push_back({"no profile", [](Definition& d) { d.clear_endpoint_profile(); }, "endpoint_profile: "});
  for (const BadDefinition& each : cases) {
    Definition definition = web_definition("b.test", peer_url);
    each.spoil(definition);
    expect_invalid(create(definition).status, each.message, each.what);
  }
  expect_invalid(call(&Stub::CreateRelationship, {}).status, "definition: ", "nothing");
  EXPECT_EQ(call(&Stub::ListRelationships, {}).response.relationships_size(), 0);
}

TEST_F(EntenteBadInputTest, NamesTheFieldOfAnUpdateAndChangesNothing) {
  ASSERT_TRUE(create(web_definition("b.test", peer_url)).status.ok());
  const std::string before = get("b.test").SerializeAsString();
  for (const BadDefinition& each : bad_definitions()) {
    Definition definition = web_definition("b.test", peer_url);
    each.spoil(definition);
    expect_invalid(update(definition).status, each.message, each.what);
  }
  expect_invalid(call(&Stub::UpdateRelationship, {}).status, "definition: ", "nothing");
  expect_invalid(update(web_definition("B", peer_url)).status, "trust_domain: ", "name");
  EXPECT_EQ(update(web_definition("c.test", peer_url)).status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(get("b.test").SerializeAsString(), before);
}

TEST_F(EntenteBadInputTest, NamesTheTrustDomainInEveryCallThatTakesOne) {
  for (const char* name : {"B.test", "b.test:443", "spiffe://", "spiffe://b.test/x", "https://b.test", "b\ntest"}) {
    const auto expect = [&](const auto& answered) { expect_invalid(answered.status, "trust_domain: ", name); };
    const auto with_name = [&](auto request) {
      request.set_trust_domain(name);
      return request;
    };
    expect(call(&Stub::GetBundle, with_name(v1::GetBundleRequest())));
    expect(call(&Stub::GetRelationship, with_name(v1::GetRelationshipRequest())));
    expect(call(&Stub::DeleteRelationship, with_name(v1::DeleteRelationshipRequest())));
    expect(call(&Stub::AcceptNextBundle, with_name(v1::AcceptNextBundleRequest())));
    expect(call(&Stub::ListHistory, with_name(v1::ListHistoryRequest())));
    expect(call(&Stub::GetHistoryEntry, with_name(v1::GetHistoryEntryRequest())));
    expect(call(&Stub::DiffBundles, with_name(v1::DiffBundlesRequest())));
    expect(call(&Stub::ApproveBundle, with_name(v1::ApproveBundleRequest())));
    expect(call(&Stub::RejectBundle, with_name(v1::RejectBundleRequest())));
    expect(call(&Stub::RollbackBundle, with_name(v1::RollbackBundleRequest())));
    v1::RefreshRelationshipsRequest refresh;
    refresh.add_trust_domains(name);
    expect(call(&Stub::RefreshRelationships, refresh));
  }
}

TEST_F(EntenteBadInputTest, NamesTheFieldOfADecision) {
  const auto decide = [](auto request, std::string name) {
    request.set_trust_domain("b.test");
    request.set_digest(std::move(name));
    return request;
  };
  for (const std::string& name : {std::string(), std::string("abcd"), std::string(64, 'x'), std::string(66, 'a')}) {
    expect_invalid(call(&Stub::ApproveBundle, decide(v1::ApproveBundleRequest(), name)).status, "digest: ", "approve");
    expect_invalid(call(&Stub::RejectBundle, decide(v1::RejectBundleRequest(), name)).status, "digest: ", "reject");
  }
  const auto rollback = [](std::uint64_t number, std::string reason) {
    v1::RollbackBundleRequest request;
    request.set_trust_domain("b.test");
    request.set_number(number);
    request.set_reason(std::move(reason));
    return request;
  };
  expect_invalid(call(&Stub::RollbackBundle, rollback(0, "x")).status, "number: ", "number");
  expect_invalid(call(&Stub::RollbackBundle, rollback(1, "")).status, "reason: ", "no reason");
  expect_invalid(call(&Stub::RollbackBundle, rollback(1, std::string(1001, 'x'))).status, "reason: ", "long reason");
  v1::AcceptNextBundleRequest accept;
  accept.set_trust_domain("b.test");
  expect_invalid(call(&Stub::AcceptNextBundle, accept).status, "reason: ", "accept");
}

TEST_F(EntenteBadInputTest, SaysNotFoundOfWhatIsNotThere) {
  v1::GetBundleRequest bundle;
  bundle.set_trust_domain("b.test");
  v1::GetRelationshipRequest relationship;
  relationship.set_trust_domain("b.test");
  v1::RefreshRelationshipsRequest refresh;
  refresh.add_trust_domains("b.test");
  v1::AcceptNextBundleRequest accept;
  accept.set_trust_domain("b.test");
  accept.set_reason("x");
  v1::ListHistoryRequest history;
  history.set_trust_domain("b.test");
  v1::GetHistoryEntryRequest entry;
  entry.set_trust_domain("b.test");
  entry.set_number(1);
  v1::DiffBundlesRequest diff;
  diff.set_trust_domain("b.test");
  v1::ApproveBundleRequest approve;
  approve.set_trust_domain("b.test");
  approve.set_digest(digest);
  v1::RejectBundleRequest reject;
  reject.set_trust_domain("b.test");
  reject.set_digest(digest);
  v1::RollbackBundleRequest rollback;
  rollback.set_trust_domain("b.test");
  rollback.set_number(1);
  rollback.set_reason("x");
  for (const grpc::Status& status :
       {call(&Stub::GetBundle, bundle).status, call(&Stub::GetRelationship, relationship).status,
        call(&Stub::RefreshRelationships, refresh).status, call(&Stub::AcceptNextBundle, accept).status,
        call(&Stub::ListHistory, history).status, call(&Stub::GetHistoryEntry, entry).status,
        call(&Stub::DiffBundles, diff).status, call(&Stub::ApproveBundle, approve).status,
        call(&Stub::RejectBundle, reject).status, call(&Stub::RollbackBundle, rollback).status}) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr("b.test"));
  }
}

TEST_F(EntenteBadInputTest, NamesTheFieldOfAQuestionAboutTheHistory) {
  v1::ListHistoryRequest list;
  list.set_limit(1001);
  expect_invalid(call(&Stub::ListHistory, list).status, "limit: ", "limit");
  list.set_limit(1);
  list.set_first(3);
  list.set_last(2);
  expect_invalid(call(&Stub::ListHistory, list).status, "first: ", "first");
  expect_invalid(call(&Stub::GetHistoryEntry, {}).status, "number: ", "number");
  v1::DiffBundlesRequest diff;
  diff.set_from(0);
  expect_invalid(call(&Stub::DiffBundles, diff).status, "from: ", "from");
  diff.set_from(1);
  diff.set_to(0);
  expect_invalid(call(&Stub::DiffBundles, diff).status, "to: ", "to");
}

TEST_F(EntenteBadInputTest, NamesTheFieldOfAnImport) {
  v1::ImportBundleRequest request;
  for (const char* text : {"", "x", "a.b.c", "e30.e30.e30"}) {
    request.set_jws(text);
    expect_invalid(call(&Stub::ImportBundle, request).status, "jws: ", text);
  }
}

}  // namespace
}  // namespace entente::syncer
