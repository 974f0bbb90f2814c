#include "workload/api/subscribers.hpp"

namespace entente::workload {
namespace {

grpc::Status shutting_down() { return {grpc::StatusCode::UNAVAILABLE, "shutting down"}; }

}  // namespace

Subscribers::Subscribers(Refresh refresh, std::function<void()> round_done, telemetry::Metrics& metrics)
    : x_refresh(std::move(refresh)),
      x_round_done(std::move(round_done)),
      x_streams(metrics.gauge("entente_workload_api_streams", "open Workload API streams")),
      x_thread([this] { run(); }) {}

Subscribers::~Subscribers() {
  stop();
  x_thread.join();
}

void Subscribers::add(const SubscriberPtr& subscriber) {
  bool stopping = false;
  {
    const std::lock_guard lock(x_mutex);
    if (subscriber->removed) return;
    stopping = x_stopping;
    if (!stopping) x_all.insert(subscriber);
    x_streams.set(static_cast<double>(x_all.size()));
  }
  if (stopping) return subscriber->stream->end(shutting_down());
  // Known to the thread before its first state is made: a change from here on reaches it one way or the other.
  x_refresh(*subscriber);
}

void Subscribers::remove(const SubscriberPtr& subscriber) {
  const std::lock_guard lock(x_mutex);
  subscriber->removed = true;
  x_all.erase(subscriber);
  x_streams.set(static_cast<double>(x_all.size()));
}

void Subscribers::something_changed() {
  const std::lock_guard lock(x_mutex);
  x_changed = true;
  x_change.notify_one();
}

void Subscribers::stop() {
  std::set<SubscriberPtr> all;
  {
    const std::lock_guard lock(x_mutex);
    x_stopping = true;
    x_change.notify_one();
    all = x_all;
  }
  for (const SubscriberPtr& each : all) each->stream->end(shutting_down());
}

std::set<SubscriberPtr> Subscribers::wait_for_change() {
  std::unique_lock lock(x_mutex);
  x_change.wait(lock, [this] { return x_changed || x_stopping; });
  x_changed = false;
  return x_stopping ? std::set<SubscriberPtr>() : x_all;
}

void Subscribers::run() {
  for (;;) {
    for (const SubscriberPtr& each : wait_for_change()) x_refresh(*each);
    x_round_done();
    const std::lock_guard lock(x_mutex);
    if (x_stopping) return;
  }
}

}  // namespace entente::workload
