#include "common/trust/snapshot.hpp"

#include <algorithm>

namespace entente::trust {
namespace {

template <class Records>
auto place_of(Records& records, const spiffe::TrustDomain& trust_domain) {
  return std::lower_bound(records.begin(), records.end(), trust_domain,
                          [](const RecordPtr& record, const auto& wanted) { return record->trust_domain() < wanted; });
}

}  // namespace

RecordPtr Snapshot::find(const spiffe::TrustDomain& trust_domain) const {
  const auto place = place_of(records, trust_domain);
  return place != records.end() && (*place)->trust_domain() == trust_domain ? *place : nullptr;
}

SnapshotPtr with_record(const Snapshot& before, const spiffe::TrustDomain& trust_domain, RecordPtr record) {
  auto after = std::make_shared<Snapshot>(before);
  ++after->version;
  const auto place = place_of(after->records, trust_domain);
  const bool held = place != after->records.end() && (*place)->trust_domain() == trust_domain;
  if (record && held)
    *place = std::move(record);
  else if (record)
    after->records.insert(place, std::move(record));
  else if (held)
    after->records.erase(place);
  return after;
}

}  // namespace entente::trust
