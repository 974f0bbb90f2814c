// The ledger's one thread for blocking writes: takes a batch, writes it as one transaction, says that it is done.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "common/store/store.hpp"

namespace entente::store {

// One turn of the writer's.
struct Work {
  struct Pruning {
    trust::HistoryLimits limits;
    Time now;
  };
  Batch batch;
  std::optional<Pruning> pruning;  // after the batch
  bool empty() const { return batch.empty() && !pruning; }
};

// What became of each change and each event, in the order of the batch, and of the registry's changes as a whole.
struct Outcomes {
  std::vector<Status> changes, events;
  Status registry;
  Status pruning;
};

// Writes the batch as one transaction. Where that fails the registry's changes are tried by themselves, so that they
// and the bundles never hold up each other. Where the store reports a conflict the changes are tried one by one, each
// with its trust domain's events, so that one trust domain that somebody else wrote to does not hold up the others; the
// events of one that conflicts are written without it, as they say what took effect in memory. Never throws.
Outcomes write_batch(Store& store, const Batch& batch);

// Used by one thread, the control thread; `finished` is called on the writer's own and must only hand over.
class Writer {
 public:
  Writer(Store& store, std::function<void()> finished);
  ~Writer();  // stop()
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Never blocks. Only when no work is under way.
  void start(Work work);
  // The outcomes of the last work, once; null while it is under way.
  std::optional<Outcomes> take();
  // Waits for the work that is under way, and ends the thread.
  void stop();

 private:
  void run();

  Store& store_;
  std::function<void()> finished_;
  std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::optional<Work> work_;
  std::optional<Outcomes> outcomes_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace entente::store
