// Relationships and registration entries that the admin API made: what a change of the registry does to them.
#pragma once

#include <map>
#include <vector>

#include "common/store/store.hpp"

namespace entente::store {

// A value.
struct Registry {
  std::map<spiffe::TrustDomain, trust::RelationshipPtr> relationships;
  trust::RegistrationEntries entries;  // in the order of their creation

  void apply(const RegistryChange& change);
};

// As a store gives it back: a relationship is the API's, and its bootstrap bundle is no part of it (bundles go through
// the ledger). Errc::internal for a relationship that is null or has no URL, and for an entry without an id.
Status normalise(RegistryChange& change);

// "relationship b.test", "registration entry 4711": what a change is about, for messages.
std::string describe(const RegistryChange& change);

}  // namespace entente::store
