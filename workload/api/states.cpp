#include "workload/api/states.hpp"

namespace entente::workload {
namespace {

constexpr std::size_t default_client_limit = 4U << 20;

}  // namespace

template <class Key, class Make>
Result<MessagePtr> States::shared(MessageCache<Key>& cache, const Key& key, const Make& make) {
  const trust::SnapshotPtr snapshot = feed_.current();
  return cache.get(key, snapshot, [&]() -> Result<Message> {
    Result<Message> made = make(*snapshot);
    if (made && made->size() > default_client_limit) {
      log_.warning(
          "workload api response larger than the 4 MiB that clients accept by default; "
          "let entries name fewer trust domains in federates_with",
          {{"bytes", made->size()}});
    }
    return made;
  });
}

// The snapshot is read after the identities: an SVID never goes out with an older bundle than the one published before
// it.
Result<MessagePtr> States::state_for(StreamKind kind, const Workload& who) {
  if (kind == StreamKind::x509_svid) {
    const Result<std::vector<X509Identity>> identities = access_.x509_for(who);
    if (!identities) return identities.error();
    IdentityKey key;
    for (const X509Identity& each : *identities) key.emplace_back(each.svid, each.federates_with);
    return shared(svids_, key, [&](const trust::Snapshot& snapshot) { return x509_svids(snapshot, *identities); });
  }
  const Result<Visibility> visible = access_.bundles_for(who);
  if (!visible) return visible.error();
  if (kind == StreamKind::x509_bundles) {
    return shared(x509_bundles_, *visible,
                  [&](const trust::Snapshot& snapshot) { return x509_bundles(snapshot, *visible); });
  }
  return shared(jwt_bundles_, *visible,
                [&](const trust::Snapshot& snapshot) { return jwt_bundles(snapshot, *visible); });
}

void States::next_round() {
  svids_.next_round();
  x509_bundles_.next_round();
  jwt_bundles_.next_round();
}

}  // namespace entente::workload
