// Reads histories on a thread of its own: neither the control thread nor the writer waits for it.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <optional>

#include "common/base/event.hpp"
#include "common/store/store.hpp"

namespace entente::store {

// What a caller waits for. Belongs to the control thread, but for `abandoned`.
struct HistoryRead {
  explicit HistoryRead(asio::any_io_executor executor) : answered(std::move(executor)) {}
  Event answered;
  std::optional<Result<StoredHistory>> found;  // null until it is known
  std::atomic<bool> abandoned = false;         // nobody waits any more: not worth beginning
};

// Used by the control thread. Destruction waits for the read that is under way; others are never answered.
class HistoryReader {
 public:
  HistoryReader(Store& store, asio::any_io_executor control) : store_(store), control_(std::move(control)) {}
  ~HistoryReader();
  HistoryReader(const HistoryReader&) = delete;
  HistoryReader& operator=(const HistoryReader&) = delete;

  std::shared_ptr<HistoryRead> begin(spiffe::TrustDomain trust_domain, HistoryQuery query);

 private:
  Store& store_;
  asio::any_io_executor control_;
  asio::thread_pool thread_{1};
};

}  // namespace entente::store
