// The admin socket from the command line's side. Blocking calls with a deadline.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/options.hpp"
#include "common/base/result.hpp"
#include "entente/v1/admin.pb.h"

namespace entente::cli {

class AdminClient {
 public:
  // --admin-socket, else ENTENTE_ADMIN_SOCKET; Errc::invalid_argument when neither says where.
  static Result<AdminClient> connect(const GlobalOptions& options);
  ~AdminClient();
  AdminClient(AdminClient&&) noexcept;

  // Errors carry what the server said, or which socket did not answer and what to do.
  Result<entente::v1::GetHealthResponse> get_health() const;
  Result<entente::v1::GetBundleResponse> get_bundle(const std::string& trust_domain) const;
  Result<entente::v1::RotateBundleResponse> rotate_bundle(bool x509, bool jwt, bool now) const;
  Result<entente::v1::ListRelationshipsResponse> list_relationships() const;
  Result<entente::v1::GetRelationshipResponse> get_relationship(const std::string& trust_domain) const;
  Result<entente::v1::RefreshRelationshipsResponse> refresh_relationships(
      const std::vector<std::string>& trust_domains) const;
  Status accept_next_bundle(const std::string& trust_domain, const std::string& reason) const;

 private:
  struct Impl;
  explicit AdminClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::cli
