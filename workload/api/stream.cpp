#include "workload/api/stream.hpp"

namespace entente::workload {

std::shared_ptr<Stream> Stream::open(std::function<void(grpc::StatusCode)> on_done) {
  std::shared_ptr<Stream> stream(new Stream(std::move(on_done)));
  stream->self_ = stream;
  return stream;
}

bool Stream::offer(MessagePtr state) {
  Step step;
  {
    const std::lock_guard lock(mutex_);
    if (end_ || (latest_ && (latest_ == state || *latest_ == *state))) return false;
    latest_ = waiting_ = std::move(state);
    step = next_step();
  }
  take(step);
  return true;
}

void Stream::end(grpc::Status status) {
  Step step;
  {
    const std::lock_guard lock(mutex_);
    if (end_) return;
    end_ = std::move(status);
    waiting_ = nullptr;
    step = next_step();
  }
  take(step);
}

bool Stream::has_offered() const {
  const std::lock_guard lock(mutex_);
  return latest_ != nullptr;
}

Stream::Step Stream::next_step() {
  if (sending_ || finished_) return Step::nothing;
  if (end_) {
    finished_ = true;
    return Step::finish;
  }
  if (!waiting_) return Step::nothing;
  sending_ = std::move(waiting_);
  waiting_ = nullptr;
  return Step::write;
}

// sending_ and end_ stay as they are while gRPC is at it, so they are read without the lock.
void Stream::take(Step step) {
  if (step == Step::write) StartWrite(&sending_->buffer());
  if (step == Step::finish) Finish(*end_);
}

void Stream::OnWriteDone(bool sent) {
  Step step;
  {
    const std::lock_guard lock(mutex_);
    sending_ = nullptr;
    if (!sent && !end_) end_ = grpc::Status::CANCELLED;
    step = next_step();
  }
  take(step);
}

void Stream::OnCancel() { end(grpc::Status::CANCELLED); }

void Stream::OnDone() {
  const std::shared_ptr<Stream> last_share = std::move(self_);
  on_done_(end_ ? end_->error_code() : grpc::StatusCode::UNKNOWN);
}

}  // namespace entente::workload
