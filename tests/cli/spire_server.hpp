// A server with SPIRE's admin APIs and nothing of Entente's, on a Unix socket: federation relationships and federated
// bundles in memory.
#pragma once

#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "spire/api/server/bundle/v1/bundle.grpc.pb.h"
#include "spire/api/server/trustdomain/v1/trustdomain.grpc.pb.h"
#include "tests/support/temp_folder.hpp"

namespace entente::test {

class SpireTrustDomains final : public spire::api::server::trustdomain::v1::TrustDomain::Service {
 public:
  std::vector<std::string> refreshed;

 private:
  grpc::Status ListFederationRelationships(
      grpc::ServerContext*, const spire::api::server::trustdomain::v1::ListFederationRelationshipsRequest* request,
      spire::api::server::trustdomain::v1::ListFederationRelationshipsResponse* response) override;
  grpc::Status GetFederationRelationship(
      grpc::ServerContext*, const spire::api::server::trustdomain::v1::GetFederationRelationshipRequest* request,
      spire::api::types::FederationRelationship* response) override;
  grpc::Status BatchCreateFederationRelationship(
      grpc::ServerContext*,
      const spire::api::server::trustdomain::v1::BatchCreateFederationRelationshipRequest* request,
      spire::api::server::trustdomain::v1::BatchCreateFederationRelationshipResponse* response) override;
  grpc::Status BatchUpdateFederationRelationship(
      grpc::ServerContext*,
      const spire::api::server::trustdomain::v1::BatchUpdateFederationRelationshipRequest* request,
      spire::api::server::trustdomain::v1::BatchUpdateFederationRelationshipResponse* response) override;
  grpc::Status BatchDeleteFederationRelationship(
      grpc::ServerContext*,
      const spire::api::server::trustdomain::v1::BatchDeleteFederationRelationshipRequest* request,
      spire::api::server::trustdomain::v1::BatchDeleteFederationRelationshipResponse* response) override;
  grpc::Status RefreshBundle(grpc::ServerContext*,
                             const spire::api::server::trustdomain::v1::RefreshBundleRequest* request,
                             google::protobuf::Empty* response) override;

  std::mutex mutex_;
  std::map<std::string, spire::api::types::FederationRelationship> relationships_;
};

class SpireBundles final : public spire::api::server::bundle::v1::Bundle::Service {
 public:
  explicit SpireBundles(const spire::api::types::Bundle& own) : own_(own) {}

 private:
  grpc::Status CountBundles(grpc::ServerContext*, const spire::api::server::bundle::v1::CountBundlesRequest* request,
                            spire::api::server::bundle::v1::CountBundlesResponse* response) override;
  grpc::Status GetBundle(grpc::ServerContext*, const spire::api::server::bundle::v1::GetBundleRequest* request,
                         spire::api::types::Bundle* response) override;
  grpc::Status GetFederatedBundle(grpc::ServerContext*,
                                  const spire::api::server::bundle::v1::GetFederatedBundleRequest* request,
                                  spire::api::types::Bundle* response) override;
  grpc::Status ListFederatedBundles(grpc::ServerContext*,
                                    const spire::api::server::bundle::v1::ListFederatedBundlesRequest* request,
                                    spire::api::server::bundle::v1::ListFederatedBundlesResponse* response) override;
  grpc::Status BatchSetFederatedBundle(
      grpc::ServerContext*, const spire::api::server::bundle::v1::BatchSetFederatedBundleRequest* request,
      spire::api::server::bundle::v1::BatchSetFederatedBundleResponse* response) override;
  grpc::Status BatchDeleteFederatedBundle(
      grpc::ServerContext*, const spire::api::server::bundle::v1::BatchDeleteFederatedBundleRequest* request,
      spire::api::server::bundle::v1::BatchDeleteFederatedBundleResponse* response) override;

  const spire::api::types::Bundle own_;
  std::mutex mutex_;
  std::map<std::string, spire::api::types::Bundle> bundles_;
};

class SpireServer {
 public:
  explicit SpireServer(const spire::api::types::Bundle& own);
  ~SpireServer();

  std::string socket() const { return "unix://" + (folder_ / "s").string(); }
  const SpireTrustDomains& trust_domains() const { return trust_domains_; }

 private:
  TempFolder folder_;
  SpireTrustDomains trust_domains_;
  SpireBundles bundles_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace entente::test
