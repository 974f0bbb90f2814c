#include "cli/syncer_app.hpp"

#include <pwd.h>
#include <unistd.h>

#include <boost/asio/thread_pool.hpp>
#include <random>

#include "cli/server_app.hpp"
#include "cli/version.hpp"
#include "common/base/blocking.hpp"
#include "common/base/file.hpp"
#include "common/base/task.hpp"
#include "common/issuer/issuer.hpp"
#include "common/store/ledger.hpp"
#include "common/store/memory_store.hpp"
#include "common/store/sqlite_store.hpp"
#include "common/telemetry/listener.hpp"
#include "syncer/admin/admin_api.hpp"
#include "syncer/fetch/https_fetcher.hpp"
#include "syncer/peer/syncer.hpp"
#include "syncer/publish/publisher.hpp"
#include "syncer/source/file_source.hpp"
#include "syncer/source/issuer_source.hpp"
#include "workload/api/issuer_identities.hpp"
#include "workload/api/workload_api.hpp"

namespace entente::cli {
namespace {

constexpr Duration stop_grace = std::chrono::seconds(2);

std::chrono::seconds refresh_hint_of(const config::Config& config) {
  return config.bundle_endpoint ? config.bundle_endpoint->refresh_hint : std::chrono::seconds(300);
}

Result<std::unique_ptr<store::Store>> open_store(const config::StoreConfig& config) {
  if (const auto* sqlite = std::get_if<config::SqliteConfig>(&config)) {
    Result<std::unique_ptr<store::SqliteStore>> opened = store::SqliteStore::open(sqlite->path);
    if (!opened) return opened.error();
    return std::unique_ptr<store::Store>(std::move(*opened));
  }
  return std::unique_ptr<store::Store>(std::make_unique<store::MemoryStore>());
}

issuer::IssuerOptions issuer_options(const config::Config& config, const config::IssuerConfig& issuer) {
  issuer::IssuerOptions options{*config.trust_domain, config.data_dir / "issuer"};
  options.ca_ttl = issuer.ca_ttl;
  options.x509_svid_ttl = issuer.x509_svid_ttl;
  options.jwt_svid_ttl = issuer.jwt_svid_ttl;
  options.key_type = issuer.key_type;
  options.refresh_hint = refresh_hint_of(config);
  return options;
}

// The entry that the endpoint's own identity has by itself, for the user that serves it.
Result<std::optional<trust::RegistrationEntry>> endpoint_entry(const config::Config& config) {
  if (!config.bundle_endpoint) return std::optional<trust::RegistrationEntry>();
  const auto* serving = std::get_if<config::HttpsSpiffeServing>(&config.bundle_endpoint->profile);
  if (!serving || !std::holds_alternative<std::string>(serving->svid)) return std::optional<trust::RegistrationEntry>();
  uid_t uid = ::getuid();
  if (!serving->run_as.empty()) {
    const struct passwd* user = ::getpwnam(serving->run_as.c_str());
    if (!user) return Error(Errc::invalid_argument, "bundle_endpoint.https_spiffe.run_as: no user " + serving->run_as);
    uid = user->pw_uid;
  }
  return std::optional(trust::RegistrationEntry{
      "endpoint", serving->spiffe_id, {{"unix", "uid:" + std::to_string(uid)}}, {}, {}, {}, std::nullopt, ""});
}

Result<trust::RegistrationEntries> all_entries(const config::Config& config) {
  trust::RegistrationEntries entries = config.entries;
  Result<std::optional<trust::RegistrationEntry>> implied = endpoint_entry(config);
  if (!implied) return implied.error();
  if (*implied) entries.push_back(std::move(**implied));
  return entries;
}

// The longest lifetimes that the issuer must be prepared for.
struct LongestTtls {
  Duration x509, jwt;
};
LongestTtls longest_ttls(const config::IssuerConfig& issuer, const trust::RegistrationEntries& entries) {
  LongestTtls longest{issuer.x509_svid_ttl, issuer.jwt_svid_ttl};
  for (const trust::RegistrationEntry& entry : entries) {
    longest.x509 = std::max(longest.x509, entry.x509_svid_ttl.value_or(Duration::zero()));
    longest.jwt = std::max(longest.jwt, entry.jwt_svid_ttl.value_or(Duration::zero()));
  }
  return longest;
}

std::function<double()> uniform_random() {
  auto engine = std::make_shared<std::mt19937_64>(std::random_device{}());
  return [engine] { return std::uniform_real_distribution<double>(0, 1)(*engine); };
}

}  // namespace

// Members are destroyed in reverse order: who refers to something stands below it.
struct SyncerApp::Impl {
  Impl(config::Config cfg, asio::io_context& ctx, Clock& clk, telemetry::Metrics& m, telemetry::Readiness& r, Log& l)
      : config(std::move(cfg)), control(ctx.get_executor()), clock(clk), metrics(m), readiness(r), log(l) {}

