// A client of entente.v1 on a real admin socket; the peers' endpoints are faked.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/spiffe/bundle_json.hpp"
#include "entente/v1/admin.grpc.pb.h"
#include "tests/syncer/admin/admin_server.hpp"

namespace entente::test {

namespace v1 = entente::v1;

inline const std::string peer_url = "https://b.example/";

class EntenteTest : public testing::Test {
 protected:
  using Stub = v1::Admin::Stub;

  void start(AdminSetup setup = {}) {
    server = std::make_unique<AdminServer>(std::move(setup));
    stub = v1::Admin::NewStub(server->channel());
  }

  template <class Request, class Response>
  Answered<Response> call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                          const std::type_identity_t<Request>& request) {
    return ask(*stub, method, request);
  }

  // What the endpoint serves from now on.
  void serve(const std::string& url, const spiffe::Bundle& bundle) {
    server->on_control([&] { server->network.at(url).serve(spiffe::write_bundle(bundle)); });
  }

  static v1::RelationshipDefinition web_definition(const std::string& trust_domain, const std::string& url) {
    v1::RelationshipDefinition definition;
    definition.set_trust_domain(trust_domain);
    definition.add_endpoint_urls(url);
    definition.mutable_https_web();
    return definition;
  }
  static v1::RelationshipDefinition spiffe_definition(const std::string& trust_domain, const std::string& url,
                                                      const std::string& id) {
    v1::RelationshipDefinition definition = web_definition(trust_domain, url);
    definition.mutable_https_spiffe()->set_endpoint_spiffe_id(id);
    return definition;
  }

  Answered<v1::CreateRelationshipResponse> create(const v1::RelationshipDefinition& definition) {
    v1::CreateRelationshipRequest request;
    *request.mutable_definition() = definition;
    return call(&Stub::CreateRelationship, request);
  }
  Answered<v1::UpdateRelationshipResponse> update(const v1::RelationshipDefinition& definition) {
    v1::UpdateRelationshipRequest request;
    *request.mutable_definition() = definition;
    return call(&Stub::UpdateRelationship, request);
  }
  v1::Relationship get(const std::string& trust_domain) {
    v1::GetRelationshipRequest request;
    request.set_trust_domain(trust_domain);
    const auto answered = call(&Stub::GetRelationship, request);
    EXPECT_TRUE(answered.status.ok()) << answered.status.error_message();
    return answered.response.relationship();
  }
  // After a poll.
  v1::Relationship refresh(const std::string& trust_domain) {
    v1::RefreshRelationshipsRequest request;
    request.add_trust_domains(trust_domain);
    const auto answered = call(&Stub::RefreshRelationships, request);
    EXPECT_TRUE(answered.status.ok()) << answered.status.error_message();
    return answered.response.relationships(0);
  }
  std::vector<v1::HistoryEntry> history(const std::string& trust_domain) {
    v1::ListHistoryRequest request;
    request.set_trust_domain(trust_domain);
    const auto answered = call(&Stub::ListHistory, request);
    EXPECT_TRUE(answered.status.ok()) << answered.status.error_message();
    return {answered.response.entries().begin(), answered.response.entries().end()};
  }
  std::vector<std::string> actions(const std::string& trust_domain) {
    std::vector<std::string> all;
    for (const v1::HistoryEntry& entry : history(trust_domain)) all.push_back(entry.action());
    return all;
  }

  std::unique_ptr<AdminServer> server;
  std::unique_ptr<Stub> stub;
};

}  // namespace entente::test
