// How a call of the admin API is answered: gRPC's threads only hand over, the answer is a coroutine on the control
// thread. Shared by all services of the admin socket.
#pragma once

#include <grpcpp/grpcpp.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/async_mutex.hpp"
#include "common/base/log.hpp"
#include "common/base/result.hpp"
#include "common/rpc/caller.hpp"
#include "common/rpc/status.hpp"
#include "common/trust/history.hpp"

namespace entente::syncer {

namespace asio = boost::asio;

// A value; services keep a copy. Any thread.
class Calls {
 public:
  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;
  // Request, response and context stay valid until the answer is complete: gRPC keeps them until Finish.
  using Answer = asio::awaitable<Status>;

  Calls(asio::any_io_executor control, std::shared_ptr<const rpc::Callers> callers, Log& log)
      : control_(control),
        callers_(std::move(callers)),
        log_(&log),
        changes_(std::make_shared<AsyncMutex>(std::move(control))) {}

  // Runs the answer on the control thread, then finishes the call with its status, which `to_status` makes of an error.
  // A call whose caller has gone before it began is not run.
  using ToStatus = grpc::Status (*)(const Error& error);
  Reactor* answer(Context* context, Answer call, ToStatus to_status = rpc::to_status) const;

  // Finishes the call at once, on gRPC's thread.
  static Reactor* finish(Context* context, grpc::Status status);

  // Who is calling, for the record: the uid that the kernel names, and the command line while the caller lives; after
  // that, `call`. Reads /proc: to be called on gRPC's thread, before the answer.
  trust::Actor actor(const Context& context, std::string_view call) const;

  // Held by a call, of any service, from what it reads until it has changed that: one change at a time, so that two
  // callers who change different fields do not undo each other. On the control thread.
  asio::awaitable<Result<AsyncMutex::Lock>> one_change() const { return changes_->lock(); }

  const asio::any_io_executor& control() const { return control_; }
  Log& log() const { return *log_; }

 private:
  asio::any_io_executor control_;
  std::shared_ptr<const rpc::Callers> callers_;
  Log* log_;
  std::shared_ptr<AsyncMutex> changes_;
};

// What /proc/PID/cmdline holds as one line: arguments joined by spaces, control characters escaped, at most 256 bytes.
std::string one_line(std::string_view cmdline);

}  // namespace entente::syncer
