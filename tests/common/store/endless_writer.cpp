// Writes one record after another into the store named by its argument, each with an entry of its history, and says
// each revision on stdout once the store has it. Ends only by a signal or when its reader goes.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "common/store/sqlite_store.hpp"

namespace {

using namespace entente;

// Large and telling: half of it would not be taken for the whole.
trust::RecordPtr record_of(const spiffe::TrustDomain& trust_domain, std::uint64_t revision) {
  auto bundle = std::make_shared<spiffe::Bundle>(trust_domain);
  bundle->sequence = revision;
  auto record = std::make_shared<trust::BundleRecord>();
  record->bundle = bundle;
  record->revision = revision;
  record->highest_sequence = revision;
  for (int i = 0; i < 2000; ++i) record->source += std::to_string(revision) + ",";
  return record;
}

store::Batch batch_of(const spiffe::TrustDomain& trust_domain, std::uint64_t revision) {
  store::Batch batch;
  batch.changes.push_back({trust_domain, revision - 1, record_of(trust_domain, revision)});
  auto event = std::make_shared<trust::HistoryEntry>(trust_domain, trust::HistoryAction::accepted);
  event->number = revision;
  event->sequence = revision;
  event->bundle = batch.changes[0].record->bundle;
  batch.events.push_back(std::move(event));
  batch.history_entries = 40;
  return batch;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto store = store::SqliteStore::open(argv[1]);
  if (!store) return 3;
  const auto trust_domain = spiffe::TrustDomain::parse("b.test").value();
  const auto loaded = (*store)->load();
  if (!loaded) return 4;
  std::uint64_t revision = loaded->records.empty() ? 0 : loaded->records[0].revision;
  for (;; ++revision) {
    if (!(*store)->write(batch_of(trust_domain, revision + 1))) return 5;
    const std::string line = std::to_string(revision + 1) + "\n";
    if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) return 6;
  }
}
