// A unary call of gRPC's callback API as a coroutine: nothing blocks, cancelling the coroutine cancels the call.
// Included by the sources that speak gRPC alone.
#pragma once

#include <grpcpp/grpcpp.h>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

#include "common/base/time.hpp"

namespace entente::rpc {

namespace asio = boost::asio;

// `begin(context, response, done)` starts the call, as with
//   [&stub, request](auto* context, auto* response, auto done) {
//     stub.async()->GetBundle(context, &request, response, std::move(done));
//   }
// It is kept until the call is done, its request with it; the stub outlives the call. The caller resumes on its own
// executor, with the response where the status is OK, at the latest after `timeout`.
template <class Response, class Begin>
asio::awaitable<std::pair<grpc::Status, std::shared_ptr<Response>>> unary_call(Duration timeout, Begin begin) {
  struct Call {
    explicit Call(Begin how) : begin(std::move(how)) {}
    Begin begin;
    grpc::ClientContext context;
    Response response;
  };
  const auto call = std::make_shared<Call>(std::move(begin));
  call->context.set_deadline(std::chrono::system_clock::now() +
                             std::chrono::duration_cast<std::chrono::milliseconds>(timeout));
  auto initiate = [call](auto handler) {
    auto home = asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked);
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) slot.assign([call](asio::cancellation_type) { call->context.TryCancel(); });
    // gRPC keeps it in a std::function, which must be copyable. The call leaves gRPC's thread with the answer: its
    // context holds the channel, and gRPC 1.51 aborts where the last of them is released on a thread of its own.
    struct Kept {
      decltype(handler) resume;
      std::shared_ptr<Call> call;
    };
    auto kept = std::make_shared<Kept>(Kept{std::move(handler), call});
    auto done = [home, slot, kept](grpc::Status status) {
      asio::post(home, [slot, call = std::move(kept->call), resume = std::move(kept->resume),
                        status = std::move(status)]() mutable {
        if (slot.is_connected()) slot.clear();
        call.reset();
        std::move(resume)(std::move(status));
      });
    };
    call->begin(&call->context, &call->response, std::move(done));
  };
  auto started = asio::async_initiate<const asio::use_awaitable_t<>, void(grpc::Status)>(initiate, asio::use_awaitable);
  grpc::Status status = co_await std::move(started);
  co_return std::pair(std::move(status), std::shared_ptr<Response>(call, &call->response));
}

}  // namespace entente::rpc
