#include "workload/api/stream.hpp"

namespace entente::workload {

std::shared_ptr<Stream> Stream::open(std::function<void(grpc::StatusCode)> on_done) {
  std::shared_ptr<Stream> stream(new Stream(std::move(on_done)));
  stream->x_self = stream;
  return stream;
}

bool Stream::offer(MessagePtr state) {
  Step step;
  {
    const std::lock_guard lock(x_mutex);
    if (x_end || (x_latest && (x_latest == state || *x_latest == *state))) return false;
    x_latest = x_waiting = std::move(state);
    step = next_step();
  }
  take(step);
  return true;
}

void Stream::end(grpc::Status status) {
  Step step;
  {
    const std::lock_guard lock(x_mutex);
    if (x_end) return;
    x_end = std::move(status);
    x_waiting = nullptr;
    step = next_step();
  }
  take(step);
}

bool Stream::has_offered() const {
  const std::lock_guard lock(x_mutex);
  return x_latest != nullptr;
}

Stream::Step Stream::next_step() {
  if (x_sending || x_finished) return Step::nothing;
  if (x_end) {
    x_finished = true;
    return Step::finish;
  }
  if (!x_waiting) return Step::nothing;
  x_sending = std::move(x_waiting);
  x_waiting = nullptr;
  return Step::write;
}

// x_sending and x_end stay as they are while gRPC is at it, so they are read without the lock.
void Stream::take(Step step) {
  if (step == Step::write) StartWrite(&x_sending->buffer());
  if (step == Step::finish) Finish(*x_end);
}

void Stream::OnWriteDone(bool sent) {
  Step step;
  {
    const std::lock_guard lock(x_mutex);
    x_sending = nullptr;
    if (!sent && !x_end) x_end = grpc::Status::CANCELLED;
    step = next_step();
  }
  take(step);
}

void Stream::OnCancel() { end(grpc::Status::CANCELLED); }

void Stream::OnDone() {
  const std::shared_ptr<Stream> last_share = std::move(x_self);
  x_on_done(x_end ? x_end->error_code() : grpc::StatusCode::UNKNOWN);
}

}  // namespace entente::workload
