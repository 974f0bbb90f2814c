#include "syncer/admin/bundle_service.hpp"

#include "spire/api/server/bundle/v1/bundle.grpc.pb.h"
#include "syncer/admin/bundle_changes.hpp"
#include "syncer/admin/bundle_messages.hpp"
#include "syncer/admin/item_status.hpp"
#include "syncer/admin/paging.hpp"

namespace entente::syncer {
namespace {

namespace v1 = spire::api::server::bundle::v1;
namespace types = spire::api::types;

using Context = Calls::Context;
using Reactor = Calls::Reactor;

constexpr std::string_view list_name = "bundles";

template <class Request>
const types::BundleMask* output_mask(const Request& request) {
  return request.has_output_mask() ? &request.output_mask() : nullptr;
}

std::optional<DeleteMode> mode_from(v1::BatchDeleteFederatedBundleRequest::Mode mode) {
  switch (mode) {
    case v1::BatchDeleteFederatedBundleRequest::RESTRICT:
      return DeleteMode::restrict_;
    case v1::BatchDeleteFederatedBundleRequest::DELETE:
      return DeleteMode::delete_;
    case v1::BatchDeleteFederatedBundleRequest::DISSOCIATE:
      return DeleteMode::dissociate;
    default:
      return std::nullopt;
  }
}

// SPIRE answers FAILED_PRECONDITION where entries stand in the way.
types::Status status_of(const Status& erased) {
  if (erased) return item_done();
  return erased.error().code() == Errc::conflict ? item_out_of_place(erased.error().message())
                                                 : item_failed(erased.error());
}

class BundleService final : public v1::Bundle::CallbackService {
 public:
  BundleService(AdminParts parts, Calls calls)
      : parts_(parts), calls_(std::move(calls)), changes_(std::move(parts), calls_) {}

  Reactor* CountBundles(Context* context, const v1::CountBundlesRequest*, v1::CountBundlesResponse* response) override {
    response->set_count(static_cast<std::int32_t>(parts_.feed.current()->records.size()));
    return Calls::finish(context, grpc::Status::OK);
  }
  Reactor* GetBundle(Context* context, const v1::GetBundleRequest* request, types::Bundle* response) override {
    return calls_.answer(context, get(request, response));
  }
  Reactor* AppendBundle(Context* context, const v1::AppendBundleRequest* request, types::Bundle* response) override {
    return calls_.answer(context, append(request, response, calls_.actor(*context, "AppendBundle")));
  }
  Reactor* PublishJWTAuthority(Context* context, const v1::PublishJWTAuthorityRequest* request,
                               v1::PublishJWTAuthorityResponse* response) override {
    return calls_.answer(context, publish(request, response, calls_.actor(*context, "PublishJWTAuthority")));
  }
  Reactor* PublishWITAuthority(Context* context, const v1::PublishWITAuthorityRequest*,
                               v1::PublishWITAuthorityResponse*) override {
    return Calls::finish(context, {grpc::StatusCode::UNIMPLEMENTED,
                                   "WIT authorities cannot be published: no WIT-SVIDs are issued here"});
  }
  Reactor* ListFederatedBundles(Context* context, const v1::ListFederatedBundlesRequest* request,
                                v1::ListFederatedBundlesResponse* response) override {
    return calls_.answer(context, list(request, response));
  }
  Reactor* GetFederatedBundle(Context* context, const v1::GetFederatedBundleRequest* request,
                              types::Bundle* response) override {
    return calls_.answer(context, get_federated(request, response));
  }
  Reactor* BatchCreateFederatedBundle(Context* context, const v1::BatchCreateFederatedBundleRequest* request,
                                      v1::BatchCreateFederatedBundleResponse* response) override {
    trust::Actor by = calls_.actor(*context, "BatchCreateFederatedBundle");
    return calls_.answer(context, batch_create(context, request, response, std::move(by)));
  }
  Reactor* BatchUpdateFederatedBundle(Context* context, const v1::BatchUpdateFederatedBundleRequest* request,
                                      v1::BatchUpdateFederatedBundleResponse* response) override {
    trust::Actor by = calls_.actor(*context, "BatchUpdateFederatedBundle");
    return calls_.answer(context, batch_update(context, request, response, std::move(by)));
  }
  Reactor* BatchSetFederatedBundle(Context* context, const v1::BatchSetFederatedBundleRequest* request,
                                   v1::BatchSetFederatedBundleResponse* response) override {
    trust::Actor by = calls_.actor(*context, "BatchSetFederatedBundle");
    return calls_.answer(context, batch_set(context, request, response, std::move(by)));
  }
  Reactor* BatchDeleteFederatedBundle(Context* context, const v1::BatchDeleteFederatedBundleRequest* request,
                                      v1::BatchDeleteFederatedBundleResponse* response) override {
    const std::optional<DeleteMode> mode = mode_from(request->mode());
    if (!mode)
      return Calls::finish(context, {grpc::StatusCode::INVALID_ARGUMENT,
                                     "mode: unhandled delete mode " + std::to_string(request->mode())});
    trust::Actor by = calls_.actor(*context, "BatchDeleteFederatedBundle");
    return calls_.answer(context, batch_delete(context, request, response, *mode, std::move(by)));
  }

