#include "syncer/admin/trust_domain_service.hpp"

#include "spire/api/server/trustdomain/v1/trustdomain.grpc.pb.h"
#include "syncer/admin/bundle_messages.hpp"
#include "syncer/admin/item_status.hpp"
#include "syncer/admin/paging.hpp"
#include "syncer/admin/relationship_messages.hpp"
#include "syncer/admin/waiting_polls.hpp"

namespace entente::syncer {
namespace {

namespace v1 = spire::api::server::trustdomain::v1;
namespace types = spire::api::types;

using Context = Calls::Context;
using Reactor = Calls::Reactor;
using Mask = types::FederationRelationshipMask;

constexpr std::string_view list_name = "relationships";

template <class Request>
const Mask* output_mask(const Request& request) {
  return request.has_output_mask() ? &request.output_mask() : nullptr;
}

class TrustDomainService final : public v1::TrustDomain::CallbackService {
 public:
  TrustDomainService(AdminParts parts, Calls calls) : parts_(std::move(parts)), calls_(std::move(calls)) {}

  Reactor* ListFederationRelationships(Context* context, const v1::ListFederationRelationshipsRequest* request,
                                       v1::ListFederationRelationshipsResponse* response) override {
    return calls_.answer(context, list(request, response));
  }
  Reactor* GetFederationRelationship(Context* context, const v1::GetFederationRelationshipRequest* request,
                                     types::FederationRelationship* response) override {
    return calls_.answer(context, get(request, response));
  }
  Reactor* BatchCreateFederationRelationship(Context* context,
                                             const v1::BatchCreateFederationRelationshipRequest* request,
                                             v1::BatchCreateFederationRelationshipResponse* response) override {
    trust::Actor by = calls_.actor(*context, "BatchCreateFederationRelationship");
    return calls_.answer(context, batch_create(context, request, response, std::move(by)));
  }
  Reactor* BatchUpdateFederationRelationship(Context* context,
                                             const v1::BatchUpdateFederationRelationshipRequest* request,
                                             v1::BatchUpdateFederationRelationshipResponse* response) override {
    trust::Actor by = calls_.actor(*context, "BatchUpdateFederationRelationship");
    return calls_.answer(context, batch_update(context, request, response, std::move(by)));
  }
  Reactor* BatchDeleteFederationRelationship(Context* context,
                                             const v1::BatchDeleteFederationRelationshipRequest* request,
                                             v1::BatchDeleteFederationRelationshipResponse* response) override {
    trust::Actor by = calls_.actor(*context, "BatchDeleteFederationRelationship");
    return calls_.answer(context, batch_delete(context, request, response, std::move(by)));
  }
  Reactor* RefreshBundle(Context* context, const v1::RefreshBundleRequest* request, google::protobuf::Empty*) override {
    return calls_.answer(context, refresh(request));
  }

 private:
  using Answer = Calls::Answer;
  using Outcome = asio::awaitable<Result<trust::Relationship>>;  // errors begin with what failed

  Answer list(const v1::ListFederationRelationshipsRequest* request,
              v1::ListFederationRelationshipsResponse* response) {
    const Result<PageRequest> page = parse_page(list_name, request->page_size(), request->page_token());
    if (!page) co_return page.error();
    const auto name = [](const trust::RelationshipPtr& one) { return one->trust_domain.name(); };
    const auto add = [&](const trust::RelationshipPtr& one) {
      *response->add_federation_relationships() = told(*one, output_mask(*request));
    };
    response->set_next_page_token(each_of_page(list_name, *page, parts_.relationships.all(), name, add));
    co_return ok();
  }

  Answer get(const v1::GetFederationRelationshipRequest* request, types::FederationRelationship* response) {
    const Result<spiffe::TrustDomain> domain = parse_domain("trust_domain", request->trust_domain());
    if (!domain) co_return domain.error();
    const trust::RelationshipPtr found = parts_.relationships.find(*domain);
    if (!found) co_return Error(Errc::not_found, "federation relationship does not exist: " + domain->name());
    *response = told(*found, output_mask(*request));
    co_return ok();
  }

  Answer batch_create(Context* context, const v1::BatchCreateFederationRelationshipRequest* request,
                      v1::BatchCreateFederationRelationshipResponse* response, trust::Actor by) {
    for (const types::FederationRelationship& message : request->federation_relationships()) {
      auto& result = *response->add_results();
      if (context->IsCancelled()) {
        *result.mutable_status() = item_cancelled();
        continue;
      }
      const Result<trust::Relationship> created = co_await create(message, by);
      *result.mutable_status() = created ? item_done() : item_failed(created.error());
      if (created) *result.mutable_federation_relationship() = told(*created, output_mask(*request));
    }
    co_return ok();
  }

