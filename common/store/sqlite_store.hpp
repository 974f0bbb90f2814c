// Everything in one SQLite file (WAL, synchronous=FULL): one transaction a write, survives kill -9 at any moment.
#pragma once

#include <filesystem>
#include <memory>

#include "common/store/store.hpp"

namespace entente::store {

// Two connections: one writes, the other reads histories, on whatever thread asks for them, while the first is at work.
class SqliteStore final : public Store {
 public:
  // Creates the file (0600) or migrates an older schema, step by step, in one transaction; a newer schema is an error
  // that says so. Errc::store with the path and SQLite's reason.
  static Result<std::unique_ptr<SqliteStore>> open(const std::filesystem::path& path);
  ~SqliteStore() override;

  Result<Loaded> load() override;
  Status write(const Batch& batch) override;
  Result<StoredHistory> history(const spiffe::TrustDomain& trust_domain, const HistoryQuery& query) override;
  Status prune_history(const trust::HistoryLimits& limits, Time now) override;

 private:
  struct Impl;
  explicit SqliteStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::store
