// What SPIRE's Bundle service changes: bundles of other trust domains, given and taken away by an operator.
#pragma once

#include "spire/api/types/bundle.pb.h"
#include "syncer/admin/admin_api.hpp"
#include "syncer/admin/call.hpp"

namespace entente::syncer {

// What becomes of the entries that federate with the trust domain by name; SPIRE's words.
enum class DeleteMode { restrict_, delete_, dissociate };

// Lives on the control thread; one change at a time (Calls::one_change). Errors begin with what failed; those of a
// message name the field.
class BundleChanges {
 public:
  BundleChanges(AdminParts parts, Calls calls) : parts_(std::move(parts)), calls_(std::move(calls)) {}

  using Given = asio::awaitable<Result<spiffe::BundlePtr>>;  // what is in use by it

  // Errc::already_exists where a bundle of the trust domain is in use.
  Given create(const spire::api::types::Bundle& message, trust::Actor by);
  // What the mask names (null: all). Errc::not_found.
  Given update(const spire::api::types::Bundle& message, const spire::api::types::BundleMask* mask, trust::Actor by);
  Given set(const spire::api::types::Bundle& message, trust::Actor by);
  // Errc::not_found; Errc::conflict where the mode forbids it (an entry federates with it); Errc::permission_denied,
  // before anything is changed, where an entry of the configuration would have to be.
  asio::awaitable<Status> erase(const std::string& trust_domain, DeleteMode mode, trust::Actor by);

 private:
  Result<spiffe::TrustDomain> other_domain(const std::string& name, const char* doing) const;
  Given give(spiffe::Bundle bundle, const char* doing, trust::Actor by);
  asio::awaitable<Status> release_entries(spiffe::TrustDomain domain, DeleteMode mode, trust::Actor by);
  asio::awaitable<Status> release_entry(std::string id, spiffe::TrustDomain domain, DeleteMode mode, trust::Actor by);

  AdminParts parts_;
  Calls calls_;
};

}  // namespace entente::syncer
