// Every field of every call of entente.v1 in one table, each with a value that is wrong: a field that is added later
// needs a row here, or a reason why no value of it is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/syncer/admin/admin_server.hpp"
#include "tests/syncer/admin/generic_call.hpp"

namespace entente::test {
namespace {

namespace pb = google::protobuf;
using testing::StartsWith;

constexpr const char* service = "entente.v1.Admin";

struct Row {
  std::string call;
  std::string field;    // its path in the request
  std::string request;  // right but for that field, as protobuf's text
  std::string named;    // how the message begins
};
using Rows = std::vector<Row>;

// The relationship that is there to be updated.
constexpr const char* known =
    "definition { trust_domain: 'known.test' endpoint_urls: 'https://b.example/' https_web {} }";

// Around a definition of a relationship with that trust domain.
void add_definition_rows(Rows& rows, const std::string& call, const std::string& trust_domain) {
  const auto add = [&](const std::string& field, const std::string& body) {
    rows.push_back({call, std::string("definition.").append(field),
                    std::string("definition { ").append(body).append(" }"), std::string(field).append(": ")});
  };
  const std::string name = std::string("trust_domain: '").append(trust_domain).append("' ");
  const std::string url = "endpoint_urls: 'https://b.example/' ";
  const std::string right = std::string(name).append(url);
  const auto with = [&](const char* more) { return std::string(right).append("https_web {} ").append(more); };
  add("trust_domain", std::string("trust_domain: 'B.test' https_web {} ").append(url));
  add("endpoint_urls", std::string(name).append("https_web {} endpoint_urls: 'http://b.example/'"));
  rows.back().named = "endpoint_urls[0]: ";
  add("https_web.roots_pem", std::string(right).append("https_web { roots_pem: 'x' }"));
  add("https_web.pins", std::string(right).append("https_web { pins: 'sha1/AAAA' }"));
  rows.back().named = "https_web.pins[0]: ";
  add("https_spiffe.endpoint_spiffe_id", std::string(right).append("https_spiffe { endpoint_spiffe_id: 'x' }"));
  add("policy", with("policy: 'maybe'"));
  add("sequence", with("sequence: 'Strict'"));
  add("bundle", with("bundle: 'x'"));
}

Rows all_rows() {
  Rows rows;
  add_definition_rows(rows, "CreateRelationship", "b.test");
  add_definition_rows(rows, "UpdateRelationship", "known.test");
  for (const char* call : {"GetBundle", "GetRelationship", "DeleteRelationship", "AcceptNextBundle", "ListHistory",
                           "GetHistoryEntry", "DiffBundles", "ApproveBundle", "RejectBundle", "RollbackBundle"})
    rows.push_back({call, "trust_domain", "trust_domain: 'B.test'", "trust_domain: "});
  rows.push_back({"RefreshRelationships", "trust_domains", "trust_domains: 'B.test'", "trust_domain: "});
  const auto add = [&](const char* call, const char* field, const char* rest) {
    rows.push_back({call, field, std::string("trust_domain: 'b.test' ").append(rest), std::string(field).append(": ")});
  };
  add("AcceptNextBundle", "reason", "");
  add("ListHistory", "limit", "limit: 1001");
  add("ListHistory", "first", "first: 3 last: 2");
  add("GetHistoryEntry", "number", "number: 0");
  add("DiffBundles", "from", "from: 0");
  add("DiffBundles", "to", "to: 0");
  add("ApproveBundle", "digest", "digest: 'x'");
  add("RejectBundle", "digest", "digest: 'x'");
  add("RollbackBundle", "number", "reason: 'x'");
  add("RollbackBundle", "reason", "number: 1");
  rows.push_back({"ImportBundle", "jws", "jws: 'x'", "jws: "});
  return rows;
}

// Where no value is wrong by itself, and where what is wrong shows with a good file alone: exchange tests have those.
bool needs_no_row(const std::string& call, const pb::FieldDescriptor& field) {
  if (field.cpp_type() == pb::FieldDescriptor::CPPTYPE_BOOL) return true;
  return (call == "ListHistory" && field.name() == "last") || (call == "ImportBundle" && field.name() == "fingerprint");
}

void collect_fields(const std::string& call, const pb::Descriptor& message, const std::string& prefix,
                    std::set<std::string>& fields) {
  for (int i = 0; i < message.field_count(); ++i) {
    const pb::FieldDescriptor& field = *message.field(i);
    const std::string path = std::string(prefix).append(field.name());
    if (field.message_type())
      collect_fields(call, *field.message_type(), std::string(path).append("."), fields);
    else if (!needs_no_row(call, field))
      fields.insert(std::string(call).append(" ").append(path));
  }
}

TEST(EntenteBadFields, AreNamedByTheAnswer) {
  const AdminServer server;
  const auto channel = server.channel();
  ASSERT_TRUE(ask_generic(channel, std::string(service).append("/CreateRelationship"), known).status.ok());

  for (const Row& row : all_rows()) {
    const auto answer = ask_generic(channel, std::string(service).append("/").append(row.call), row.request);
    EXPECT_EQ(answer.code(), grpc::StatusCode::INVALID_ARGUMENT) << row.call << " " << row.field;
    EXPECT_THAT(answer.message(), StartsWith(row.named)) << row.call << " " << row.field;
  }
}

TEST(EntenteBadFields, AreAllFieldsOfEveryCall) {
  std::set<std::string> covered;
  for (const Row& row : all_rows()) covered.insert(std::string(row.call).append(" ").append(row.field));
  const pb::ServiceDescriptor* const description = pb::DescriptorPool::generated_pool()->FindServiceByName(service);
  ASSERT_TRUE(description);
  std::set<std::string> wanted;
  for (int i = 0; i < description->method_count(); ++i) {
    const pb::MethodDescriptor& method = *description->method(i);
    collect_fields(method.name(), *method.input_type(), "", wanted);
  }

  EXPECT_EQ(covered, wanted);
}

}  // namespace
}  // namespace entente::test
