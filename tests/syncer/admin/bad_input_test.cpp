// Every field of every call of SPIRE's admin APIs, wrong in turn.
#include <gmock/gmock.h>
#include <google/protobuf/stubs/strutil.h>
#include <gtest/gtest.h>

#include <set>

#include "common/base/encoding.hpp"
#include "tests/syncer/admin/admin_server.hpp"
#include "tests/syncer/admin/generic_call.hpp"

namespace entente::test {
namespace {

namespace pb = google::protobuf;
using grpc::StatusCode;

constexpr const char* trust_domain_service = "spire.api.server.trustdomain.v1.TrustDomain/";
constexpr const char* bundle_service = "spire.api.server.bundle.v1.Bundle/";
constexpr const char* entry_service = "spire.api.server.entry.v1.Entry/";

struct Row {
  std::string method;
  std::string field;    // its path in the request
  std::string request;  // right but for that field
  StatusCode code;
  std::string named;  // what the message has to say
};
using Rows = std::vector<Row>;

std::string quoted(const std::string& bytes) { return "\"" + pb::CEscape(bytes) + "\""; }

// Values that are right, as protobuf's text.
struct Right {
  Right() {
    const Time now = FakeClock().now();
    const TestAuthority authority("b.test", now);
    certificate = quoted(std::string(as_text(authority.certificate().der())));
    const Bytes spki = must(crypto::PrivateKey::generate(crypto::KeyType::ec_p256)).public_key().spki_der();
    key = quoted(std::string(as_text(spki)));
  }
  std::string certificate, key;
};

// Every wrong field of a spire.api.types.JWTKey or WITKey.
void add_key_rows(Rows& rows, const Row& like, const Right& right) {
  const auto add = [&](const char* field, const std::string& text) {
    Row row = like;
    row.field += std::string(".") + field;
    row.request.replace(row.request.find("KEY"), 3, text);
    row.named += std::string(".") + field;
    rows.push_back(row);
  };
  const std::string key = "public_key: " + right.key;
  add("public_key", "key_id: 'k' public_key: 'no key'");
  add("key_id", key);
  add("expires_at", key + " key_id: 'k' expires_at: -1");
  add("expires_at", key + " key_id: 'k' expires_at: 1");  // over long ago
  add("tainted", key + " key_id: 'k' tainted: true");
}

void add_certificate_rows(Rows& rows, const Row& like, const Right& right) {
  const auto add = [&](const char* field, const std::string& text) {
    Row row = like;
    row.field += std::string(".") + field;
    row.request.replace(row.request.find("CERTIFICATE"), 11, text);
    row.named += std::string(".") + field;
    rows.push_back(row);
  };
  add("asn1", "asn1: 'no certificate'");
  add("asn1", "asn1: " + quoted(pb::CEscape("")) + "");
  add("tainted", "asn1: " + right.certificate + " tainted: true");
}

// Every wrong field of a spire.api.types.Bundle at `path`; `before` and `after` stand around its text in the request.
void add_bundle_rows(Rows& rows, const std::string& method, const std::string& path, const std::string& before,
                     const std::string& after, const Right& right) {
  const auto add = [&](const std::string& field, const std::string& text) {
    rows.push_back({method, path + "." + field, before + text + after, StatusCode::INVALID_ARGUMENT, field});
  };
  const std::string domain = "trust_domain: 'b.test' ";
  add("trust_domain", "trust_domain: 'B.TEST'");
  add("trust_domain", "");
  add("trust_domain", "trust_domain: 'own.test'");
  add("refresh_hint", domain + "refresh_hint: -1");
  add("refresh_hint", domain + "refresh_hint: 9000000000");
  const auto list = [&](const std::string& name, const char* inner) {
    return Row{method, path + "." + name, before + domain + name + " { " + inner + " }" + after,
               StatusCode::INVALID_ARGUMENT, name + "[0]"};
  };
  add_certificate_rows(rows, list("x509_authorities", "CERTIFICATE"), right);
  add_key_rows(rows, list("jwt_authorities", "KEY"), right);
  add_key_rows(rows, list("wit_authorities", "KEY"), right);
}

void add_relationship_rows(Rows& rows, const std::string& method, const Right& right) {
  const std::string path = "federation_relationships";
  const auto add = [&](const std::string& field, const std::string& text, const std::string& named) {
    rows.push_back({method, path + "." + field, path + " { " + text + " }", StatusCode::INVALID_ARGUMENT, named});
  };
  const std::string domain = "trust_domain: 'known.test' ", url = "bundle_endpoint_url: 'https://known.example/' ";
  add("trust_domain", "trust_domain: 'K NOWN' " + url + "https_web {}", "trust_domain");
  add("trust_domain", url + "https_web {}", "trust_domain");
  add("bundle_endpoint_url", domain + "https_web {}", "bundle_endpoint_url");
  add("bundle_endpoint_url", domain + "bundle_endpoint_url: 'http://b.example/' https_web {}", "bundle_endpoint_url");
  add("bundle_endpoint_url", domain + "bundle_endpoint_url: 'https://me:pw@b.example/' https_web {}",
      "bundle_endpoint_url");
  add("https_web", domain + url, "bundle_endpoint_profile");
  add("https_spiffe.endpoint_spiffe_id", domain + url + "https_spiffe {}", "endpoint_spiffe_id");
  add("https_spiffe.endpoint_spiffe_id", domain + url + "https_spiffe { endpoint_spiffe_id: 'spiffe://b.test' }",
      "endpoint_spiffe_id");
  add("trust_domain_bundle.trust_domain", domain + url + "https_web {} trust_domain_bundle { trust_domain: 'c.test' }",
      "trust_domain_bundle: trust_domain");
  add_bundle_rows(rows, method, path + ".trust_domain_bundle",
                  path + " { trust_domain: 'b.test' " + url + "https_web {} trust_domain_bundle { ", " } }", right);
}

Rows trust_domain_rows(const Right& right) {
  const std::string service = trust_domain_service;
  const std::string list = service + "ListFederationRelationships";
  Rows rows = {
      {list, "page_size", "page_size: -1", StatusCode::INVALID_ARGUMENT, "page_size"},
      {list, "page_token", "page_size: 1 page_token: 'x'", StatusCode::INVALID_ARGUMENT, "page_token"},
      {service + "GetFederationRelationship", "trust_domain", "", StatusCode::INVALID_ARGUMENT, "trust_domain"},
      {service + "GetFederationRelationship", "trust_domain", "trust_domain: 'b.test'", StatusCode::NOT_FOUND,
       "b.test"},
      {service + "BatchDeleteFederationRelationship", "trust_domains", "trust_domains: ''",
       StatusCode::INVALID_ARGUMENT, "trust_domains"},
      {service + "BatchDeleteFederationRelationship", "trust_domains", "trust_domains: 'b.test'", StatusCode::NOT_FOUND,
       "b.test"},
      {service + "RefreshBundle", "trust_domain", "trust_domain: '/'", StatusCode::INVALID_ARGUMENT, "trust_domain"},
      {service + "RefreshBundle", "trust_domain", "trust_domain: 'b.test'", StatusCode::NOT_FOUND, "b.test"},
  };
  add_relationship_rows(rows, service + "BatchCreateFederationRelationship", right);
  add_relationship_rows(rows, service + "BatchUpdateFederationRelationship", right);
  return rows;
}

Rows bundle_rows(const Right& right) {
  const std::string service = bundle_service;
  const std::string list = service + "ListFederatedBundles", erase = service + "BatchDeleteFederatedBundle";
  Rows rows = {
      {list, "page_size", "page_size: -1", StatusCode::INVALID_ARGUMENT, "page_size"},
      {list, "page_token", "page_token: 'x'", StatusCode::INVALID_ARGUMENT, "page_token"},
      {service + "GetFederatedBundle", "trust_domain", "", StatusCode::INVALID_ARGUMENT, "trust_domain"},
      {service + "GetFederatedBundle", "trust_domain", "trust_domain: 'own.test'", StatusCode::INVALID_ARGUMENT,
       "trust_domain"},
      {service + "AppendBundle", "x509_authorities", "", StatusCode::INVALID_ARGUMENT, "x509_authorities"},
      {service + "PublishJWTAuthority", "jwt_authority", "", StatusCode::INVALID_ARGUMENT, "jwt_authority"},
      {erase, "trust_domains", "trust_domains: '-.'", StatusCode::NOT_FOUND, "-."},
      {erase, "trust_domains", "trust_domains: 'A'", StatusCode::INVALID_ARGUMENT, "trust_domain"},
      {erase, "mode", "trust_domains: 'b.test' mode: 7", StatusCode::INVALID_ARGUMENT, "mode"},
  };
  const auto append = [&](const std::string& name, const char* inner) {
    return Row{service + "AppendBundle", name, name + " { " + inner + " }", StatusCode::INVALID_ARGUMENT, name + "[0]"};
  };
  add_certificate_rows(rows, append("x509_authorities", "CERTIFICATE"), right);
  add_key_rows(rows, append("jwt_authorities", "KEY"), right);
  for (const char* field : {"public_key", "key_id", "expires_at", "tainted"}) {
    rows.push_back({service + "AppendBundle", std::string("wit_authorities.") + field, "wit_authorities {}",
                    StatusCode::INVALID_ARGUMENT, "wit_authorities"});
    rows.push_back({service + "PublishWITAuthority", std::string("wit_authority.") + field, "wit_authority {}",
                    StatusCode::UNIMPLEMENTED, "WIT"});
  }
  add_key_rows(rows,
               {service + "PublishJWTAuthority", "jwt_authority", "jwt_authority { KEY }", StatusCode::INVALID_ARGUMENT,
                "jwt_authority"},
               right);
  for (const char* method : {"BatchCreateFederatedBundle", "BatchUpdateFederatedBundle", "BatchSetFederatedBundle"}) {
    // What is updated has to be there.
    const bool update = std::string(method).find("Update") != std::string::npos;
    Rows of_bundle;
    add_bundle_rows(of_bundle, service + method, "bundle", "bundle { ", " }", right);
    for (Row& row : of_bundle) {
      const auto name = row.request.find("'b.test'");
      if (update && name != std::string::npos) row.request.replace(name, 8, "'given.test'");
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

void add_filter_rows(Rows& rows, const std::string& method) {
  const auto add = [&](const std::string& field, const std::string& text) {
    rows.push_back({method, "filter." + field, "filter { " + text + " }", StatusCode::INVALID_ARGUMENT, field});
  };
  for (const std::string id : {"by_spiffe_id", "by_parent_id"}) {
    add(id + ".trust_domain", id + " { trust_domain: 'A' path: '/x' }");
    add(id + ".path", id + " { trust_domain: 'own.test' path: '/a//b' }");
    add(id + ".path", id + " { trust_domain: 'own.test' path: 'x' }");
  }
  add("by_selectors.selectors", "by_selectors {}");
  add("by_selectors.selectors[0].type", "by_selectors { selectors { value: 'uid:1' } }");
  add("by_selectors.selectors[0].type", "by_selectors { selectors { type: 'unix:uid' value: '1' } }");
  add("by_selectors.selectors[0].value", "by_selectors { selectors { type: 'unix' } }");
  add("by_selectors.match", "by_selectors { selectors { type: 'unix' value: 'uid:1' } match: 9 }");
  add("by_federates_with.trust_domains", "by_federates_with {}");
  add("by_federates_with.trust_domains[0]", "by_federates_with { trust_domains: 'A' }");
  add("by_federates_with.match", "by_federates_with { trust_domains: 'b.test' match: 9 }");
}

void add_entry_rows(Rows& rows, const std::string& method) {
  struct Part {
    const char* field;
    const char* text;
  };
  const Part right[] = {{"id", "id: 'known' "},
                        {"spiffe_id", "spiffe_id { trust_domain: 'own.test' path: '/new' } "},
                        {"selectors", "selectors { type: 'unix' value: 'uid:77' } "}};
  // `text` takes the place of the right text of the same field.
  const auto add = [&](const std::string& field, const std::string& text,
                       StatusCode code = StatusCode::INVALID_ARGUMENT) {
    std::string all;
    for (const Part& part : right)
      if (field.rfind(part.field, 0) != 0) all += part.text;
    rows.push_back({method, "entries." + field, "entries { " + all + text + " }", code, field});
  };
  add("spiffe_id.trust_domain", "spiffe_id { trust_domain: 'A' path: '/new' }");
  add("spiffe_id.path", "spiffe_id { trust_domain: 'own.test' path: '/new/' }");
  add("spiffe_id", "spiffe_id { trust_domain: 'b.test' path: '/new' }");
  add("spiffe_id", "spiffe_id { trust_domain: 'own.test' }");
  add("spiffe_id", "");
  add("parent_id.trust_domain", "parent_id { path: '/x' }");
  add("parent_id.path", "parent_id { trust_domain: 'own.test' path: '/../x' }");
  add("selectors", "");
  add("selectors[0].type", "selectors { value: 'uid:1' }");
  add("selectors[0].value", "selectors { type: 'unix' }");
  add("selectors[0]", "selectors { type: 'unix' value: 'uid:x' }");
  add("x509_svid_ttl", "x509_svid_ttl: -1");
  add("x509_svid_ttl", "x509_svid_ttl: 2147483647");
  add("jwt_svid_ttl", "jwt_svid_ttl: -1");
  add("federates_with[0]", "federates_with: 'A'");
  add("federates_with", "federates_with: 'own.test'");
  add("admin", "admin: true");
  add("downstream", "downstream: true");
  add("expires_at", "expires_at: 1900000000");
  add("dns_names", "dns_names: 'not a name'");
  add("store_svid", "store_svid: true");
  add("hint", "hint: '" + std::string(1025, 'h') + "'");
  add("additional_attributes.disable_x509_svid_prefetch", "additional_attributes { disable_x509_svid_prefetch: true }");
  add("additional_attributes.jwt_svid_include_jti", "additional_attributes { jwt_svid_include_jti: true }");
}

Rows entry_rows() {
  const std::string service = entry_service;
  Rows rows = {
      {service + "ListEntries", "page_size", "page_size: -1", StatusCode::INVALID_ARGUMENT, "page_size"},
      {service + "ListEntries", "page_token", "page_token: 'x'", StatusCode::INVALID_ARGUMENT, "page_token"},
      {service + "GetEntry", "id", "", StatusCode::INVALID_ARGUMENT, "id"},
      {service + "GetEntry", "id", "id: 'x'", StatusCode::NOT_FOUND, "x"},
      {service + "BatchCreateEntry", "entries.id",
       "entries { id: 'a b' spiffe_id { trust_domain: 'own.test' path: '/new' } selectors { type: 'unix' value: "
       "'uid:7' } }",
       StatusCode::INVALID_ARGUMENT, "id"},
      {service + "BatchUpdateEntry", "entries.id", "entries {}", StatusCode::INVALID_ARGUMENT, "id"},
      {service + "BatchUpdateEntry", "entries.id", "entries { id: 'x' }", StatusCode::NOT_FOUND, "x"},
      {service + "BatchDeleteEntry", "ids", "ids: ''", StatusCode::INVALID_ARGUMENT, "ids"},
      {service + "BatchDeleteEntry", "ids", "ids: 'x'", StatusCode::NOT_FOUND, "x"},
  };
  add_filter_rows(rows, service + "CountEntries");
  add_filter_rows(rows, service + "ListEntries");
  add_entry_rows(rows, service + "BatchCreateEntry");
  add_entry_rows(rows, service + "BatchUpdateEntry");
  return rows;
}

Rows all_rows() {
  const Right right;
  Rows rows = trust_domain_rows(right);
  for (Rows more : {bundle_rows(right), entry_rows()}) rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

class BadInputTest : public testing::Test {
 protected:
  // What updates are about: known.test, given.test, and the entry "known".
  BadInputTest() {
    const auto made = [&](const std::string& method, const std::string& request) {
      const GenericAnswer answer = ask_generic(channel, method, request);
      if (answer.code() != StatusCode::OK) throw std::runtime_error(answer.message());
    };
    const std::string service = trust_domain_service;
    for (const std::string name : {"known.test", "b.test"})
      made(service + "BatchCreateFederationRelationship",
           "federation_relationships { trust_domain: '" + name +
               "' bundle_endpoint_url: 'https://known.example/' https_web {} }");
    made(bundle_service + std::string("BatchSetFederatedBundle"), "bundle { trust_domain: 'given.test' }");
    made(entry_service + std::string("BatchCreateEntry"),
         "entries { id: 'known' spiffe_id { trust_domain: 'own.test' path: '/known' }"
         " selectors { type: 'unix' value: 'uid:5' } }");
  }

  AdminServer server;
  std::shared_ptr<grpc::Channel> channel = server.channel();
};

TEST_F(BadInputTest, IsAnsweredWithACodeAndTheFieldsName) {
  // NOT_FOUND rows of the relationships need b.test to be gone.
  ask_generic(channel, trust_domain_service + std::string("BatchDeleteFederationRelationship"),
              "trust_domains: 'b.test'");
  for (const Row& row : all_rows()) {
    const GenericAnswer answer = ask_generic(channel, row.method, row.request);
    EXPECT_EQ(answer.code(), row.code) << row.method << " " << row.request << ": " << answer.message();
    EXPECT_THAT(answer.message(), testing::HasSubstr(row.named)) << row.method << " " << row.request;
  }
}

TEST_F(BadInputTest, ChangesNothing) {
  const auto state = [&] {
    std::string text;
    for (const char* call :
         {"spire.api.server.trustdomain.v1.TrustDomain/ListFederationRelationships",
          "spire.api.server.bundle.v1.Bundle/ListFederatedBundles", "spire.api.server.bundle.v1.Bundle/GetBundle",
          "spire.api.server.entry.v1.Entry/ListEntries"})
      text += ask_generic(channel, call, "").response->DebugString();
    return text;
  };
  const std::string before = state();

  // b.test is there this time: what would have been not found is found, and is deleted.
  for (const Row& row : all_rows())
    if (row.code == StatusCode::INVALID_ARGUMENT) ask_generic(channel, row.method, row.request);

  EXPECT_EQ(state(), before);
}

// A field of which no value is wrong, or which only answers carry.
bool any_value_is_right(const std::string& path) {
  for (const char* mask : {"output_mask", "input_mask"})
    if (path.rfind(mask, 0) == 0) return true;
  for (const char* free : {"sequence_number", "by_hint.value", "by_downstream.value", "revision_number", "created_at"})
    if (path.size() >= std::string(free).size() && path.ends_with(free)) return true;
  return false;
}

std::string without_indices(std::string path) {
  for (auto at = path.find("[0]"); at != std::string::npos; at = path.find("[0]")) path.erase(at, 3);
  return path;
}

void collect_fields(const pb::Descriptor& message, const std::string& prefix, std::set<std::string>& fields) {
  for (int i = 0; i < message.field_count(); ++i) {
    const pb::FieldDescriptor& field = *message.field(i);
    const std::string path = prefix + field.name();
    if (field.message_type() && field.message_type()->field_count() > 0)
      collect_fields(*field.message_type(), path + ".", fields);
    else
      fields.insert(path);
  }
}

TEST(BadInputTable, HasEveryFieldOfEveryCall) {
  std::set<std::string> covered;
  for (const Row& row : all_rows()) covered.insert(row.method + " " + without_indices(row.field));
  for (const char* service : {trust_domain_service, bundle_service, entry_service}) {
    std::string name = service;
    name.pop_back();
    const pb::ServiceDescriptor* description = pb::DescriptorPool::generated_pool()->FindServiceByName(name);
    ASSERT_TRUE(description) << name;
    for (int i = 0; i < description->method_count(); ++i) {
      const pb::MethodDescriptor& method = *description->method(i);
      if (method.name().find("AuthorizedEntries") != std::string::npos) continue;  // not served
      std::set<std::string> fields;
      collect_fields(*method.input_type(), "", fields);
      std::erase_if(fields, any_value_is_right);
      for (const std::string& field : fields)
        EXPECT_TRUE(covered.contains(service + method.name() + " " + field)) << method.full_name() << " " << field;
    }
  }
}

}  // namespace
}  // namespace entente::test
