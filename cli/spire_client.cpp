#include "cli/spire_client.hpp"

#include "cli/admin_channel.hpp"
#include "cli/spire_views.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "common/spire_api/bundle_messages.hpp"
#include "spire/api/server/bundle/v1/bundle.grpc.pb.h"
#include "spire/api/server/entry/v1/entry.grpc.pb.h"
#include "spire/api/server/trustdomain/v1/trustdomain.grpc.pb.h"

namespace entente::cli {

namespace types = spire::api::types;
namespace bundle_v1 = spire::api::server::bundle::v1;
namespace entry_v1 = spire::api::server::entry::v1;
namespace trustdomain_v1 = spire::api::server::trustdomain::v1;

using BundleStub = bundle_v1::Bundle::Stub;
using EntryStub = entry_v1::Entry::Stub;
using TrustDomainStub = trustdomain_v1::TrustDomain::Stub;

struct SpireClient::Impl {
  std::shared_ptr<const AdminChannel> channel;
  std::unique_ptr<BundleStub> bundles;
  std::unique_ptr<EntryStub> entries;
  std::unique_ptr<TrustDomainStub> trust_domains;

  // The one result of a batch call that was asked for one item.
  template <class Response, class Stub, class Method, class Request>
  Result<typename Response::Result> one(Stub& stub, Method method, const Request& request) const {
    const Result<Response> response = channel->call<Response>(stub, method, request);
    if (!response) return response.error();
    if (response->results_size() != 1)
      return Error(Errc::schema, "admin socket " + channel->target() + ": the answer does not hold one result");
    const types::Status& status = response->results(0).status();
    if (status.code() == 0) return response->results(0);
    return channel->error_of(grpc::Status(static_cast<grpc::StatusCode>(status.code()), status.message()));
  }