  Outcome create(const types::FederationRelationship& message, trust::Actor by) {
    const char* const converting = "failed to convert federation relationship";
    Result<trust::Relationship> relationship = relationship_from(message);
    if (!relationship) co_return relationship.error().within(converting);
    const Result<spiffe::BundlePtr> bundle = bundle_of(message, nullptr, parts_.clock.now());
    if (!bundle) co_return bundle.error().within(converting);
    const auto lock = co_await calls_.one_change();
    if (!lock) co_return lock.error();
    const Status created = co_await parts_.relationships.create(*relationship, by);
    if (!created) co_return created.error().within("failed to create federation relationship");
    const Status given = co_await give(*bundle, by);
    if (!given) co_return given.error().within("the federation relationship was created, but not its bundle");
    co_return relationship;
  }

  Answer batch_update(Context* context, const v1::BatchUpdateFederationRelationshipRequest* request,
                      v1::BatchUpdateFederationRelationshipResponse* response, trust::Actor by) {
    const Mask* const input_mask = request->has_input_mask() ? &request->input_mask() : nullptr;
    for (const types::FederationRelationship& message : request->federation_relationships()) {
      auto& result = *response->add_results();
      if (context->IsCancelled()) {
        *result.mutable_status() = item_cancelled();
        continue;
      }
      const Result<trust::Relationship> updated = co_await update(message, input_mask, by);
      *result.mutable_status() = updated ? item_done() : item_failed(updated.error());
      if (updated) *result.mutable_federation_relationship() = told(*updated, output_mask(*request));
    }
    co_return ok();
  }

  Outcome update(const types::FederationRelationship& message, const Mask* mask, trust::Actor by) {
    const char* const converting = "failed to convert federation relationship";
    const Result<spiffe::TrustDomain> domain = parse_domain("trust_domain", message.trust_domain());
    if (!domain) co_return domain.error().within(converting);
    const Result<spiffe::BundlePtr> bundle = bundle_of(message, mask, parts_.clock.now());
    if (!bundle) co_return bundle.error().within(converting);
    const auto lock = co_await calls_.one_change();
    if (!lock) co_return lock.error();
    const trust::RelationshipPtr current = parts_.relationships.find(*domain);
    if (!current) co_return Error(Errc::not_found, "federation relationship not found: " + domain->name());
    Result<trust::Relationship> relationship = changed(*current, message, mask);
    if (!relationship) co_return relationship.error().within(converting);
    const Status updated = co_await parts_.relationships.update(*relationship, by);
    if (!updated) co_return updated.error().within("failed to update federation relationship");
    const Status given = co_await give(*bundle, by);
    if (!given) co_return given.error().within("the federation relationship was updated, but not its bundle");
    co_return relationship;
  }

  asio::awaitable<Status> give(spiffe::BundlePtr bundle, trust::Actor by) {
    if (!bundle) co_return ok();
    const Status given = co_await parts_.operators.give(bundle, std::move(by));
    if (given) poll_who_waits_for(parts_, bundle->trust_domain);
    co_return given;
  }

  Answer batch_delete(Context* context, const v1::BatchDeleteFederationRelationshipRequest* request,
                      v1::BatchDeleteFederationRelationshipResponse* response, trust::Actor by) {
    for (const std::string& name : request->trust_domains()) {
      auto& result = *response->add_results();
      result.set_trust_domain(name);
      if (context->IsCancelled()) {
        *result.mutable_status() = item_cancelled();
        continue;
      }
      const Status erased = co_await erase(name, by);
      *result.mutable_status() = erased ? item_done() : item_failed(erased.error());
    }
    co_return ok();
  }

  asio::awaitable<Status> erase(const std::string& name, trust::Actor by) {
    const Result<spiffe::TrustDomain> domain = parse_domain("trust_domains", name);
    if (!domain) co_return domain.error();
    const auto lock = co_await calls_.one_change();
    if (!lock) co_return lock.error();
    const Status erased = co_await parts_.relationships.erase(*domain, std::move(by));
    if (!erased) co_return erased.error().within("failed to delete federation relationship");
    co_return ok();
  }

  Answer refresh(const v1::RefreshBundleRequest* request) {
    const Result<spiffe::TrustDomain> domain = parse_domain("trust_domain", request->trust_domain());
    if (!domain) co_return domain.error();
    if (!parts_.relationships.find(*domain))
      co_return Error(Errc::not_found, "no relationship with trust domain \"" + domain->name() + "\"");
    const Result<trust::RelationshipStatus> outcome = co_await parts_.syncer.refresh(*domain);
    if (!outcome) co_return outcome.error().within("failed to refresh bundle");
    const std::optional<Error>& failed = outcome->attempts.last_error;
    if (failed)
      co_return Error(Errc::internal,
                      "failed to refresh bundle: " + std::string(to_string(failed->code())) + ": " + failed->message());
    co_return ok();
  }

  types::FederationRelationship told(const trust::Relationship& relationship, const Mask* mask) const {
    const trust::RecordPtr record = parts_.ledger.current()->find(relationship.trust_domain);
    return to_message(relationship, record ? record->bundle.get() : nullptr, mask);
  }

  AdminParts parts_;
  Calls calls_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_trust_domain_service(AdminParts parts, Calls calls) {
  return std::make_unique<TrustDomainService>(std::move(parts), std::move(calls));
}

}  // namespace entente::syncer
