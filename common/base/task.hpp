// Owned background coroutines: a TaskGroup starts them, logs how they fail, and cancels them all at the end.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <list>
#include <memory>
#include <string>

#include "common/base/event.hpp"
#include "common/base/log.hpp"

namespace entente {

namespace asio = boost::asio;

// Lives on one io_context's thread. Destroy it only after drained() has completed, or after the io_context has stopped.
class TaskGroup {
 public:
  TaskGroup(asio::any_io_executor executor, Log& log);
  ~TaskGroup();

  // A running task; cancel() may be called at any time, also after it has ended.
  class Handle {
   public:
    void cancel();

   private:
    friend class TaskGroup;
    struct Task;
    std::weak_ptr<Task> task_;
  };

  // Starts `task` at the next turn of the io_context. An exception that leaves it is logged with `name`.
  Handle spawn(std::string name, asio::awaitable<void> task);

  void cancel();                    // all of them
  std::size_t running() const;      // how many have not ended
  asio::awaitable<void> drained();  // completes when none runs

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace entente
