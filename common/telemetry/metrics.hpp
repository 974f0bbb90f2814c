// Metrics in Prometheus' model, by prometheus-cpp. The names are a public interface: entente_<part>_<what>_<unit>.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace entente::telemetry {

using Labels = std::map<std::string, std::string>;

// Handles are owned by Metrics and live as long as it does; what a removed one is told goes nowhere. Thread-safe.
class Counter {
 public:
  virtual ~Counter() = default;
  virtual void add(double amount = 1) = 0;
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) = 0;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same name and labels give the same metric.
  Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // Drops every metric of this name whose labels include `labels`: a relationship that ended must not linger.
  void remove(const std::string& name, const Labels& labels);

  // Called before each exposition, to set gauges that are derived (ages, states). On the telemetry listener's thread.
  void on_collect(std::function<void()> refresh);

  // Prometheus' text format 0.0.4.
  std::string expose() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::telemetry
