// A file as the local source: the domain's bundle as something else writes it, in the SPIFFE format or PEM; watched.
#pragma once

#include <filesystem>
#include <optional>

#include "common/base/async_mutex.hpp"
#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/spiffe/trust_domain.hpp"
#include "syncer/source/local_source.hpp"
#include "syncer/source/own_bundle.hpp"

namespace entente::syncer {

enum class BundleFormat { spiffe, pem };

struct FileSourceOptions {
  spiffe::TrustDomain trust_domain;
  std::filesystem::path path;
  BundleFormat format = BundleFormat::spiffe;
  std::chrono::seconds refresh_hint{300};  // published in place of the file's own
};

// Lives on the control thread.
class FileSource final : public LocalSource {
 public:
  FileSource(asio::any_io_executor control, FileSourceOptions options, OwnBundle& own, Clock& clock, Log& log)
      : control_(control),
        one_at_a_time_(std::move(control)),
        options_(std::move(options)),
        own_(own),
        clock_(clock),
        log_(log) {}

  // A file that is not there or not a bundle is an error only where nothing is held from before.
  asio::awaitable<Status> start() override;
  asio::awaitable<void> run() override;

  asio::awaitable<Status> set_refresh_hint(std::chrono::seconds hint);

 private:
  asio::awaitable<Status> take();

  asio::any_io_executor control_;
  AsyncMutex one_at_a_time_;
  FileSourceOptions options_;
  OwnBundle& own_;
  Clock& clock_;
  Log& log_;
};

}  // namespace entente::syncer
