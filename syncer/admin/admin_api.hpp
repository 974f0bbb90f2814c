// The admin API on its Unix socket: entente.v1.Admin. Who may connect is decided by the socket's mode and group.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/base/result.hpp"
#include "common/spiffe/x509_svid.hpp"
#include "common/store/feed.hpp"
#include "common/store/ledger.hpp"
#include "common/telemetry/readiness.hpp"
#include "syncer/peer/operator.hpp"
#include "syncer/peer/syncer.hpp"
#include "syncer/push/pusher.hpp"
#include "syncer/registry/entries.hpp"
#include "syncer/registry/relationships.hpp"
#include "syncer/source/issuer_source.hpp"
#include "syncer/source/source_contact.hpp"

namespace entente::syncer {

// The X509-SVID of the configured endpoint ID, with its key.
using EndpointSvid = std::function<asio::awaitable<Result<spiffe::X509Svid>>()>;
// The page as it stands.
using AskPollers = std::function<asio::awaitable<Result<std::string>>()>;

// The push targets as they stand, on the control thread.
using ListPushes = std::function<std::vector<PushStatus>()>;

struct AdminOptions {
  std::filesystem::path socket;
  std::string group;    // "": 0600, its owner's alone; else 0660 with this group
  std::string version;  // what GetHealth says
};

// What the calls work on; all of it outlives the API.
struct AdminParts {
  asio::any_io_executor control;  // the thread that Syncer and IssuerSource live on; must run until stop() has returned
  Syncer& syncer;
  IssuerSource* issuer;  // null: another local source
  Relationships& relationships;
  Entries* entries;  // null: no embedded issuer
  Operator& operators;
  store::Ledger& ledger;
  store::Feed& feed;
  const telemetry::Readiness& readiness;
  Clock& clock;
  Log& log;
  // Both on the control thread; an error says what is missing and what would work.
  EndpointSvid endpoint_svid = {};        // signs `bundle export`; empty: nothing can
  ListPushes pushes = {};                 // empty: nothing is pushed
  AskPollers pollers = {};                // the server's /pollers page, of our own endpoint's clients; empty: not known
  const SourceContact* source = nullptr;  // null: our own bundle comes from no other process
};

class AdminApi {
 public:
  static Result<std::unique_ptr<AdminApi>> start(AdminOptions options, AdminParts parts);
  ~AdminApi();

  // Blocks while calls under way finish, at most `grace`; not to be called on the control thread.
  void stop(Duration grace);

 private:
  struct Impl;
  explicit AdminApi(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::syncer
