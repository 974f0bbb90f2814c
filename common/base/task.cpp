#include "common/base/task.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

#include "common/base/exception.hpp"

namespace entente {

struct TaskGroup::Handle::Task {
  Task(std::string called, asio::any_io_executor exec) : name(std::move(called)), executor(std::move(exec)) {}

  // On the executor: co_spawn's own handler posts a pointer into the signal when it is called from anywhere else, and
  // the task may be gone before that is taken up.
  static void cancel(const std::shared_ptr<Task>& task) {
    asio::dispatch(task->executor, [task] { task->stop.emit(asio::cancellation_type::terminal); });
  }

  std::string name;
  asio::any_io_executor executor;
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

// By which a cancelled coroutine ends.
bool is_cancellation(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor, Log& log)
    : state_(std::make_shared<State>(std::move(executor), log)) {}

TaskGroup::~TaskGroup() { cancel(); }

void TaskGroup::Handle::cancel() {
  if (const auto task = task_.lock()) Task::cancel(task);
}

TaskGroup::Handle TaskGroup::spawn(std::string name, asio::awaitable<void> coroutine) {
  auto task = std::make_shared<Handle::Task>(std::move(name), state_->executor);
  const auto place = state_->tasks.insert(state_->tasks.end(), task);
  auto done = [state = state_, place, task](std::exception_ptr failure) {
    if (failure && !is_cancellation(failure))
      state->log.error("task failed", {{"task", task->name}, {"error", what_of(failure)}});
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
  for (const auto& task : tasks) Handle::Task::cancel(task);
}

std::size_t TaskGroup::running() const { return state_->tasks.size(); }

asio::awaitable<void> TaskGroup::drained() {
  const auto state = state_;
  while (!state->tasks.empty()) {
    if (!co_await state->ended.wait()) co_return;
  }
}

}  // namespace entente