 private:
  using Answer = Calls::Answer;

  Answer get(const v1::GetBundleRequest* request, types::Bundle* response) {
    const trust::RecordPtr own = parts_.ledger.current()->own_record();
    if (!own) co_return Error(Errc::not_found, "bundle not found: this server has none of its own");
    *response = to_message(*own->bundle, output_mask(*request));
    co_return ok();
  }

  // Only the embedded issuer's bundle is made here; any other comes whole from its source.
  Status check_issuer() const {
    if (parts_.issuer) return ok();
    return Error(Errc::unsupported,
                 "our own bundle comes from another source than the embedded issuer: append to it there");
  }

  Answer append(const v1::AppendBundleRequest* request, types::Bundle* response, trust::Actor by) {
    if (const Status issuing = check_issuer(); !issuing) co_return issuing.error();
    if (!request->wit_authorities().empty())
      co_return Error(Errc::invalid_argument, "wit_authorities: cannot be appended: no WIT-SVIDs are issued here");
    if (request->x509_authorities().empty() && request->jwt_authorities().empty())
      co_return Error(Errc::invalid_argument, "x509_authorities, jwt_authorities: no authorities to append");
    Result<ExtraAuthorities> extra =
        extra_authorities_from(request->x509_authorities(), request->jwt_authorities(), parts_.clock.now());
    if (!extra) co_return extra.error().within("failed to convert authorities");
    const Status appended = co_await take_in(std::move(*extra), std::move(by));
    if (!appended) co_return appended.error().within("failed to append bundle");
    const trust::RecordPtr own = parts_.ledger.current()->own_record();
    if (own) *response = to_message(*own->bundle, output_mask(*request));
    co_return ok();
  }

  Answer publish(const v1::PublishJWTAuthorityRequest* request, v1::PublishJWTAuthorityResponse* response,
                 trust::Actor by) {
    if (const Status issuing = check_issuer(); !issuing) co_return issuing.error();
    if (!request->has_jwt_authority()) co_return Error(Errc::invalid_argument, "jwt_authority: missing JWT authority");
    const Result<ExtraJwtAuthority> authority =
        jwt_authority_from(request->jwt_authority(), "jwt_authority", parts_.clock.now());
    if (!authority) co_return authority.error().within("invalid JWT authority");
    ExtraAuthorities extra{{}, {*authority}};
    const Status appended = co_await take_in(std::move(extra), std::move(by));
    if (!appended) co_return appended.error().within("failed to publish JWT key");
    const trust::RecordPtr own = parts_.ledger.current()->own_record();
    if (!own) co_return ok();
    for (const spiffe::JwtAuthority& one : own->bundle->jwt_authorities)
      *response->add_jwt_authorities() = to_message(one);
    co_return ok();
  }

  asio::awaitable<Status> take_in(ExtraAuthorities extra, trust::Actor by) {
    const std::size_t x509 = extra.x509.size(), jwt = extra.jwt.size();
    const Status appended = co_await parts_.issuer->append(std::move(extra), by);
    if (appended)
      parts_.log.info("authorities appended to our own bundle", {{"event", "bundle_appended"},
                                                                 {"td", parts_.ledger.current()->own->name()},
                                                                 {"x509_authorities", x509},
                                                                 {"jwt_authorities", jwt},
                                                                 {"by", trust::describe(by)}});
    co_return appended;
  }

