#include "common/store/writer.hpp"

#include <exception>
#include <map>

namespace entente::store {
namespace {

// The boundary of a thread: an exception here is a bug or memory's end, and must not end the process.
template <class Action>
Status guarded(Action action) {
  try {
    return action();
  } catch (const std::exception& failure) {
    return Error(Errc::store, std::string("store: ") + failure.what());
  }
}

Status write_some(Store& store, const Batch& batch) {
  return guarded([&] { return store.write(batch); });
}

Outcomes all_alike(const Batch& batch, const Status& status) {
  return {std::vector<Status>(batch.changes.size(), status), std::vector<Status>(batch.events.size(), status), status,
          ok()};
}

using Places = std::vector<std::size_t>;

// Writes one change with the events at those places, and these alone if it conflicts.
void write_one(Store& store, const Batch& whole, std::size_t change, const Places& events, Outcomes& outcomes) {
  Batch part;
  part.history_entries = whole.history_entries;
  part.changes.push_back(whole.changes[change]);
  for (const std::size_t place : events) part.events.push_back(whole.events[place]);
  const Status written = write_some(store, part);
  outcomes.changes[change] = written;
  Status on_record = written;
  if (!written && written.error().code() == Errc::conflict && !part.events.empty()) {
    part.changes.clear();
    on_record = write_some(store, part);
  }
  for (const std::size_t place : events) outcomes.events[place] = on_record;
}

Outcomes write_one_by_one(Store& store, const Batch& batch) {
  Outcomes outcomes = all_alike(batch, ok());
  std::map<spiffe::TrustDomain, Places> events;
  for (std::size_t i = 0; i < batch.events.size(); ++i) events[batch.events[i]->trust_domain].push_back(i);
  for (std::size_t i = 0; i < batch.changes.size(); ++i) {
    const auto own = events.extract(batch.changes[i].trust_domain);
    write_one(store, batch, i, own.empty() ? Places() : own.mapped(), outcomes);
  }
  Batch rest;
  rest.history_entries = batch.history_entries;
  for (const auto& [trust_domain, places] : events)
    for (const std::size_t place : places) rest.events.push_back(batch.events[place]);
  if (rest.empty()) return outcomes;
  const Status written = write_some(store, rest);
  for (const auto& [trust_domain, places] : events)
    for (const std::size_t place : places) outcomes.events[place] = written;
  return outcomes;
}

Outcomes do_work(Store& store, const Work& work) {
  Outcomes outcomes = work.batch.empty() ? Outcomes() : write_batch(store, work.batch);
  if (work.pruning)
    outcomes.pruning = guarded([&] { return store.prune_history(work.pruning->limits, work.pruning->now); });
  return outcomes;
}

}  // namespace

Outcomes write_batch(Store& store, const Batch& batch) {
  const Status whole = write_some(store, batch);
  if (whole) return all_alike(batch, whole);
  if (!batch.registry.empty() && !(batch.changes.empty() && batch.events.empty())) {
    Batch others = batch, registry;
    others.registry.clear();
    registry.registry = batch.registry;
    Outcomes outcomes = write_batch(store, others);
    outcomes.registry = write_some(store, registry);
    return outcomes;
  }
  const bool alone = batch.changes.size() == 1 && batch.events.empty();
  if (whole.error().code() != Errc::conflict || batch.changes.empty() || alone) return all_alike(batch, whole);
  return write_one_by_one(store, batch);
}

Writer::Writer(Store& store, std::function<void()> finished)
    : store_(store), finished_(std::move(finished)), thread_([this] { run(); }) {}

Writer::~Writer() { stop(); }

void Writer::start(Work work) {
  const std::lock_guard lock(mutex_);
  work_ = std::move(work);
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
    wake_.wait(lock, [this] { return stopping_ || work_; });
    if (!work_) return;
    const Work work = std::move(*work_);
    work_.reset();
    lock.unlock();
    Outcomes outcomes = do_work(store_, work);
    lock.lock();
    outcomes_ = std::move(outcomes);
    finished_();
  }
}

}  // namespace entente::store
