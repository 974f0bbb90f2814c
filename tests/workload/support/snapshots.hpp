// Snapshots for tests, published as the ledger would.
#pragma once

#include <optional>

#include "common/store/feed.hpp"
#include "common/trust/snapshot.hpp"

namespace entente::test {

inline trust::RecordPtr record_of(spiffe::Bundle bundle) {
  auto record = std::make_shared<trust::BundleRecord>();
  record->bundle = std::make_shared<const spiffe::Bundle>(std::move(bundle));
  return record;
}

inline trust::SnapshotPtr snapshot_of(std::optional<spiffe::TrustDomain> own, std::vector<spiffe::Bundle> bundles) {
  trust::Snapshot empty;
  empty.own = std::move(own);
  auto snapshot = std::make_shared<const trust::Snapshot>(std::move(empty));
  for (spiffe::Bundle& bundle : bundles) {
    const spiffe::TrustDomain name = bundle.trust_domain;
    snapshot = trust::with_record(*snapshot, name, record_of(std::move(bundle)));
  }
  return snapshot;
}

inline void publish(store::Feed& feed, spiffe::Bundle bundle) {
  const spiffe::TrustDomain name = bundle.trust_domain;
  feed.publish(trust::with_record(*feed.current(), name, record_of(std::move(bundle))));
}
inline void withdraw(store::Feed& feed, const spiffe::TrustDomain& name) {
  feed.publish(trust::with_record(*feed.current(), name, nullptr));
}

}  // namespace entente::test