  config::Config config;
  asio::any_io_executor control;
  Clock& clock;
  telemetry::Metrics& metrics;
  telemetry::Readiness& readiness;
  Log& log;

  std::optional<FileLock> lock;
  asio::thread_pool blocking{2};
  std::unique_ptr<store::Ledger> ledger;
  std::unique_ptr<syncer::OwnBundle> own;
  std::unique_ptr<issuer::Issuer> issuer;
  std::unique_ptr<workload::IssuerIdentities> identities;
  std::unique_ptr<syncer::IssuerSource> issuer_source;
  std::unique_ptr<syncer::FileSource> file_source;
  std::unique_ptr<syncer::Publisher> publisher;
  std::unique_ptr<syncer::Resolver> resolver;
  std::unique_ptr<syncer::Syncer> syncer;
  std::unique_ptr<workload::WorkloadApi> workload_api;
  std::unique_ptr<syncer::AdminApi> admin;
  std::unique_ptr<telemetry::Listener> telemetry;
  std::unique_ptr<TaskGroup> tasks;

  Status open_parts();
  Status open_local_source();
  Status open_syncer();
  asio::awaitable<Status> start_source();
  Status listen();
  void observe();
  asio::awaitable<void> apply_entries(const config::Config& fresh);
};

Status SyncerApp::Impl::open_parts() {
  if (const Status made = ensure_folder(config.data_dir, 0700); !made) return made.error().within("data_dir");
  Result<FileLock> locked = FileLock::acquire(config.data_dir / "lock");
  if (!locked) return locked.error().within("data_dir: one syncer at a time");
  lock.emplace(std::move(*locked));
  Result<std::unique_ptr<store::Store>> store = open_store(config.store);
  if (!store) return store.error().within("store");
  Result<std::unique_ptr<store::Ledger>> opened =
      store::Ledger::open(control, std::move(*store), config.trust_domain, clock, log);
  if (!opened) return opened.error().within("store");
  ledger = std::move(*opened);
  own = std::make_unique<syncer::OwnBundle>(*ledger, clock, log);
  if (const Status local = open_local_source(); !local) return local.error();
  if (config.bundle_endpoint && config.trust_domain)
    publisher =
        std::make_unique<syncer::Publisher>(control, publish_dir_of(config), ledger->feed(), blocking, clock, log);
  return open_syncer();
}

Status SyncerApp::Impl::open_local_source() {
  if (const auto* wanted = std::get_if<config::IssuerConfig>(&config.local)) {
    Result<trust::RegistrationEntries> entries = all_entries(config);
    if (!entries) return entries.error();
    Result<std::unique_ptr<issuer::Issuer>> opened = issuer::Issuer::open(issuer_options(config, *wanted), clock, log);
    if (!opened) return opened.error();
    issuer = std::move(*opened);
    const LongestTtls longest = longest_ttls(*wanted, *entries);
    if (const Status allowed = issuer->allow_ttls(longest.x509, longest.jwt); !allowed) return allowed.error();
    identities = std::make_unique<workload::IssuerIdentities>(control, *issuer, clock, log);
    identities->set_entries(std::move(*entries));
    issuer_source = std::make_unique<syncer::IssuerSource>(control, *issuer, *own, blocking, clock, log,
                                                           [this] { identities->authority_changed(); });
  } else if (const auto* file = std::get_if<config::FileSourceConfig>(&config.local)) {
    const auto format =
        file->format == config::BundleFileFormat::pem ? syncer::BundleFormat::pem : syncer::BundleFormat::spiffe;
    syncer::FileSourceOptions options{*config.trust_domain, file->path, format, refresh_hint_of(config)};
    file_source = std::make_unique<syncer::FileSource>(control, std::move(options), *own, clock, log);
  }
  return ok();
}

Status SyncerApp::Impl::open_syncer() {
  Result<std::unique_ptr<syncer::Resolver>> opened = syncer::Resolver::create(control, {});
  if (!opened) return opened.error();
  resolver = std::move(*opened);
  const Result<syncer::ProxySettings> proxy = syncer::ProxySettings::from_environment();
  if (!proxy) return proxy.error();
  if (!proxy->str().empty()) log.info("peers are reached through a proxy", {{"proxy", proxy->str()}});
  auto make_fetcher = [this, proxy = *proxy, roots = std::make_shared<tls::SystemRoots>()] {
    return syncer::make_https_fetcher(control, *resolver, clock, proxy, roots);
  };
  syncer::SyncerParts parts{control, *ledger, clock, std::move(make_fetcher), uniform_random(), metrics, log};
  syncer = std::make_unique<syncer::Syncer>(std::move(parts), config.polling);
  return ok();
}

asio::awaitable<Status> SyncerApp::Impl::start_source() {
  if (issuer_source) {
    const Status started = co_await issuer_source->start();
    if (!started) co_return started.error();
  }
  if (file_source) {
    const Status started = co_await file_source->start();
    if (!started) co_return started.error().within("local.file");
  }
  if (publisher) {
    const Status published = co_await publisher->publish();
    if (!published) co_return published.error();
  }
  co_return ok();
}

Status SyncerApp::Impl::listen() {
  if (config.workload_api) {
    workload::WorkloadApiOptions options;
    options.socket = config.workload_api->listen;
    options.allow_unauthenticated_verifiers = config.workload_api->allow_unauthenticated_verifiers;
    options.attest.discover_path = config.workload_api->discover_path;
    Result<std::unique_ptr<workload::WorkloadApi>> started =
        workload::WorkloadApi::start(options, ledger->feed(), identities.get(), clock, metrics, log);
    if (!started) return started.error().within("workload_api.listen");
    workload_api = std::move(*started);
  }
  if (config.admin) {
    syncer::AdminParts parts{control, *syncer, issuer_source.get(), ledger->feed(), readiness, clock, log};
    syncer::AdminOptions options{config.admin->listen, config.admin->group, version()};
    Result<std::unique_ptr<syncer::AdminApi>> started = syncer::AdminApi::start(std::move(options), parts);
    if (!started) return started.error().within("admin.listen");
    admin = std::move(*started);
  }
  if (!config.telemetry.empty()) {
    Result<std::unique_ptr<telemetry::Listener>> bound =
        telemetry::Listener::bind(control, config.telemetry, metrics, readiness, log);
    if (!bound) return bound.error().within("telemetry.listen");
    telemetry = std::move(*bound);
    log.info("telemetry listens", {{"port", telemetry->port()}});
  }
  return ok();
}

// Gauges that are derived when somebody asks.
void SyncerApp::Impl::observe() {
  metrics.on_collect([this] {
    const store::StoreHealth health = ledger->health();
    metrics.gauge("entente_store_unwritten", "Changes in use that the store does not hold yet.")
        .set(static_cast<double>(health.unwritten));
    const trust::RecordPtr own_record = ledger->current()->own_record();
    if (!own_record) return;
    metrics.gauge("entente_bundle_sequence", "Sequence of our own bundle.")
        .set(static_cast<double>(own_record->bundle->sequence.value_or(0)));
    if (const auto expiry = spiffe::earliest_expiry(*own_record->bundle))
      metrics
          .gauge("entente_bundle_earliest_expiry_timestamp_seconds",
                 "When the first authority of our own bundle ends, in unix seconds.")
          .set(static_cast<double>(unix_seconds(*expiry)));
  });
}

SyncerApp::SyncerApp(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SyncerApp::~SyncerApp() = default;

Result<std::unique_ptr<SyncerApp>> SyncerApp::open(config::Config config, asio::io_context& control, Clock& clock,
                                                   telemetry::Metrics& metrics, telemetry::Readiness& readiness,
                                                   Log& log) {
  auto impl = std::make_unique<Impl>(std::move(config), control, clock, metrics, readiness, log);
  if (const Status opened = impl->open_parts(); !opened) return opened.error();
  return std::unique_ptr<SyncerApp>(new SyncerApp(std::move(impl)));
}

asio::awaitable<Status> SyncerApp::start() {
  Impl& app = *impl_;
  const Status sourced = co_await app.start_source();
  if (!sourced) co_return sourced.error();
  // Before anybody is served: what no relationship names any more must not be handed out once more.
  co_await app.syncer->set_relationships(app.config.federation, app.config.polling);
  const Status listening = app.listen();
  if (!listening) co_return listening.error();
  app.observe();
  app.tasks = std::make_unique<TaskGroup>(app.control, app.log);
  if (app.identities) app.tasks->spawn("identities", app.identities->run());
  if (app.issuer_source) app.tasks->spawn("issuer", app.issuer_source->run());
  if (app.file_source) app.tasks->spawn("bundle file", app.file_source->run());
  if (app.publisher) app.tasks->spawn("publisher", app.publisher->run());
  if (app.telemetry) app.tasks->spawn("telemetry", app.telemetry->run());
  co_return ok();
}

asio::awaitable<void> SyncerApp::Impl::apply_entries(const config::Config& fresh) {
  const auto* wanted = std::get_if<config::IssuerConfig>(&config.local);
  if (file_source) {
    const Status taken = co_await file_source->set_refresh_hint(refresh_hint_of(fresh));
    if (!taken)
      log.warning("bundle file cannot be used; the last good bundle stays", {{"error", taken.error().message()}});
  }
  if (!wanted || !issuer_source) co_return;
  config::Config effective = config;  // what needs a restart stays as it is
  effective.entries = fresh.entries;
  Result<trust::RegistrationEntries> entries = all_entries(effective);
  if (!entries) {
    log.error("entries are not applied", {{"error", entries.error().message()}});
    co_return;
  }
  const LongestTtls longest = longest_ttls(*wanted, *entries);
  const Status prepared = co_await issuer_source->reconfigure(refresh_hint_of(fresh), longest.x509, longest.jwt);
  if (!prepared) {
    log.error("entries are not applied", {{"error", prepared.error().message()}});
    co_return;
  }
  identities->set_entries(std::move(*entries));
}

asio::awaitable<void> SyncerApp::reload(config::Config fresh) {
  Impl& app = *impl_;
  app.log.set_level(fresh.log.level);
  app.log.set_format(fresh.log.format);
  co_await app.apply_entries(fresh);
  co_await app.syncer->set_relationships(fresh.federation, fresh.polling);
  app.config.log = fresh.log;
  app.config.federation = std::move(fresh.federation);
  app.config.polling = fresh.polling;
  app.config.entries = std::move(fresh.entries);
  if (app.config.bundle_endpoint && fresh.bundle_endpoint)
    app.config.bundle_endpoint->refresh_hint = fresh.bundle_endpoint->refresh_hint;
}

asio::awaitable<void> SyncerApp::stop() {
  Impl& app = *impl_;
  // First, so that calls that wait for a poll's outcome get one.
  co_await app.syncer->stop();
  // gRPC's stops block, and the calls they wait for need this thread: they wait on another one.
  auto stop_listeners = [&app] {
    if (app.admin) app.admin->stop(stop_grace);
    if (app.workload_api) app.workload_api->stop(stop_grace);
    return true;
  };
  auto task_of_stop_listeners = run_blocking(app.blocking, std::move(stop_listeners));
  co_await std::move(task_of_stop_listeners);
  if (app.tasks) {
    app.tasks->cancel();
    co_await app.tasks->drained();
  }
}

}  // namespace entente::cli
