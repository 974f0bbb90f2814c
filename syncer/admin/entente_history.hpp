// entente.v1's calls about what happened to a bundle, and what an operator decides about it.
#pragma once

#include "entente/v1/admin.pb.h"
#include "syncer/admin/admin_api.hpp"
#include "syncer/admin/call.hpp"

namespace entente::syncer {

// Lives on the control thread. Requests and responses outlive the answers.
class EntenteHistory {
 public:
  explicit EntenteHistory(AdminParts parts) : parts_(std::move(parts)) {}

  using Answer = Calls::Answer;
  Answer list(const entente::v1::ListHistoryRequest* request, entente::v1::ListHistoryResponse* response);
  Answer get(const entente::v1::GetHistoryEntryRequest* request, entente::v1::GetHistoryEntryResponse* response);
  Answer diff(const entente::v1::DiffBundlesRequest* request, entente::v1::DiffBundlesResponse* response);
  Answer approve(const entente::v1::ApproveBundleRequest* request, trust::Actor by);
  Answer reject(const entente::v1::RejectBundleRequest* request, trust::Actor by);
  Answer rollback(const entente::v1::RollbackBundleRequest* request, trust::Actor by);

 private:
  // One bundle of two that are compared; null: none.
  struct Side {
    std::string name;
    spiffe::BundlePtr bundle;
  };
  asio::awaitable<Result<Side>> recorded_side(spiffe::TrustDomain domain, std::uint64_t number, std::string field);
  Side side_in_use(const spiffe::TrustDomain& domain) const;
  Result<Side> held_side(const spiffe::TrustDomain& domain) const;

  // `text`, or our own trust domain where it is empty.
  Result<spiffe::TrustDomain> domain_or_own(const std::string& text) const;
  asio::awaitable<Result<trust::HistoryEntryPtr>> entry(spiffe::TrustDomain domain, std::uint64_t number,
                                                        std::string field);

  AdminParts parts_;
};

}  // namespace entente::syncer
