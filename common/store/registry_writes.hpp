// Changes of the registry on their way to the store, one after another: memory follows only when the store has them.
// Without I/O; control thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/event.hpp"
#include "common/store/registry.hpp"

namespace entente::store {

// What a caller of Ledger::write_registry() waits for.
struct RegistryWrite {
  RegistryWrite(asio::any_io_executor executor, std::vector<RegistryChange> wanted)
      : changes(std::move(wanted)), answered(std::move(executor)) {}
  std::vector<RegistryChange> changes;
  Event answered;
  std::optional<Status> outcome;  // null until it is known
};

class RegistryWrites {
 public:
  void seed(const Loaded& loaded);
  const Registry& held() const { return held_; }
  const std::set<std::string>& unreadable() const { return unreadable_; }

  void add(std::shared_ptr<RegistryWrite> write) { queue_.push_back(std::move(write)); }
  bool waiting() const { return !queue_.empty(); }
  // Whether it is still to be begun; it will not be any more.
  bool take_back(const std::shared_ptr<RegistryWrite>& write);

  // The next one; it is under way until settle(). Empty: none waits.
  std::vector<RegistryChange> begin();
  // Nothing where none is under way.
  void settle(const Status& outcome);
  // Nothing that waits will be written.
  void refuse_all(const Error& reason);

 private:
  Registry held_;
  std::set<std::string> unreadable_;  // names as describe() gives them, until a change replaces what is stored
  std::deque<std::shared_ptr<RegistryWrite>> queue_;
  std::shared_ptr<RegistryWrite> under_way_;
};

}  // namespace entente::store
