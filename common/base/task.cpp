#include "common/base/task.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <optional>

namespace entente {

struct TaskGroup::Handle::Task {
  std::string name;
  asio::cancellation_signal stop;
};

struct TaskGroup::State {
  State(asio::any_io_executor exec, Log& l) : executor(exec), log(l), ended(exec) {}

  asio::any_io_executor executor;
  Log& log;
  Event ended;
  std::list<std::shared_ptr<Handle::Task>> tasks;
};

namespace {

// What to log of it; nothing for asio's operation_aborted, by which a cancelled coroutine ends.
std::optional<std::string> describe(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) return std::nullopt;
    return error.what();
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

}  // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor, Log& log)
    : state_(std::make_shared<State>(std::move(executor), log)) {}

TaskGroup::~TaskGroup() { cancel(); }

void TaskGroup::Handle::cancel() {
  if (const auto task = task_.lock()) task->stop.emit(asio::cancellation_type::terminal);
}

TaskGroup::Handle TaskGroup::spawn(std::string name, asio::awaitable<void> coroutine) {
  auto task = std::make_shared<Handle::Task>();
  task->name = std::move(name);
  const auto place = state_->tasks.insert(state_->tasks.end(), task);
  auto done = [state = state_, place, task](std::exception_ptr failure) {
    if (const auto reason = failure ? describe(failure) : std::nullopt)
      state->log.error("task failed", {{"task", task->name}, {"error", *reason}});
    state->tasks.erase(place);
    state->ended.raise();
  };
  asio::co_spawn(state_->executor, std::move(coroutine),
                 asio::bind_cancellation_slot(task->stop.slot(), std::move(done)));
  Handle handle;
  handle.task_ = task;
  return handle;
}

void TaskGroup::cancel() {
  const auto tasks = state_->tasks;  // a task that ends at once leaves the list
  for (const auto& task : tasks) task->stop.emit(asio::cancellation_type::terminal);
}

std::size_t TaskGroup::running() const { return state_->tasks.size(); }

asio::awaitable<void> TaskGroup::drained() {
  const auto state = state_;
  while (!state->tasks.empty()) {
    if (!co_await state->ended.wait()) co_return;
  }
}

}  // namespace entente
