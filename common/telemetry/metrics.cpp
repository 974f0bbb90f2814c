#include "common/telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <vector>

namespace entente::telemetry {
namespace {

// One metric of a family. Handles outlive their removal, so that a late call is harmless; the same labels revive them.
struct CounterHandle final : Counter {
  void add(double amount) override { value.Increment(amount); }
  prometheus::Counter value;
  bool removed = false;
};

struct GaugeHandle final : Gauge {
  void set(double number) override { value.Set(number); }
  prometheus::Gauge value;
  bool removed = false;
};

template <class Handle>
struct Family {
  std::string help;
  std::map<Labels, std::unique_ptr<Handle>> metrics;

  Handle& at(const Labels& labels) {
    std::unique_ptr<Handle>& handle = metrics[labels];
    if (!handle) handle = std::make_unique<Handle>();
    handle->removed = false;
    return *handle;
  }

  void remove(const Labels& wanted) {
    for (const auto& [labels, handle] : metrics)
      if (std::includes(labels.begin(), labels.end(), wanted.begin(), wanted.end())) handle->removed = true;
  }

  prometheus::MetricFamily collect(const std::string& name, prometheus::MetricType type) const {
    prometheus::MetricFamily family{name, help, type, {}};
    for (const auto& [labels, handle] : metrics) {
      if (handle->removed) continue;
      family.metric.push_back(handle->value.Collect());
      for (const auto& [label, value] : labels) family.metric.back().label.push_back({label, value});
    }
    return family;
  }
};

template <class Handle>
using Families = std::map<std::string, Family<Handle>>;

template <class Handle>
Handle& find_or_make(Families<Handle>& families, const std::string& name, const std::string& help,
                     const Labels& labels) {
  Family<Handle>& family = families[name];
  if (family.help.empty()) family.help = help;
  return family.at(labels);
}

}  // namespace

struct Metrics::Impl {
  mutable std::mutex mutex;
  Families<CounterHandle> counters;
  Families<GaugeHandle> gauges;
  std::vector<std::function<void()>> refreshers;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->gauges.contains(name)) throw std::logic_error("metric " + name + " is a gauge already");
  return find_or_make(impl_->counters, name, help, labels);
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->counters.contains(name)) throw std::logic_error("metric " + name + " is a counter already");
  return find_or_make(impl_->gauges, name, help, labels);
}

void Metrics::remove(const std::string& name, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  if (const auto found = impl_->counters.find(name); found != impl_->counters.end()) found->second.remove(labels);
  if (const auto found = impl_->gauges.find(name); found != impl_->gauges.end()) found->second.remove(labels);
}

void Metrics::on_collect(std::function<void()> refresh) {
  const std::lock_guard lock(impl_->mutex);
  impl_->refreshers.push_back(std::move(refresh));
}

std::string Metrics::expose() const {
  std::vector<std::function<void()>> refreshers;
  {
    const std::lock_guard lock(impl_->mutex);
    refreshers = impl_->refreshers;
  }
  for (const auto& refresh : refreshers) refresh();  // unlocked: they set and remove metrics

  const std::lock_guard lock(impl_->mutex);
  std::vector<prometheus::MetricFamily> families;
  for (const auto& [name, family] : impl_->counters)
    families.push_back(family.collect(name, prometheus::MetricType::Counter));
  for (const auto& [name, family] : impl_->gauges)
    families.push_back(family.collect(name, prometheus::MetricType::Gauge));
  std::erase_if(families, [](const prometheus::MetricFamily& family) { return family.metric.empty(); });
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace entente::telemetry
