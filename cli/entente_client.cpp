#include "cli/entente_client.hpp"

#include "cli/admin_channel.hpp"
#include "cli/entente_views.hpp"
#include "entente/v1/admin.grpc.pb.h"

namespace entente::cli {

namespace v1 = entente::v1;
using Stub = v1::Admin::Stub;

struct EntenteClient::Impl {
  std::shared_ptr<const AdminChannel> channel;
  std::unique_ptr<Stub> stub;

  template <class Response, class Method, class Request>
  Result<Response> call(Method method, const Request& request) const {
    return channel->call<Response>(*stub, method, request);
  }

  // A call whose answer says no more than that it was done.
  template <class Response, class Method, class Request>
  Status done(Method method, const Request& request) const {
    const Result<Response> response = call<Response>(method, request);
    if (!response) return response.error();
    return ok();
  }
};

namespace {

template <class Request>
Request about(const std::string& trust_domain) {
  Request request;
  request.set_trust_domain(trust_domain);
  return request;
}

template <class Response>
std::vector<RelationshipView> views_of(const Response& response) {
  std::vector<RelationshipView> views;
  for (const v1::Relationship& message : response.relationships()) views.push_back(to_view(message));
  return views;
}

}  // namespace

EntenteClient::EntenteClient(std::shared_ptr<const AdminChannel> channel) : impl_(std::make_unique<Impl>()) {
  impl_->stub = v1::Admin::NewStub(channel->grpc());
  impl_->channel = std::move(channel);
}
EntenteClient::~EntenteClient() = default;
EntenteClient::EntenteClient(EntenteClient&&) noexcept = default;

Result<HealthView> EntenteClient::health() const {
  const auto answer = impl_->call<v1::GetHealthResponse>(&Stub::GetHealth, v1::GetHealthRequest());
  if (!answer) return answer.error();
  return HealthView{answer->ready(), {answer->reasons().begin(), answer->reasons().end()}};
}

Result<BundleView> EntenteClient::bundle(const std::string& trust_domain) const {
  const auto answer = impl_->call<v1::GetBundleResponse>(&Stub::GetBundle, about<v1::GetBundleRequest>(trust_domain));
  if (!answer) return answer.error();
  return to_view(*answer);
}

Result<RotationView> EntenteClient::rotate(bool x509, bool jwt, bool now) const {
  v1::RotateBundleRequest request;
  request.set_x509(x509);
  request.set_jwt(jwt);
  request.set_now(now);
  const auto answer = impl_->call<v1::RotateBundleResponse>(&Stub::RotateBundle, request);
  if (!answer) return answer.error();
  return to_view(*answer);
}

Result<ExportView> EntenteClient::export_bundle() const {
  const auto answer = impl_->call<v1::ExportBundleResponse>(&Stub::ExportBundle, v1::ExportBundleRequest());
  if (!answer) return answer.error();
  return to_view(*answer);
}

Result<ImportView> EntenteClient::import_bundle(const std::string& jws, const std::string& fingerprint) const {
  v1::ImportBundleRequest request;
  request.set_jws(jws);
  request.set_fingerprint(fingerprint);
  const auto answer = impl_->call<v1::ImportBundleResponse>(&Stub::ImportBundle, request);
  if (!answer) return answer.error();
  return to_view(*answer);
}

Result<std::vector<RelationshipView>> EntenteClient::relationships() const {
  const auto answer =
      impl_->call<v1::ListRelationshipsResponse>(&Stub::ListRelationships, v1::ListRelationshipsRequest());
  if (!answer) return answer.error();
  return views_of(*answer);
}

Result<RelationshipView> EntenteClient::relationship(const std::string& trust_domain) const {
  const auto answer =
      impl_->call<v1::GetRelationshipResponse>(&Stub::GetRelationship, about<v1::GetRelationshipRequest>(trust_domain));
  if (!answer) return answer.error();
  return to_view(answer->relationship());
}

Result<std::vector<RelationshipView>> EntenteClient::refresh(const std::vector<std::string>& trust_domains) const {
  v1::RefreshRelationshipsRequest request;
  for (const std::string& domain : trust_domains) request.add_trust_domains(domain);
  const auto answer = impl_->call<v1::RefreshRelationshipsResponse>(&Stub::RefreshRelationships, request);
  if (!answer) return answer.error();
  return views_of(*answer);
}

Result<RelationshipView> EntenteClient::create(const RelationshipRequest& asked) const {
  v1::CreateRelationshipRequest request;
  *request.mutable_definition() = to_message(asked);
  const auto answer = impl_->call<v1::CreateRelationshipResponse>(&Stub::CreateRelationship, request);
  if (!answer) return answer.error();
  return to_view(answer->relationship());
}

Result<RelationshipView> EntenteClient::update(const RelationshipRequest& asked) const {
  v1::UpdateRelationshipRequest request;
  *request.mutable_definition() = to_message(asked);
  const auto answer = impl_->call<v1::UpdateRelationshipResponse>(&Stub::UpdateRelationship, request);
  if (!answer) return answer.error();
  return to_view(answer->relationship());
}

Status EntenteClient::erase(const std::string& trust_domain) const {
  return impl_->done<v1::DeleteRelationshipResponse>(&Stub::DeleteRelationship,
                                                     about<v1::DeleteRelationshipRequest>(trust_domain));
}

Result<std::vector<PushTargetView>> EntenteClient::push_targets() const {
  const auto answer = impl_->call<v1::ListPushTargetsResponse>(&Stub::ListPushTargets, v1::ListPushTargetsRequest());
  if (!answer) return answer.error();
  std::vector<PushTargetView> views;
  for (const v1::PushTarget& message : answer->targets()) views.push_back(to_view(message));
  return views;
}

Status EntenteClient::accept_next(const std::string& trust_domain, const std::string& reason) const {
  auto request = about<v1::AcceptNextBundleRequest>(trust_domain);
  request.set_reason(reason);
  return impl_->done<v1::AcceptNextBundleResponse>(&Stub::AcceptNextBundle, request);
}

Status EntenteClient::approve(const std::string& trust_domain, const std::string& digest) const {
  auto request = about<v1::ApproveBundleRequest>(trust_domain);
  request.set_digest(digest);
  return impl_->done<v1::ApproveBundleResponse>(&Stub::ApproveBundle, request);
}

Status EntenteClient::reject(const std::string& trust_domain, const std::string& digest) const {
  auto request = about<v1::RejectBundleRequest>(trust_domain);
  request.set_digest(digest);
  return impl_->done<v1::RejectBundleResponse>(&Stub::RejectBundle, request);
}

Status EntenteClient::rollback(const std::string& trust_domain, std::uint64_t number, const std::string& reason) const {
  auto request = about<v1::RollbackBundleRequest>(trust_domain);
  request.set_number(number);
  request.set_reason(reason);
  return impl_->done<v1::RollbackBundleResponse>(&Stub::RollbackBundle, request);
}

Result<std::vector<HistoryView>> EntenteClient::history(const std::string& trust_domain, std::uint32_t limit,
                                                        std::uint64_t first, std::uint64_t last) const {
  auto request = about<v1::ListHistoryRequest>(trust_domain);
  request.set_limit(limit);
  request.set_first(first);
  request.set_last(last);
  const auto answer = impl_->call<v1::ListHistoryResponse>(&Stub::ListHistory, request);
  if (!answer) return answer.error();
  std::vector<HistoryView> views;
  for (const v1::HistoryEntry& entry : answer->entries()) views.push_back(to_view(entry));
  return views;
}

Result<DiffView> EntenteClient::diff(const std::string& trust_domain, std::optional<std::uint64_t> from,
                                     std::optional<std::uint64_t> to) const {
  auto request = about<v1::DiffBundlesRequest>(trust_domain);
  if (from) request.set_from(*from);
  if (to) request.set_to(*to);
  const auto answer = impl_->call<v1::DiffBundlesResponse>(&Stub::DiffBundles, request);
  if (!answer) return answer.error();
  return to_view(*answer, trust_domain);
}

}  // namespace entente::cli
