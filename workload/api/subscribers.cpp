#include "workload/api/subscribers.hpp"

namespace entente::workload {
namespace {

grpc::Status shutting_down() { return {grpc::StatusCode::UNAVAILABLE, "shutting down"}; }

}  // namespace

Subscribers::Subscribers(Refresh refresh, std::function<void()> round_done, telemetry::Metrics& metrics)
    : refresh_(std::move(refresh)),
      round_done_(std::move(round_done)),
      streams_(metrics.gauge("entente_workload_api_streams", "open Workload API streams")),
      thread_([this] { run(); }) {}

Subscribers::~Subscribers() {
  stop();
  thread_.join();
}

void Subscribers::add(const SubscriberPtr& subscriber) {
  bool stopping = false;
  {
    const std::lock_guard lock(mutex_);
    if (subscriber->removed) return;
    stopping = stopping_;
    if (!stopping) all_.insert(subscriber);
    streams_.set(static_cast<double>(all_.size()));
  }
  if (stopping) return subscriber->stream->end(shutting_down());
  // Known to the thread before its first state is made: a change from here on reaches it one way or the other.
  refresh_(*subscriber);
}

void Subscribers::remove(const SubscriberPtr& subscriber) {
  const std::lock_guard lock(mutex_);
  subscriber->removed = true;
  all_.erase(subscriber);
  streams_.set(static_cast<double>(all_.size()));
}

void Subscribers::something_changed() {
  const std::lock_guard lock(mutex_);
  changed_ = true;
  change_.notify_one();
}

void Subscribers::stop() {
  std::set<SubscriberPtr> all;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    change_.notify_one();
    all = all_;
  }
  for (const SubscriberPtr& each : all) each->stream->end(shutting_down());
}

std::set<SubscriberPtr> Subscribers::wait_for_change() {
  std::unique_lock lock(mutex_);
  change_.wait(lock, [this] { return changed_ || stopping_; });
  changed_ = false;
  return stopping_ ? std::set<SubscriberPtr>() : all_;
}

void Subscribers::run() {
  for (;;) {
    for (const SubscriberPtr& each : wait_for_change()) refresh_(*each);
    round_done_();
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
  }
}

}  // namespace entente::workload
