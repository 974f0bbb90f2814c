#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "spire/api/server/trustdomain/v1/trustdomain.grpc.pb.h"
#include "tests/syncer/admin/admin_server.hpp"

namespace entente::test {
namespace {

namespace v1 = spire::api::server::trustdomain::v1;
namespace types = spire::api::types;
using Stub = v1::TrustDomain::Stub;

constexpr int names = 1000, clients = 8, rounds = 200;

std::string name_of(int number) { return "td-" + std::to_string(number) + ".test"; }

// What one client was told about one trust domain.
struct Told {
  int created = 0, deleted = 0;
  std::set<std::string> urls;  // of what was created or updated
};
using AllTold = std::vector<Told>;

class Client {
 public:
  Client(const AdminServer& server, int number)
      : stub_(v1::TrustDomain::NewStub(server.channel())), number_(number), random_(static_cast<unsigned>(number)) {}

  // Every name twice over all clients, each in an order of its own.
  AllTold run() {
    std::vector<int> mine;
    for (int i = 0; i < names; ++i)
      if (i % (clients / 2) == number_ % (clients / 2)) mine.push_back(i);
    std::shuffle(mine.begin(), mine.end(), random_);
    for (const int name : mine) create(name);
    for (int i = 0; i < rounds; ++i) {
      const int name = static_cast<int>(random_() % names);
      const auto kind = random_() % 3;
      if (kind == 0) create(name);
      if (kind == 1) update(name);
      if (kind == 2) erase(name);
    }
    return std::move(told_);
  }

 private:
  types::FederationRelationship relationship(int name) {
    types::FederationRelationship message;
    message.set_trust_domain(name_of(name));
    message.set_bundle_endpoint_url("https://peer.example/" + std::to_string(number_) + "/" +
                                    std::to_string(++version_));
    message.mutable_https_web();
    return message;
  }
  void create(int name) {
    v1::BatchCreateFederationRelationshipRequest request;
    *request.add_federation_relationships() = relationship(name);
    const auto answer = ask(*stub_, &Stub::BatchCreateFederationRelationship, request);
    const int code = answer.response.results(0).status().code();
    EXPECT_TRUE(code == grpc::StatusCode::OK || code == grpc::StatusCode::ALREADY_EXISTS) << code;
    if (code != grpc::StatusCode::OK) return;
    ++told_[static_cast<std::size_t>(name)].created;
    told_[static_cast<std::size_t>(name)].urls.insert(request.federation_relationships(0).bundle_endpoint_url());
  }
  void update(int name) {
    v1::BatchUpdateFederationRelationshipRequest request;
    *request.add_federation_relationships() = relationship(name);
    const auto answer = ask(*stub_, &Stub::BatchUpdateFederationRelationship, request);
    const int code = answer.response.results(0).status().code();
    EXPECT_TRUE(code == grpc::StatusCode::OK || code == grpc::StatusCode::NOT_FOUND) << code;
    if (code == grpc::StatusCode::OK)
      told_[static_cast<std::size_t>(name)].urls.insert(request.federation_relationships(0).bundle_endpoint_url());
  }
  void erase(int name) {
    v1::BatchDeleteFederationRelationshipRequest request;
    request.add_trust_domains(name_of(name));
    const auto answer = ask(*stub_, &Stub::BatchDeleteFederationRelationship, request);
    const int code = answer.response.results(0).status().code();
    EXPECT_TRUE(code == grpc::StatusCode::OK || code == grpc::StatusCode::NOT_FOUND) << code;
    if (code == grpc::StatusCode::OK) ++told_[static_cast<std::size_t>(name)].deleted;
  }

  std::unique_ptr<Stub> stub_;
  int number_;
  std::mt19937 random_;
  int version_ = 0;
  AllTold told_{names};
};

class ConcurrencyTest : public testing::TestWithParam<bool> {
 protected:
  static AdminSetup setup() {
    AdminSetup setup;
    setup.issuer = false;
    setup.sqlite = GetParam();
    return setup;
  }
  AdminServer server{setup()};
};

TEST_P(ConcurrencyTest, EndsInTheStateThatTheAnswersSay) {
  std::vector<AllTold> told(clients);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < clients; ++i)
      threads.emplace_back([&, i] { told[static_cast<std::size_t>(i)] = Client(server, i).run(); });
  }

  const auto stub = v1::TrustDomain::NewStub(server.channel());
  const auto listed = ask(*stub, &Stub::ListFederationRelationships, v1::ListFederationRelationshipsRequest()).response;
  std::map<std::string, std::string> url_of;
  for (const auto& one : listed.federation_relationships()) url_of[one.trust_domain()] = one.bundle_endpoint_url();
  std::size_t there = 0;
  for (std::size_t i = 0; i < names; ++i) {
    Told all;
    for (AllTold& of_client : told) {
      all.created += of_client[i].created;
      all.deleted += of_client[i].deleted;
      all.urls.merge(of_client[i].urls);
    }
    const auto found = url_of.find(name_of(static_cast<int>(i)));
    ASSERT_EQ(all.created - all.deleted, found == url_of.end() ? 0 : 1) << name_of(static_cast<int>(i));
    if (found == url_of.end()) continue;
    ++there;
    EXPECT_TRUE(all.urls.contains(found->second)) << found->second;
  }
  // What the syncer polls is what the registry has, and so has the store.
  EXPECT_EQ(url_of.size(), there);
  const auto statuses = server.on_control([&] { return server.syncer->statuses(); });
  EXPECT_EQ(statuses.size(), there);
  for (const auto& status : statuses)
    EXPECT_EQ(status.relationship->endpoint_url().str(), url_of.at(status.relationship->trust_domain.name()));
  EXPECT_EQ(server.on_control([&] { return server.ledger->relationships().size(); }), there);
}

INSTANTIATE_TEST_SUITE_P(Stores, ConcurrencyTest, testing::Bool(),
                         [](const auto& one) { return one.param ? "Sqlite" : "Memory"; });

}  // namespace
}  // namespace entente::test
