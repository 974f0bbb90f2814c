// Functions to be called when something has changed, each until the object that stands for it is gone.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>

namespace entente::workload {

// Thread-safe. A listener must not end itself from within its call.
class Listeners {
 public:
  // Once the returned object is gone, no call to the listener is running or comes.
  [[nodiscard]] std::shared_ptr<void> add(std::function<void()> listener);
  void call() const;

 private:
  struct Listener {
    explicit Listener(std::function<void()> function) : call(std::move(function)) {}
    std::mutex calling;
    std::function<void()> call;  // null once it has ended
  };
  mutable std::mutex mutex_;
  mutable std::list<std::weak_ptr<Listener>> all_;
};

}  // namespace entente::workload
