// Keeps the files in the directory: writes what has changed, retries what failed, takes back what was withdrawn.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <optional>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/event.hpp"
#include "common/base/log.hpp"
#include "common/base/task.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/telemetry/readiness.hpp"
#include "workload/helper/material_source.hpp"
#include "workload/helper/set_writer.hpp"

namespace entente::helper {

// Lives on one io_context's thread; the disk is touched in `disk`, a pool of one thread.
class FileKeeper {
 public:
  struct Listener {
    std::function<void()> set_in_place;  // a set that says something new
    std::function<void()> set_removed;   // the identity was withdrawn, and the files with it
  };

  FileKeeper(const HelperConfig& config, MaterialSource& source, asio::any_io_executor executor, Event& changed,
             asio::thread_pool& disk, Clock& clock, Log& log, telemetry::Readiness& readiness,
             telemetry::Metrics& metrics, Listener listener);

  // Until cancelled; returns after the first set where `once` is said.
  asio::awaitable<void> run(bool once);
  // Looks after files that somebody removes; until cancelled.
  asio::awaitable<void> guard();
  // At the helper's end.
  asio::awaitable<void> remove_all();

  bool has_set() const { return current_.has_value(); }
  std::string trouble() const { return trouble_; }  // why there is no set, or no newer one

 private:
  struct Current {
    std::string digest;
    std::optional<Time> expires_at;
  };

  asio::awaitable<void> look();
  asio::awaitable<void> write(FileSet set);
  asio::awaitable<void> withdraw();
  asio::awaitable<void> prune();
  asio::awaitable<bool> intact();
  bool to_be_withdrawn(Time now) const;
  Duration next_look(Time now) const;
  void in_trouble(const Error& error);
  void say_readiness(Time now);

  const HelperConfig& config_;
  MaterialSource& source_;
  Event& changed_;
  asio::thread_pool& disk_;
  Clock& clock_;
  Log& log_;
  telemetry::Readiness& readiness_;
  telemetry::Counter& written_sets_;
  telemetry::Counter& failed_writes_;
  telemetry::Gauge& expiry_;
  Listener listener_;
  Event written_;
  SetWriter writer_;
  std::optional<Current> current_;  // what is in the directory
  bool withdrawn_ = false, write_failed_ = false;
  std::string trouble_;
  std::optional<Time> retry_at_, prune_at_;
  Duration retry_pause_;
};

}  // namespace entente::helper
