#include "common/store/writer.hpp"

#include <exception>

namespace entente::store {
namespace {

Status write_some(Store& store, std::span<const Change> changes) {
  // The boundary of a thread: an exception here is a bug or memory's end, and must not end the process.
  try {
    return store.write(changes);
  } catch (const std::exception& failure) {
    return Error(Errc::store, std::string("store: ") + failure.what());
  }
}

}  // namespace

Outcomes write_batch(Store& store, const std::vector<Change>& batch) {
  const Status whole = write_some(store, batch);
  if (whole || whole.error().code() != Errc::conflict || batch.size() == 1) return Outcomes(batch.size(), whole);
  Outcomes outcomes;
  for (const Change& change : batch) outcomes.push_back(write_some(store, std::span(&change, 1)));
  return outcomes;
}

Writer::Writer(Store& store, std::function<void()> finished)
    : store_(store), finished_(std::move(finished)), thread_([this] { run(); }) {}

Writer::~Writer() { stop(); }

void Writer::start(std::vector<Change> batch) {
  const std::lock_guard lock(mutex_);
  batch_ = std::move(batch);
  wake_.notify_one();
}

std::optional<Outcomes> Writer::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(outcomes_, std::nullopt);
}

void Writer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Writer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || batch_; });
    if (!batch_) return;
    const std::vector<Change> batch = std::move(*batch_);
    batch_.reset();
    lock.unlock();
    Outcomes outcomes = write_batch(store_, batch);
    lock.lock();
    outcomes_ = std::move(outcomes);
    finished_();
  }
}

}  // namespace entente::store
