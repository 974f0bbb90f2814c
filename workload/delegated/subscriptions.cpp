#include "workload/delegated/subscriptions.hpp"

#include <algorithm>

namespace entente::workload {
namespace {

bool has_ended(const Subscription& subscription) {
  return subscription.process != nullptr && !subscription.process->alive();
}

}  // namespace

SubscriptionPtr Subscriptions::find(const Subject& subject) const {
  const auto found = all_.find(subject);
  if (found == all_.end() || has_ended(*found->second)) return nullptr;
  return found->second;
}

SubscriptionPtr Subscriptions::add(const Subject& subject, rpc::CallerPtr process) {
  if (all_.size() >= most_ && !all_.contains(subject)) return nullptr;
  if (const auto former = all_.find(subject); former != all_.end()) former->second->let_go = true;
  auto added = std::make_shared<Subscription>();
  added->number = next_number_++;
  added->subject = subject;
  added->process = std::move(process);
  all_.insert_or_assign(subject, added);
  return added;
}

void Subscriptions::remove(Subscription& subscription) {
  subscription.let_go = true;
  const auto found = all_.find(subscription.subject);
  if (found != all_.end() && found->second.get() == &subscription) all_.erase(found);
}

std::vector<SubscriptionPtr> Subscriptions::take_idle(Time now, Duration kept_idle) {
  std::vector<SubscriptionPtr> idle;
  std::erase_if(all_, [&](const auto& each) {
    Subscription& subscription = *each.second;
    if (subscription.holders > 0) return false;
    subscription.let_go = now >= subscription.idle_since + kept_idle || has_ended(subscription);
    if (subscription.let_go) idle.push_back(each.second);
    return subscription.let_go;
  });
  return idle;
}

std::vector<SubscriptionPtr> Subscriptions::take_all() {
  std::vector<SubscriptionPtr> all;
  for (const auto& [subject, subscription] : all_) {
    subscription->let_go = true;
    all.push_back(subscription);
  }
  all_.clear();
  return all;
}

std::vector<SubscriptionPtr> Subscriptions::due(Time now) const {
  std::vector<SubscriptionPtr> due;
  for (const auto& [subject, subscription] : all_)
    if (subscription->retry_at <= now) due.push_back(subscription);
  return due;
}

Time Subscriptions::next_due(Duration kept_idle) const {
  Time next = Time::max();
  for (const auto& [subject, subscription] : all_) {
    next = std::min(next, subscription->retry_at);
    if (subscription->holders == 0) next = std::min(next, subscription->idle_since + kept_idle);
  }
  return next;
}

}  // namespace entente::workload
