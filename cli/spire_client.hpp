// SPIRE's admin APIs (spire.api.server: trustdomain, bundle, entry) as the commands see them: what Entente and every
// SPIRE server answer alike.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/requests.hpp"
#include "cli/views.hpp"
#include "common/base/result.hpp"

namespace entente::cli {

class AdminChannel;

// Errors are the channel's, or those of the one item that was asked for.
class SpireClient {
 public:
  explicit SpireClient(std::shared_ptr<const AdminChannel> channel);
  ~SpireClient();
  SpireClient(SpireClient&&) noexcept;

  Result<std::uint64_t> count_bundles() const;
  Result<BundleView> bundle(const std::string& trust_domain) const;  // "": the server's own
  Result<std::vector<BundleView>> federated_bundles() const;
  Result<BundleView> set_bundle(const spiffe::Bundle& bundle) const;
  Status delete_bundle(const std::string& trust_domain, DeleteMode mode) const;

  Result<std::vector<RelationshipView>> relationships() const;
  Result<RelationshipView> relationship(const std::string& trust_domain) const;
  Status refresh(const std::string& trust_domain) const;
  // Errc::unsupported, naming the flag, for what SPIRE has no words for.
  Result<RelationshipView> create(const RelationshipRequest& request) const;
  Result<RelationshipView> update(const RelationshipRequest& request) const;
  Status erase(const std::string& trust_domain) const;

  Result<std::vector<EntryView>> entries() const;
  Result<EntryView> entry(const std::string& id) const;
  Result<EntryView> create_entry(const EntryRequest& request) const;
  Result<EntryView> update_entry(const EntryRequest& request) const;
  Status delete_entry(const std::string& id) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::cli