  Answer list(const v1::ListFederatedBundlesRequest* request, v1::ListFederatedBundlesResponse* response) {
    const Result<PageRequest> page = parse_page(list_name, request->page_size(), request->page_token());
    if (!page) co_return page.error();
    const trust::SnapshotPtr snapshot = parts_.ledger.current();
    std::vector<trust::RecordPtr> federated = snapshot->records;
    std::erase_if(federated, [&](const trust::RecordPtr& one) { return snapshot->own == one->trust_domain(); });
    const auto name = [](const trust::RecordPtr& one) { return one->trust_domain().name(); };
    const auto add = [&](const trust::RecordPtr& one) {
      *response->add_bundles() = to_message(*one->bundle, output_mask(*request));
    };
    response->set_next_page_token(each_of_page(list_name, *page, federated, name, add));
    co_return ok();
  }

  Answer get_federated(const v1::GetFederatedBundleRequest* request, types::Bundle* response) {
    const Result<spiffe::TrustDomain> domain = parse_domain("trust_domain", request->trust_domain());
    if (!domain) co_return domain.error();
    const trust::SnapshotPtr snapshot = parts_.ledger.current();
    if (snapshot->own == *domain)
      co_return Error(Errc::invalid_argument,
                      "trust_domain: getting a federated bundle for the server's own trust domain is not allowed");
    const trust::RecordPtr record = snapshot->find(*domain);
    if (!record) co_return Error(Errc::not_found, "bundle not found: " + domain->name());
    *response = to_message(*record->bundle, output_mask(*request));
    co_return ok();
  }

  // The three that put a bundle in use differ in `change` alone.
  template <class Request, class Response, class Change>
  static Answer batch(Context* context, const Request* request, Response* response, Change change) {
    for (const types::Bundle& message : request->bundle()) {
      auto& result = *response->add_results();
      if (context->IsCancelled()) {
        *result.mutable_status() = item_cancelled();
        continue;
      }
      auto task = change(message);
      const Result<spiffe::BundlePtr> given = co_await std::move(task);
      *result.mutable_status() = given ? item_done() : item_failed(given.error());
      if (given) *result.mutable_bundle() = to_message(**given, output_mask(*request));
    }
    co_return ok();
  }
  Answer batch_create(Context* context, const v1::BatchCreateFederatedBundleRequest* request,
                      v1::BatchCreateFederatedBundleResponse* response, trust::Actor by) {
    return batch(context, request, response,
                 [this, by = std::move(by)](const types::Bundle& message) { return changes_.create(message, by); });
  }
  Answer batch_update(Context* context, const v1::BatchUpdateFederatedBundleRequest* request,
                      v1::BatchUpdateFederatedBundleResponse* response, trust::Actor by) {
    const types::BundleMask* const mask = request->has_input_mask() ? &request->input_mask() : nullptr;
    return batch(context, request, response, [this, mask, by = std::move(by)](const types::Bundle& message) {
      return changes_.update(message, mask, by);
    });
  }
  Answer batch_set(Context* context, const v1::BatchSetFederatedBundleRequest* request,
                   v1::BatchSetFederatedBundleResponse* response, trust::Actor by) {
    return batch(context, request, response,
                 [this, by = std::move(by)](const types::Bundle& message) { return changes_.set(message, by); });
  }

  Answer batch_delete(Context* context, const v1::BatchDeleteFederatedBundleRequest* request,
                      v1::BatchDeleteFederatedBundleResponse* response, DeleteMode mode, trust::Actor by) {
    for (const std::string& name : request->trust_domains()) {
      auto& result = *response->add_results();
      result.set_trust_domain(name);
      if (context->IsCancelled()) {
        *result.mutable_status() = item_cancelled();
        continue;
      }
      const Status erased = co_await changes_.erase(name, mode, by);
      *result.mutable_status() = status_of(erased);
    }
    co_return ok();
  }

  AdminParts parts_;
  Calls calls_;
  BundleChanges changes_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_bundle_service(AdminParts parts, Calls calls) {
  return std::make_unique<BundleService>(std::move(parts), std::move(calls));
}

}  // namespace entente::syncer
