// One open server stream that shows the newest state: a slow reader misses states in between, never the last one.
// docs/design.md, gRPC streams.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "workload/api/message.hpp"

namespace entente::workload {

// Thread-safe. Lives until gRPC is done with it and every other owner has let go; offers to one that has ended are
// ignored.
class Stream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  // `on_done` is called once, on a thread of gRPC's, after which gRPC knows the stream no more.
  static std::shared_ptr<Stream> open(std::function<void(grpc::StatusCode)> on_done);

  // Sends the state, once what is being sent is out; replaces one that waits. The state that was offered last is not
  // sent again. Returns whether this one is new.
  bool offer(MessagePtr state);
  // Ends the stream with `status`, once; what waits is dropped.
  void end(grpc::Status status);

  bool has_offered() const;

 private:
  explicit Stream(std::function<void(grpc::StatusCode)> on_done) : on_done_(std::move(on_done)) {}
  void OnWriteDone(bool sent) override;
  void OnCancel() override;
  void OnDone() override;

  // What is to be told to gRPC next, decided under the lock and done outside it: gRPC may call back at once.
  enum class Step { nothing, write, finish };
  Step next_step();
  void take(Step step);

  mutable std::mutex mutex_;
  std::function<void(grpc::StatusCode)> on_done_;
  MessagePtr latest_;   // the last one offered
  MessagePtr waiting_;  // to be sent; null when latest_ is sent or being sent
  MessagePtr sending_;  // gRPC reads it until OnWriteDone
  std::optional<grpc::Status> end_;
  bool finished_ = false;
  std::shared_ptr<Stream> self_;  // gRPC's share, let go in OnDone
};

// A stream that is refused before it begins.
class RefusedStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit RefusedStream(grpc::Status status) { Finish(std::move(status)); }
  void OnDone() override { delete this; }
};

}  // namespace entente::workload
