// entente.v1's calls about relationships: their definition, their status, and what makes them poll.
#pragma once

#include "entente/v1/admin.pb.h"
#include "syncer/admin/admin_api.hpp"
#include "syncer/admin/call.hpp"

namespace entente::syncer {

// Lives on the control thread. Requests and responses outlive the answers.
class EntenteRelationships {
 public:
  EntenteRelationships(AdminParts parts, Calls calls) : parts_(std::move(parts)), calls_(std::move(calls)) {}

  using Answer = Calls::Answer;
  Answer list(entente::v1::ListRelationshipsResponse* response);
  Answer get(const entente::v1::GetRelationshipRequest* request, entente::v1::GetRelationshipResponse* response);
  Answer create(const entente::v1::CreateRelationshipRequest* request,
                entente::v1::CreateRelationshipResponse* response, trust::Actor by);
  Answer update(const entente::v1::UpdateRelationshipRequest* request,
                entente::v1::UpdateRelationshipResponse* response, trust::Actor by);
  Answer erase(const entente::v1::DeleteRelationshipRequest* request, trust::Actor by);
  Answer refresh(const entente::v1::RefreshRelationshipsRequest* request,
                 entente::v1::RefreshRelationshipsResponse* response);
  Answer accept_next(const entente::v1::AcceptNextBundleRequest* request, trust::Actor by);

 private:
  entente::v1::Relationship message_of(const trust::RelationshipStatus& status) const;
  Status show(const spiffe::TrustDomain& trust_domain, entente::v1::Relationship* message) const;
  asio::awaitable<std::vector<trust::RelationshipStatus>> refresh_all(std::vector<spiffe::TrustDomain> domains);

  AdminParts parts_;
  Calls calls_;
};

}  // namespace entente::syncer