  // Every page of a list: `take` gets each answer.
  template <class Response, class Stub, class Method, class Request, class Take>
  Status pages(Stub& stub, Method method, Request request, Take take) const {
    constexpr std::int32_t page_size = 500;
    request.set_page_size(page_size);
    for (;;) {
      const Result<Response> response = channel->call<Response>(stub, method, request);
      if (!response) return response.error();
      if (const Status taken = take(*response); !taken) return taken;
      if (response->next_page_token().empty()) return ok();
      if (response->next_page_token() == request.page_token())
        return Error(Errc::schema, "admin socket " + channel->target() + ": a list of pages that does not end");
      request.set_page_token(response->next_page_token());
    }
  }
};

namespace {

Result<BundleView> view_of(const Result<types::Bundle>& answer) {
  if (!answer) return answer.error();
  auto bundle = to_bundle(*answer);
  if (!bundle) return bundle.error();
  BundleView view(std::move(*bundle));
  view.document = spiffe::write_bundle(view.bundle);
  return view;
}

bundle_v1::BatchDeleteFederatedBundleRequest::Mode mode_of(DeleteMode mode) {
  using Request = bundle_v1::BatchDeleteFederatedBundleRequest;
  if (mode == DeleteMode::erase) return Request::DELETE;
  return mode == DeleteMode::dissociate ? Request::DISSOCIATE : Request::RESTRICT;
}

}  // namespace

SpireClient::SpireClient(std::shared_ptr<const AdminChannel> channel) : impl_(std::make_unique<Impl>()) {
  impl_->bundles = bundle_v1::Bundle::NewStub(channel->grpc());
  impl_->entries = entry_v1::Entry::NewStub(channel->grpc());
  impl_->trust_domains = trustdomain_v1::TrustDomain::NewStub(channel->grpc());
  impl_->channel = std::move(channel);
}
SpireClient::~SpireClient() = default;
SpireClient::SpireClient(SpireClient&&) noexcept = default;

Result<std::uint64_t> SpireClient::count_bundles() const {
  const auto answer = impl_->channel->call<bundle_v1::CountBundlesResponse>(*impl_->bundles, &BundleStub::CountBundles,
                                                                            bundle_v1::CountBundlesRequest());
  if (!answer) return answer.error();
  return static_cast<std::uint64_t>(answer->count());
}

Result<BundleView> SpireClient::bundle(const std::string& trust_domain) const {
  if (trust_domain.empty())
    return view_of(
        impl_->channel->call<types::Bundle>(*impl_->bundles, &BundleStub::GetBundle, bundle_v1::GetBundleRequest()));
  bundle_v1::GetFederatedBundleRequest request;
  request.set_trust_domain(trust_domain);
  return view_of(impl_->channel->call<types::Bundle>(*impl_->bundles, &BundleStub::GetFederatedBundle, request));
}

Result<std::vector<BundleView>> SpireClient::federated_bundles() const {
  std::vector<BundleView> views;
  const auto take = [&views](const bundle_v1::ListFederatedBundlesResponse& page) -> Status {
    for (const types::Bundle& message : page.bundles()) {
      auto view = view_of(message);
      if (!view) return view.error();
      views.push_back(std::move(*view));
    }
    return ok();
  };
  const Status listed = impl_->pages<bundle_v1::ListFederatedBundlesResponse>(
      *impl_->bundles, &BundleStub::ListFederatedBundles, bundle_v1::ListFederatedBundlesRequest(), take);
  if (!listed) return listed.error();
  return views;
}

Result<BundleView> SpireClient::set_bundle(const spiffe::Bundle& bundle) const {
  bundle_v1::BatchSetFederatedBundleRequest request;
  *request.add_bundle() = spire_api::to_message(bundle);
  const auto result = impl_->one<bundle_v1::BatchSetFederatedBundleResponse>(
      *impl_->bundles, &BundleStub::BatchSetFederatedBundle, request);
  if (!result) return result.error();
  return view_of(result->bundle());
}

Status SpireClient::delete_bundle(const std::string& trust_domain, DeleteMode mode) const {
  bundle_v1::BatchDeleteFederatedBundleRequest request;
  request.add_trust_domains(trust_domain);
  request.set_mode(mode_of(mode));
  const auto result = impl_->one<bundle_v1::BatchDeleteFederatedBundleResponse>(
      *impl_->bundles, &BundleStub::BatchDeleteFederatedBundle, request);
  if (!result) return result.error();
  return ok();
}

Result<std::vector<RelationshipView>> SpireClient::relationships() const {
  std::vector<RelationshipView> views;
  const auto take = [&views](const trustdomain_v1::ListFederationRelationshipsResponse& page) -> Status {
    for (const types::FederationRelationship& message : page.federation_relationships())
      views.push_back(to_view(message));
    return ok();
  };
  const Status listed = impl_->pages<trustdomain_v1::ListFederationRelationshipsResponse>(
      *impl_->trust_domains, &TrustDomainStub::ListFederationRelationships,
      trustdomain_v1::ListFederationRelationshipsRequest(), take);
  if (!listed) return listed.error();
  return views;
}

Result<RelationshipView> SpireClient::relationship(const std::string& trust_domain) const {
  trustdomain_v1::GetFederationRelationshipRequest request;
  request.set_trust_domain(trust_domain);
  const auto answer = impl_->channel->call<types::FederationRelationship>(
      *impl_->trust_domains, &TrustDomainStub::GetFederationRelationship, request);
  if (!answer) return answer.error();
  return to_view(*answer);
}

Status SpireClient::refresh(const std::string& trust_domain) const {
  trustdomain_v1::RefreshBundleRequest request;
  request.set_trust_domain(trust_domain);
  const auto answer =
      impl_->channel->call<google::protobuf::Empty>(*impl_->trust_domains, &TrustDomainStub::RefreshBundle, request);
  if (!answer) return answer.error();
  return ok();
}

Result<RelationshipView> SpireClient::create(const RelationshipRequest& asked) const {
  auto message = to_spire(asked);
  if (!message) return message.error();
  trustdomain_v1::BatchCreateFederationRelationshipRequest request;
  *request.add_federation_relationships() = std::move(*message);
  const auto result = impl_->one<trustdomain_v1::BatchCreateFederationRelationshipResponse>(
      *impl_->trust_domains, &TrustDomainStub::BatchCreateFederationRelationship, request);
  if (!result) return result.error();
  return to_view(result->federation_relationship());
}

Result<RelationshipView> SpireClient::update(const RelationshipRequest& asked) const {
  auto message = to_spire(asked);
  if (!message) return message.error();
  trustdomain_v1::BatchUpdateFederationRelationshipRequest request;
  *request.add_federation_relationships() = std::move(*message);
  *request.mutable_input_mask() = mask_of(asked);
  const auto result = impl_->one<trustdomain_v1::BatchUpdateFederationRelationshipResponse>(
      *impl_->trust_domains, &TrustDomainStub::BatchUpdateFederationRelationship, request);
  if (!result) return result.error();
  return to_view(result->federation_relationship());
}

Status SpireClient::erase(const std::string& trust_domain) const {
  trustdomain_v1::BatchDeleteFederationRelationshipRequest request;
  request.add_trust_domains(trust_domain);
  const auto result = impl_->one<trustdomain_v1::BatchDeleteFederationRelationshipResponse>(
      *impl_->trust_domains, &TrustDomainStub::BatchDeleteFederationRelationship, request);
  if (!result) return result.error();
  return ok();
}

Result<std::vector<EntryView>> SpireClient::entries() const {
  std::vector<EntryView> views;
  const auto take = [&views](const entry_v1::ListEntriesResponse& page) -> Status {
    for (const types::Entry& message : page.entries()) views.push_back(to_view(message));
    return ok();
  };
  const Status listed = impl_->pages<entry_v1::ListEntriesResponse>(*impl_->entries, &EntryStub::ListEntries,
                                                                    entry_v1::ListEntriesRequest(), take);
  if (!listed) return listed.error();
  return views;
}

Result<EntryView> SpireClient::entry(const std::string& id) const {
  entry_v1::GetEntryRequest request;
  request.set_id(id);
  const auto answer = impl_->channel->call<types::Entry>(*impl_->entries, &EntryStub::GetEntry, request);
  if (!answer) return answer.error();
  return to_view(*answer);
}

Result<EntryView> SpireClient::create_entry(const EntryRequest& asked) const {
  entry_v1::BatchCreateEntryRequest request;
  *request.add_entries() = to_spire(asked);
  const auto result =
      impl_->one<entry_v1::BatchCreateEntryResponse>(*impl_->entries, &EntryStub::BatchCreateEntry, request);
  if (!result) return result.error();
  return to_view(result->entry());
}

Result<EntryView> SpireClient::update_entry(const EntryRequest& asked) const {
  entry_v1::BatchUpdateEntryRequest request;
  *request.add_entries() = to_spire(asked);
  *request.mutable_input_mask() = mask_of(asked);
  const auto result =
      impl_->one<entry_v1::BatchUpdateEntryResponse>(*impl_->entries, &EntryStub::BatchUpdateEntry, request);
  if (!result) return result.error();
  return to_view(result->entry());
}

Status SpireClient::delete_entry(const std::string& id) const {
  entry_v1::BatchDeleteEntryRequest request;
  request.add_ids(id);
  const auto result =
      impl_->one<entry_v1::BatchDeleteEntryResponse>(*impl_->entries, &EntryStub::BatchDeleteEntry, request);
  if (!result) return result.error();
  return ok();
}

}  // namespace entente::cli
