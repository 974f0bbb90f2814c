// The admin socket from the command line's side: an Entente, or any server with SPIRE's admin APIs. What both can say
// is asked of entente.v1 first, which tells more, and then of SPIRE's services.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/entente_client.hpp"
#include "cli/options.hpp"
#include "cli/requests.hpp"
#include "cli/spire_client.hpp"
#include "cli/views.hpp"
#include "common/base/result.hpp"

namespace entente::cli {

class AdminClient {
 public:
  // --admin-socket, else ENTENTE_ADMIN_SOCKET; Errc::invalid_argument when neither says where.
  static Result<AdminClient> connect(const GlobalOptions& options);

  Result<BundleView> bundle(const std::string& trust_domain) const;  // "": the server's own
  // The server's own, where it has one, then the others by trust domain.
  Result<std::vector<BundleView>> bundles() const;

  Result<std::vector<RelationshipView>> relationships() const;
  Result<RelationshipView> relationship(const std::string& trust_domain) const;
  Result<std::vector<RelationshipView>> refresh(const std::vector<std::string>& trust_domains) const;
  Result<RelationshipView> create(const RelationshipRequest& request) const;
  Result<RelationshipView> update(const RelationshipRequest& request) const;
  Status erase(const std::string& trust_domain) const;

  // What waits for approval against what is in use; where nothing waits, what the last change made.
  Result<DiffView> latest_diff(const std::string& trust_domain) const;

  // What only an Entente can say, and what SPIRE's APIs say best.
  const EntenteClient& entente() const { return entente_; }
  const SpireClient& spire() const { return spire_; }

 private:
  explicit AdminClient(const std::shared_ptr<const AdminChannel>& channel) : entente_(channel), spire_(channel) {}

  EntenteClient entente_;
  SpireClient spire_;
};

}  // namespace entente::cli
