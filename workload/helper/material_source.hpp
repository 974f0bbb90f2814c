// Keeps what the Workload API says current: bundles and X509-SVIDs as they come, JWT-SVIDs before they end.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/event.hpp"
#include "common/base/log.hpp"
#include "common/base/task.hpp"
#include "common/client/workload_client.hpp"
#include "workload/helper/render.hpp"

namespace entente::helper {

// Lives on one io_context's thread, which must have stopped, or the tasks been drained, when it goes. Holds on to the
// last answer through everything but an answer; that the Workload API denies an identity is told by denied_since().
class MaterialSource {
 public:
  // `changed` is raised on the executor's thread; blocking calls run in `pool`. All outlive the source.
  MaterialSource(const HelperConfig& config, const client::WorkloadClient& client, asio::any_io_executor executor,
                 asio::thread_pool& pool, Clock& clock, Log& log, Event& changed);

  void start(TaskGroup& tasks);
  // Ends the watches; takes as long as their threads need.
  void stop() { watches_.clear(); }

  // Passwords are read again at each call: they may change too.
  Result<const Material*> material();
  // Since when the Workload API has answered PermissionDenied; null while it does not.
  std::optional<Time> denied_since() const;
  // What the Workload API last failed with; "" when nothing fails.
  std::string trouble() const;

 private:
  void watch();
  void failed(const std::string& call, const Error& error);
  void worked(const std::string& call);
  asio::awaitable<void> keep_token(std::vector<std::string> audience);
  asio::awaitable<Result<Token>> fetch_token(std::vector<std::string> audience);

  struct Failure {
    std::string message;
    std::optional<Time> denied_since;
  };

  const HelperConfig& config_;
  Needs needs_;
  std::shared_ptr<const client::WorkloadClient> client_;
  asio::any_io_executor executor_;
  asio::thread_pool& pool_;
  Clock& clock_;
  Log& log_;
  Event& changed_;
  Material material_;
  std::map<std::string, Failure> failures_;  // by the call that failed last
  std::vector<std::unique_ptr<client::WorkloadClient::Watch>> watches_;
};

}  // namespace entente::helper
