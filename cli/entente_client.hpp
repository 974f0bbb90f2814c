// entente.v1.Admin as the commands see it: requests and views, no messages.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/requests.hpp"
#include "cli/views.hpp"
#include "common/base/result.hpp"

namespace entente::cli {

class AdminChannel;

// Errors are the channel's; Errc::unsupported where the server is not an Entente.
class EntenteClient {
 public:
  explicit EntenteClient(std::shared_ptr<const AdminChannel> channel);
  ~EntenteClient();
  EntenteClient(EntenteClient&&) noexcept;

  Result<HealthView> health() const;

  Result<BundleView> bundle(const std::string& trust_domain) const;  // "": the server's own
  Result<RotationView> rotate(bool x509, bool jwt, bool now) const;
  Result<ExportView> export_bundle() const;
  Result<ImportView> import_bundle(const std::string& jws, const std::string& fingerprint) const;

  Result<std::vector<RelationshipView>> relationships() const;
  Result<RelationshipView> relationship(const std::string& trust_domain) const;
  Result<std::vector<RelationshipView>> refresh(const std::vector<std::string>& trust_domains) const;
  Result<RelationshipView> create(const RelationshipRequest& request) const;
  Result<RelationshipView> update(const RelationshipRequest& request) const;
  Status erase(const std::string& trust_domain) const;

  Result<std::vector<PushTargetView>> push_targets() const;

  Status accept_next(const std::string& trust_domain, const std::string& reason) const;
  Status approve(const std::string& trust_domain, const std::string& digest) const;
  Status reject(const std::string& trust_domain, const std::string& digest) const;
  Status rollback(const std::string& trust_domain, std::uint64_t number, const std::string& reason) const;

  // The newest `limit` of those numbered [first, last]; 0: no bound. Oldest first.
  Result<std::vector<HistoryView>> history(const std::string& trust_domain, std::uint32_t limit, std::uint64_t first,
                                           std::uint64_t last) const;
  // Null: the bundle in use; both null: what is held against it.
  Result<DiffView> diff(const std::string& trust_domain, std::optional<std::uint64_t> from,
                        std::optional<std::uint64_t> to) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::cli
