#include "tests/cli/spire_server.hpp"

namespace entente::test {
namespace {

namespace bundle_v1 = spire::api::server::bundle::v1;
namespace trustdomain_v1 = spire::api::server::trustdomain::v1;
namespace types = spire::api::types;

// One item a page, so that whoever lists has to go on.
template <class Items, class Add>
std::string page(const Items& items, const std::string& token, Add add) {
  auto item = token.empty() ? items.begin() : items.find(token);
  if (item == items.end()) return "";
  add(item->second);
  return ++item == items.end() ? "" : item->first;
}

void set_status(types::Status& status, grpc::StatusCode code, const std::string& message) {
  status.set_code(code);
  status.set_message(message);
}

}  // namespace

grpc::Status SpireTrustDomains::ListFederationRelationships(
    grpc::ServerContext*, const trustdomain_v1::ListFederationRelationshipsRequest* request,
    trustdomain_v1::ListFederationRelationshipsResponse* response) {
  const std::lock_guard lock(mutex_);
  response->set_next_page_token(page(relationships_, request->page_token(), [&](const auto& relationship) {
    *response->add_federation_relationships() = relationship;
  }));
  return grpc::Status::OK;
}

grpc::Status SpireTrustDomains::GetFederationRelationship(
    grpc::ServerContext*, const trustdomain_v1::GetFederationRelationshipRequest* request,
    types::FederationRelationship* response) {
  const std::lock_guard lock(mutex_);
  const auto found = relationships_.find(request->trust_domain());
  if (found == relationships_.end()) return {grpc::StatusCode::NOT_FOUND, "federation relationship does not exist"};
  *response = found->second;
  return grpc::Status::OK;
}

grpc::Status SpireTrustDomains::BatchCreateFederationRelationship(
    grpc::ServerContext*, const trustdomain_v1::BatchCreateFederationRelationshipRequest* request,
    trustdomain_v1::BatchCreateFederationRelationshipResponse* response) {
  const std::lock_guard lock(mutex_);
  for (const auto& relationship : request->federation_relationships()) {
    auto& result = *response->add_results();
    if (relationships_.try_emplace(relationship.trust_domain(), relationship).second)
      *result.mutable_federation_relationship() = relationship;
    else
      set_status(*result.mutable_status(), grpc::StatusCode::ALREADY_EXISTS, "it exists already");
  }
  return grpc::Status::OK;
}

grpc::Status SpireTrustDomains::BatchUpdateFederationRelationship(
    grpc::ServerContext*, const trustdomain_v1::BatchUpdateFederationRelationshipRequest* request,
    trustdomain_v1::BatchUpdateFederationRelationshipResponse* response) {
  const std::lock_guard lock(mutex_);
  for (const auto& update : request->federation_relationships()) {
    types::FederationRelationship& kept = relationships_.at(update.trust_domain());
    if (request->input_mask().bundle_endpoint_url()) kept.set_bundle_endpoint_url(update.bundle_endpoint_url());
    if (request->input_mask().bundle_endpoint_profile()) {
      kept.clear_bundle_endpoint_profile();
      if (update.has_https_web()) kept.mutable_https_web();
      if (update.has_https_spiffe()) *kept.mutable_https_spiffe() = update.https_spiffe();
    }
    *response->add_results()->mutable_federation_relationship() = kept;
  }
  return grpc::Status::OK;
}

grpc::Status SpireTrustDomains::BatchDeleteFederationRelationship(
    grpc::ServerContext*, const trustdomain_v1::BatchDeleteFederationRelationshipRequest* request,
    trustdomain_v1::BatchDeleteFederationRelationshipResponse* response) {
  const std::lock_guard lock(mutex_);
  for (const std::string& name : request->trust_domains()) {
    auto& result = *response->add_results();
    result.set_trust_domain(name);
    if (relationships_.erase(name) == 0)
      set_status(*result.mutable_status(), grpc::StatusCode::NOT_FOUND, "there is none");
  }
  return grpc::Status::OK;
}

grpc::Status SpireTrustDomains::RefreshBundle(grpc::ServerContext*, const trustdomain_v1::RefreshBundleRequest* request,
                                              google::protobuf::Empty*) {
  const std::lock_guard lock(mutex_);
  refreshed.push_back(request->trust_domain());
  return grpc::Status::OK;
}

grpc::Status SpireBundles::CountBundles(grpc::ServerContext*, const bundle_v1::CountBundlesRequest*,
                                        bundle_v1::CountBundlesResponse* response) {
  const std::lock_guard lock(mutex_);
  response->set_count(static_cast<int>(bundles_.size()) + 1);
  return grpc::Status::OK;
}

grpc::Status SpireBundles::GetBundle(grpc::ServerContext*, const bundle_v1::GetBundleRequest*,
                                     types::Bundle* response) {
  *response = own_;
  return grpc::Status::OK;
}

grpc::Status SpireBundles::GetFederatedBundle(grpc::ServerContext*, const bundle_v1::GetFederatedBundleRequest* request,
                                              types::Bundle* response) {
  const std::lock_guard lock(mutex_);
  const auto found = bundles_.find(request->trust_domain());
  if (found == bundles_.end()) return {grpc::StatusCode::NOT_FOUND, "bundle not found"};
  *response = found->second;
  return grpc::Status::OK;
}

grpc::Status SpireBundles::ListFederatedBundles(grpc::ServerContext*,
                                                const bundle_v1::ListFederatedBundlesRequest* request,
                                                bundle_v1::ListFederatedBundlesResponse* response) {
  const std::lock_guard lock(mutex_);
  response->set_next_page_token(
      page(bundles_, request->page_token(), [&](const auto& bundle) { *response->add_bundles() = bundle; }));
  return grpc::Status::OK;
}

grpc::Status SpireBundles::BatchSetFederatedBundle(grpc::ServerContext*,
                                                   const bundle_v1::BatchSetFederatedBundleRequest* request,
                                                   bundle_v1::BatchSetFederatedBundleResponse* response) {
  const std::lock_guard lock(mutex_);
  for (const types::Bundle& bundle : request->bundle())
    *response->add_results()->mutable_bundle() = bundles_[bundle.trust_domain()] = bundle;
  return grpc::Status::OK;
}

grpc::Status SpireBundles::BatchDeleteFederatedBundle(grpc::ServerContext*,
                                                      const bundle_v1::BatchDeleteFederatedBundleRequest* request,
                                                      bundle_v1::BatchDeleteFederatedBundleResponse* response) {
  const std::lock_guard lock(mutex_);
  for (const std::string& name : request->trust_domains()) {
    auto& result = *response->add_results();
    if (request->mode() == bundle_v1::BatchDeleteFederatedBundleRequest::RESTRICT)
      set_status(*result.mutable_status(), grpc::StatusCode::FAILED_PRECONDITION, "cannot delete: entries use it");
    else
      bundles_.erase(name);
  }
  return grpc::Status::OK;
}

SpireServer::SpireServer(const types::Bundle& own) : bundles_(own) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(socket(), grpc::InsecureServerCredentials());
  builder.RegisterService(&trust_domains_);
  builder.RegisterService(&bundles_);
  server_ = builder.BuildAndStart();
}

SpireServer::~SpireServer() { server_->Shutdown(); }

}  // namespace entente::test
