// Writes the publication: our own bundle as the exact bytes that the bundle endpoint serves. docs/design.md, Processes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>

#include "common/base/clock.hpp"
#include "common/base/event.hpp"
#include "common/base/log.hpp"
#include "common/store/feed.hpp"

namespace entente::syncer {

namespace asio = boost::asio;

// Lives on the control thread. The file is publish_dir/<trust domain>.json, replaced atomically, 0644.
class Publisher {
 public:
  // `feed` publishes on the control thread. The folder is made (0755) where it is missing.
  Publisher(asio::any_io_executor control, std::filesystem::path publish_dir, store::Feed& feed,
            asio::thread_pool& blocking, Clock& clock, Log& log);

  // Writes what the feed holds now. An error says what the disk refused.
  asio::awaitable<Status> publish();

  // Follows the feed until cancelled; a refusing disk is tried again every few seconds.
  asio::awaitable<void> run();

 private:
  std::filesystem::path publish_dir_;
  store::Feed& feed_;
  asio::thread_pool& blocking_;
  Clock& clock_;
  Log& log_;
  Event changed_;
  store::Feed::Subscription subscription_;
  spiffe::BundlePtr published_;  // what the file holds, by this process's doing
};

}  // namespace entente::syncer
