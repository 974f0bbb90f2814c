#include "syncer/admin/entente_service.hpp"

#include "common/rpc/status.hpp"
#include "entente/v1/admin.grpc.pb.h"
#include "syncer/admin/entente_bundles.hpp"
#include "syncer/admin/entente_exchange.hpp"
#include "syncer/admin/entente_history.hpp"
#include "syncer/admin/entente_push.hpp"
#include "syncer/admin/entente_relationships.hpp"

namespace entente::syncer {
namespace {

namespace v1 = entente::v1;
using Context = Calls::Context;
using Reactor = Calls::Reactor;

// Every call of this service is there, so that UNIMPLEMENTED would be a lie; what cannot be had as things are is
// FAILED_PRECONDITION.
grpc::Status to_status(const Error& error) {
  switch (error.code()) {
    case Errc::unsupported:
    case Errc::sequence_older:
    case Errc::sequence_strict:
    case Errc::rejected:
    case Errc::wrong_spiffe_id:
    case Errc::no_bootstrap_bundle:
    case Errc::expired:
    case Errc::untrusted:
    case Errc::too_large:
      return {grpc::StatusCode::FAILED_PRECONDITION, error.message()};
    case Errc::store:
      return {grpc::StatusCode::UNAVAILABLE, error.message()};
    default:
      return rpc::to_status(error);
  }
}

// Gives each call to the part that answers it.
class AdminService final : public v1::Admin::CallbackService {
 public:
  AdminService(const AdminParts& parts, Calls calls, std::string version)
      : readiness_(parts.readiness),
        calls_(std::move(calls)),
        version_(std::move(version)),
        bundles_(parts),
        relationships_(parts, calls_),
        history_(parts),
        exchange_(parts, calls_),
        push_(parts.pushes) {}

  Reactor* GetHealth(Context* context, const v1::GetHealthRequest*, v1::GetHealthResponse* response) override {
    response->set_ready(readiness_.ready());
    for (const std::string& reason : readiness_.reasons()) response->add_reasons(reason);
    response->set_version(version_);
    return Calls::finish(context, grpc::Status::OK);
  }

  Reactor* GetBundle(Context* context, const v1::GetBundleRequest* request, v1::GetBundleResponse* response) override {
    return answer(context, bundles_.get(request, response));
  }
  Reactor* RotateBundle(Context* context, const v1::RotateBundleRequest* request,
                        v1::RotateBundleResponse* response) override {
    return answer(context, bundles_.rotate(request, response, calls_.actor(*context, "RotateBundle")));
  }

  Reactor* ListRelationships(Context* context, const v1::ListRelationshipsRequest*,
                             v1::ListRelationshipsResponse* response) override {
    return answer(context, relationships_.list(response));
  }
  Reactor* GetRelationship(Context* context, const v1::GetRelationshipRequest* request,
                           v1::GetRelationshipResponse* response) override {
    return answer(context, relationships_.get(request, response));
  }
  Reactor* RefreshRelationships(Context* context, const v1::RefreshRelationshipsRequest* request,
                                v1::RefreshRelationshipsResponse* response) override {
    return answer(context, relationships_.refresh(request, response));
  }
  Reactor* AcceptNextBundle(Context* context, const v1::AcceptNextBundleRequest* request,
                            v1::AcceptNextBundleResponse*) override {
    return answer(context, relationships_.accept_next(request, calls_.actor(*context, "AcceptNextBundle")));
  }
  Reactor* CreateRelationship(Context* context, const v1::CreateRelationshipRequest* request,
                              v1::CreateRelationshipResponse* response) override {
    return answer(context, relationships_.create(request, response, calls_.actor(*context, "CreateRelationship")));
  }
  Reactor* UpdateRelationship(Context* context, const v1::UpdateRelationshipRequest* request,
                              v1::UpdateRelationshipResponse* response) override {
    return answer(context, relationships_.update(request, response, calls_.actor(*context, "UpdateRelationship")));
  }
  Reactor* DeleteRelationship(Context* context, const v1::DeleteRelationshipRequest* request,
                              v1::DeleteRelationshipResponse*) override {
    return answer(context, relationships_.erase(request, calls_.actor(*context, "DeleteRelationship")));
  }

  Reactor* ListHistory(Context* context, const v1::ListHistoryRequest* request,
                       v1::ListHistoryResponse* response) override {
    return answer(context, history_.list(request, response));
  }
  Reactor* GetHistoryEntry(Context* context, const v1::GetHistoryEntryRequest* request,
                           v1::GetHistoryEntryResponse* response) override {
    return answer(context, history_.get(request, response));
  }
  Reactor* DiffBundles(Context* context, const v1::DiffBundlesRequest* request,
                       v1::DiffBundlesResponse* response) override {
    return answer(context, history_.diff(request, response));
  }
  Reactor* ApproveBundle(Context* context, const v1::ApproveBundleRequest* request,
                         v1::ApproveBundleResponse*) override {
    return answer(context, history_.approve(request, calls_.actor(*context, "ApproveBundle")));
  }
  Reactor* RejectBundle(Context* context, const v1::RejectBundleRequest* request, v1::RejectBundleResponse*) override {
    return answer(context, history_.reject(request, calls_.actor(*context, "RejectBundle")));
  }
  Reactor* RollbackBundle(Context* context, const v1::RollbackBundleRequest* request,
                          v1::RollbackBundleResponse*) override {
    return answer(context, history_.rollback(request, calls_.actor(*context, "RollbackBundle")));
  }

  Reactor* ExportBundle(Context* context, const v1::ExportBundleRequest*, v1::ExportBundleResponse* response) override {
    return answer(context, exchange_.export_bundle(response));
  }
  Reactor* ImportBundle(Context* context, const v1::ImportBundleRequest* request,
                        v1::ImportBundleResponse* response) override {
    return answer(context, exchange_.import_bundle(request, response, calls_.actor(*context, "ImportBundle")));
  }

  Reactor* ListPushTargets(Context* context, const v1::ListPushTargetsRequest*,
                           v1::ListPushTargetsResponse* response) override {
    return answer(context, push_.list(response));
  }

 private:
  Reactor* answer(Context* context, Calls::Answer call) const {
    return calls_.answer(context, std::move(call), to_status);
  }

  const telemetry::Readiness& readiness_;
  Calls calls_;
  std::string version_;
  EntenteBundles bundles_;
  EntenteRelationships relationships_;
  EntenteHistory history_;
  EntenteExchange exchange_;
  EntentePush push_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_entente_service(const AdminParts& parts, Calls calls, std::string version) {
  return std::make_unique<AdminService>(parts, std::move(calls), std::move(version));
}

}  // namespace entente::syncer
