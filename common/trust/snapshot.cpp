#include "common/trust/snapshot.hpp"

#include <algorithm>

namespace entente::trust {
namespace {

template <class Records>
auto place_of(Records& records, const spiffe::TrustDomain& trust_domain) {
  return std::lower_bound(records.begin(), records.end(), trust_domain,
                          [](const RecordPtr& record, const auto& wanted) { return record->trust_domain() < wanted; });
}

RecordPtr find_in(const std::vector<RecordPtr>& records, const spiffe::TrustDomain& trust_domain) {
  const auto place = place_of(records, trust_domain);
  return place != records.end() && (*place)->trust_domain() == trust_domain ? *place : nullptr;
}

// Replaces, adds or (null) removes.
void put(std::vector<RecordPtr>& records, const spiffe::TrustDomain& trust_domain, RecordPtr record) {
  const auto place = place_of(records, trust_domain);
  const bool there = place != records.end() && (*place)->trust_domain() == trust_domain;
  if (record && there)
    *place = std::move(record);
  else if (record)
    records.insert(place, std::move(record));
  else if (there)
    records.erase(place);
}

}  // namespace

RecordPtr Snapshot::find(const spiffe::TrustDomain& trust_domain) const { return find_in(records, trust_domain); }

RecordPtr Snapshot::find_any(const spiffe::TrustDomain& trust_domain) const {
  RecordPtr used = find(trust_domain);
  return used ? used : find_in(waiting, trust_domain);
}

void put_record(Snapshot& snapshot, const spiffe::TrustDomain& trust_domain, RecordPtr record) {
  ++snapshot.version;
  const bool used = record && record->in_use();
  put(snapshot.records, trust_domain, used ? record : nullptr);
  put(snapshot.waiting, trust_domain, used ? nullptr : std::move(record));
}

SnapshotPtr with_record(const Snapshot& before, const spiffe::TrustDomain& trust_domain, RecordPtr record) {
  auto after = std::make_shared<Snapshot>(before);
  put_record(*after, trust_domain, std::move(record));
  return after;
}

}  // namespace entente::trust
