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

// What became of each change, in the order of the batch.
using Outcomes = std::vector<Status>;

// Writes the batch as one transaction. Only when the store reports a conflict are the changes tried one by one, so that
// one trust domain that somebody else wrote to does not hold up the others. Never throws.
Outcomes write_batch(Store& store, const std::vector<Change>& batch);

// Used by one thread, the control thread; `finished` is called on the writer's own and must only hand over.
class Writer {
 public:
  Writer(Store& store, std::function<void()> finished);
  ~Writer();  // stop()
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Never blocks. Only when no batch is under way.
  void start(std::vector<Change> batch);
  // The outcomes of the last batch, once; null while it is under way.
  std::optional<Outcomes> take();
  // Waits for the batch that is under way, and ends the thread.
  void stop();

 private:
  void run();

  Store& store_;
  std::function<void()> finished_;
  std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::optional<std::vector<Change>> batch_;
  std::optional<Outcomes> outcomes_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace entente::store
