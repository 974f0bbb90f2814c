#include "cli/syncer_app.hpp"

#include <boost/asio/thread_pool.hpp>
#include <random>

#include "cli/push_targets.hpp"
#include "cli/server_app.hpp"
#include "cli/syncer_options.hpp"
#include "cli/version.hpp"
#include "common/base/blocking.hpp"
#include "common/base/file.hpp"
#include "common/base/task.hpp"
#include "common/client/endpoint_socket.hpp"
#include "common/client/workload_client.hpp"
#include "common/issuer/issuer.hpp"
#include "common/spire_api/bundle_client.hpp"
#include "common/store/ledger.hpp"
#include "common/telemetry/listener.hpp"
#include "syncer/admin/admin_api.hpp"
#include "syncer/admin/entente_endpoint_svid.hpp"
#include "syncer/fetch/https_fetcher.hpp"
#include "syncer/peer/syncer.hpp"
#include "syncer/publish/publisher.hpp"
#include "syncer/registry/entries.hpp"
#include "syncer/registry/relationships.hpp"
#include "syncer/source/file_source.hpp"
#include "syncer/source/issuer_source.hpp"
#include "syncer/source/spire_server_source.hpp"
#include "syncer/source/workload_api_source.hpp"
#include "workload/api/issuer_identities.hpp"
#include "workload/api/workload_api.hpp"
#include "workload/delegated/delegated_identities.hpp"

namespace entente::cli {
namespace {

constexpr Duration stop_grace = std::chrono::seconds(2);
constexpr Duration pollers_wait = std::chrono::seconds(2);
constexpr Duration agent_wait = std::chrono::seconds(5);

std::function<double()> uniform_random() {
  auto engine = std::make_shared<std::mt19937_64>(std::random_device{}());
  return [engine] { return std::uniform_real_distribution<double>(0, 1)(*engine); };
}

// Certificate files may be exchanged for others by SIGHUP; all else of a profile stays.
void take_files(const config::ServingProfile& fresh, config::ServingProfile& running) {
  const auto* from = std::get_if<config::HttpsSpiffeServing>(&fresh);
  auto* to = std::get_if<config::HttpsSpiffeServing>(&running);
  if (!from || !to || from->svid.index() != 1 || to->svid.index() != 1) return;
  to->svid = from->svid;
}

}  // namespace

// Members are destroyed in reverse order: who refers to something stands below it.
struct SyncerApp::Impl {
  Impl(config::Config cfg, asio::io_context& ctx, Clock& clk, telemetry::Metrics& m, telemetry::Readiness& r,
       telemetry::Pages& p, Log& l)
      : config(std::move(cfg)), control(ctx.get_executor()), clock(clk), metrics(m), readiness(r), pages(p), log(l) {}

  config::Config config;
  asio::any_io_executor control;
  Clock& clock;
  telemetry::Metrics& metrics;
  telemetry::Readiness& readiness;
  telemetry::Pages& pages;
  Log& log;

  std::optional<FileLock> lock;
  asio::thread_pool blocking{2};
  std::unique_ptr<store::Ledger> ledger;
  std::unique_ptr<syncer::OwnBundle> own;
  std::unique_ptr<issuer::Issuer> issuer;
  std::unique_ptr<workload::IssuerIdentities> identities;
  std::unique_ptr<syncer::IssuerSource> issuer_source;
  std::unique_ptr<syncer::FileSource> file_source;
  std::unique_ptr<spire_api::BundleClient> spire_server;
  std::unique_ptr<syncer::SpireServerSource> spire_server_source;
  std::unique_ptr<syncer::WorkloadApiSource> agent_source;
  std::unique_ptr<workload::DelegatedIdentities> delegated;
  std::unique_ptr<syncer::Publisher> publisher;
  std::unique_ptr<syncer::Resolver> resolver;
  std::unique_ptr<syncer::Syncer> syncer;
  std::unique_ptr<syncer::Relationships> relationships;
  std::vector<std::unique_ptr<syncer::Pusher>> pushers;
  std::unique_ptr<syncer::Entries> entries;
  std::unique_ptr<syncer::Operator> operators;
  std::unique_ptr<workload::WorkloadApi> workload_api;
  std::unique_ptr<syncer::AdminApi> admin;
  std::unique_ptr<telemetry::Listener> telemetry;
  std::unique_ptr<TaskGroup> tasks;

  Status open_parts();
  Status open_local_source();
  void open_spire_server_source(const config::SpireServerSourceConfig& wanted);
  workload::IdentitySource* identity_source() const;    // null: nobody here has an identity
  const syncer::SourceContact* source_contact() const;  // null: our bundle comes from no other process
  void open_agent_source(const config::WorkloadApiSourceConfig& agent);
  Status open_syncer();
  Status open_push();
  void open_registry();
  asio::awaitable<Status> start_source();
  Status listen();
  Status start_admin();
  void observe();
  syncer::EndpointSvid endpoint_svid();
  syncer::EndpointSvid svid_from_agent(const config::HttpsSpiffeServing& serving);
  asio::awaitable<Result<std::string>> pollers_page();
  asio::awaitable<Status> apply_entries(trust::RegistrationEntries entries);
  asio::awaitable<Status> configure_entries();
  asio::awaitable<void> reload_local();
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
  ledger->set_history_limits(config.history);
  own = std::make_unique<syncer::OwnBundle>(*ledger, clock, log, &metrics);
  if (const Status local = open_local_source(); !local) return local.error();
  if (config.bundle_endpoint && config.trust_domain)
    publisher =
        std::make_unique<syncer::Publisher>(control, publish_dir_of(config), ledger->feed(), blocking, clock, log);
  if (const Status polling = open_syncer(); !polling) return polling.error();
  open_registry();
  return open_push();
}

// A relationship may go without a change of a bundle: one that was never fetched, or whose bundle went before.
Status SyncerApp::Impl::open_push() {
  const auto goes_on = [this](const spiffe::TrustDomain& trust_domain) {
    return relationships->find(trust_domain) != nullptr || ledger->has_unreadable_relationship(trust_domain);
  };
  const syncer::PushParts parts{control, ledger->feed(), goes_on, uniform_random(), blocking, clock, metrics, log};
  auto opened = open_pushers(config, parts);
  if (!opened) return opened.error();
  pushers = std::move(*opened);
  relationships->on_change([this] {
    for (const auto& pusher : pushers) pusher->wake();
  });
  return ok();
}

void SyncerApp::Impl::open_registry() {
  relationships = std::make_unique<syncer::Relationships>(control, *syncer, *ledger, log);
  operators = std::make_unique<syncer::Operator>(*ledger, clock, log, &metrics);
  const auto* local = std::get_if<config::IssuerConfig>(&config.local);
  if (local == nullptr) return;
  syncer::EntryBounds bounds{[this] { return relationships->count(); }, local->ca_ttl / 2};
  auto apply = [this](trust::RegistrationEntries wanted) { return apply_entries(std::move(wanted)); };
  entries = std::make_unique<syncer::Entries>(control, *config.trust_domain, *ledger, std::move(apply), clock, log,
                                              std::move(bounds));
}

Status SyncerApp::Impl::open_local_source() {
  if (const auto* wanted = std::get_if<config::IssuerConfig>(&config.local)) {
    Result<std::unique_ptr<issuer::Issuer>> opened = issuer::Issuer::open(issuer_options(config, *wanted), clock, log);
    if (!opened) return opened.error();
    issuer = std::move(*opened);
    identities = std::make_unique<workload::IssuerIdentities>(control, *issuer, clock, log);
    issuer_source = std::make_unique<syncer::IssuerSource>(control, *issuer, *own, blocking, clock, log,
                                                           [this] { identities->authority_changed(); });
  } else if (const auto* file = std::get_if<config::FileSourceConfig>(&config.local)) {
    const auto format =
        file->format == config::BundleFileFormat::pem ? syncer::BundleFormat::pem : syncer::BundleFormat::spiffe;
    syncer::FileSourceOptions options{*config.trust_domain, file->path, format, refresh_hint_of(config)};
    file_source = std::make_unique<syncer::FileSource>(control, std::move(options), *own, clock, log);
  } else if (const auto* server = std::get_if<config::SpireServerSourceConfig>(&config.local)) {
    open_spire_server_source(*server);
  } else if (const auto* agent = std::get_if<config::WorkloadApiSourceConfig>(&config.local)) {
    open_agent_source(*agent);
  }
  return ok();
}

void SyncerApp::Impl::open_spire_server_source(const config::SpireServerSourceConfig& wanted) {
  spire_server = std::make_unique<spire_api::BundleClient>(wanted.socket);
  syncer::SpireServerSourceOptions options{*config.trust_domain, "unix://" + wanted.socket.string(),
                                           refresh_hint_of(config)};
  spire_server_source = std::make_unique<syncer::SpireServerSource>(
      control, std::move(options), [this] { return spire_server->own_bundle(); }, *own, readiness, metrics, clock, log);
}

void SyncerApp::Impl::open_agent_source(const config::WorkloadApiSourceConfig& agent) {
  const auto client = std::make_shared<client::WorkloadClient>("unix:" + agent.address.string());
  syncer::AgentStreams streams{
      [client](syncer::OnBundles bundles, syncer::OnStreamError error) -> std::shared_ptr<void> {
        return client->watch_x509_bundles(std::move(bundles), std::move(error));
      },
      [client](syncer::OnBundles bundles, syncer::OnStreamError error) -> std::shared_ptr<void> {
        return client->watch_jwt_bundles(std::move(bundles), std::move(error));
      }};
  syncer::WorkloadApiSourceOptions options{*config.trust_domain, "unix://" + agent.address.string(),
                                           refresh_hint_of(config)};
  agent_source = std::make_unique<syncer::WorkloadApiSource>(control, std::move(options), std::move(streams), *own,
                                                             readiness, metrics, clock, log);
  if (!agent.delegated) return;
  workload::DelegatedOptions delegation{"unix://" + agent.delegated->address.string(), agent.delegated->by_selectors};
  delegated = std::make_unique<workload::DelegatedIdentities>(control, std::move(delegation), clock, metrics, log);
}

workload::IdentitySource* SyncerApp::Impl::identity_source() const {
  if (identities) return identities.get();
  return delegated.get();
}

const syncer::SourceContact* SyncerApp::Impl::source_contact() const {
  if (agent_source) return &agent_source->contact();
  return spire_server_source ? &spire_server_source->contact() : nullptr;
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
  if (spire_server_source) {
    const Status started = co_await spire_server_source->start();
    if (!started) co_return started.error().within("local.spire_server");
  }
  if (agent_source) {
    const Status started = co_await agent_source->start();
    if (!started) co_return started.error().within("local.workload_api");
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
        workload::WorkloadApi::start(options, ledger->feed(), identity_source(), clock, metrics, log);
    if (!started) return started.error().within("workload_api.listen");
    workload_api = std::move(*started);
  }
  if (const Status admin_started = start_admin(); !admin_started) return admin_started.error();
  if (!config.telemetry.empty()) {
    Result<std::unique_ptr<telemetry::Listener>> bound =
        telemetry::Listener::bind(control, config.telemetry, metrics, readiness, log, &pages);
    if (!bound) return bound.error().within("telemetry.listen");
    telemetry = std::move(*bound);
    log.info("telemetry listens", {{"port", telemetry->port()}});
  }
  return ok();
}

Status SyncerApp::Impl::start_admin() {
  if (!config.admin) return ok();
  syncer::AdminParts parts{control,    *syncer, issuer_source.get(), *relationships, entries.get(),
                           *operators, *ledger, ledger->feed(),      readiness,      clock,
                           log};
  // Anew each time: SIGHUP may exchange the files.
  if (endpoint_svid()) parts.endpoint_svid = [this] { return endpoint_svid()(); };
  parts.pushes = [this] {
    std::vector<syncer::PushStatus> statuses;
    for (const auto& pusher : pushers) statuses.push_back(pusher->status());
    return statuses;
  };
  parts.source = source_contact();
  if (config.bundle_endpoint) parts.pollers = [this] { return pollers_page(); };
  syncer::AdminOptions options{config.admin->listen, config.admin->group, version()};
  Result<std::unique_ptr<syncer::AdminApi>> started = syncer::AdminApi::start(std::move(options), parts);
  if (!started) return started.error().within("admin.listen");
  admin = std::move(*started);
  return ok();
}

// What signs exported bundles; empty where nothing here has an SVID of the endpoint's ID.
syncer::EndpointSvid SyncerApp::Impl::endpoint_svid() {
  if (!config.bundle_endpoint) return {};
  const auto* serving = std::get_if<config::HttpsSpiffeServing>(&config.bundle_endpoint->profile);
  if (serving == nullptr) return {};
  if (const auto* files = std::get_if<config::KeyPairFiles>(&serving->svid))
    return syncer::svid_from_files(files->certificate, files->key, serving->spiffe_id, blocking, clock);
  if (agent_source) return svid_from_agent(*serving);
  // The ID may be another trust domain's, of whose Workload API the server gets it: that is not ours to issue.
  if (!issuer || !serving->spiffe_id.member_of(*config.trust_domain)) return {};
  return syncer::svid_from_issuer(*issuer, serving->spiffe_id, blocking);
}

syncer::EndpointSvid SyncerApp::Impl::svid_from_agent(const config::HttpsSpiffeServing& serving) {
  const Result<std::string> target = client::parse_endpoint_socket(std::get<std::string>(serving.svid));
  if (!target) return {};
  const auto client = std::make_shared<client::WorkloadClient>(*target);
  auto ask = [client]() -> Result<std::vector<spiffe::X509Svid>> {
    Result<client::X509Context> context = client->fetch_x509(agent_wait);
    if (!context) return context.error();
    return std::move(context->svids);
  };
  return syncer::svid_from_workload_api(std::move(ask), serving.spiffe_id, blocking);
}

// Of the server in this process, or by the telemetry listener of the other one.
asio::awaitable<Result<std::string>> SyncerApp::Impl::pollers_page() {
  if (auto page = pages.show(pollers_path)) co_return std::move(*page);
  if (config.server.telemetry.empty())
    co_return Error(Errc::unavailable, "not known: the server has no telemetry listener (`server: {telemetry: ...}`)");
  auto work = [url = "http://" + config.server.telemetry + pollers_path] { return telemetry::get(url, pollers_wait); };
  auto task_of_work = run_blocking(blocking, std::move(work));
  const Result<telemetry::HttpAnswer> answer = co_await std::move(task_of_work);
  if (!answer) co_return answer.error().within("server.telemetry");
  if (answer->status != 200)
    co_return Error(Errc::http_status, "server.telemetry: HTTP " + std::to_string(answer->status));
  co_return answer->body;
}

// Gauges that are derived when somebody asks.
void SyncerApp::Impl::observe() {
  metrics.on_collect([this] {
    const store::StoreHealth health = ledger->health();
    metrics.gauge("entente_store_unwritten", "Changes in use that the store does not hold yet.")
        .set(static_cast<double>(health.unwritten));
    metrics.gauge("entente_store_unwritten_events", "History entries that the store does not hold yet.")
        .set(static_cast<double>(health.unwritten_events));
    metrics.gauge("entente_store_lost_events", "History entries given up, as the store refused for too long.")
        .set(static_cast<double>(health.lost_events));
    if (const syncer::SourceContact* const source = source_contact()) source->expose();
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
                                                   telemetry::Pages& pages, Log& log) {
  auto impl = std::make_unique<Impl>(std::move(config), control, clock, metrics, readiness, pages, log);
  if (const Status opened = impl->open_parts(); !opened) return opened.error();
  return std::unique_ptr<SyncerApp>(new SyncerApp(std::move(impl)));
}

asio::awaitable<Status> SyncerApp::start() {
  Impl& app = *impl_;
  const Status sourced = co_await app.start_source();
  if (!sourced) co_return sourced.error();
  // Before anybody is served: what no relationship names any more must not be handed out once more.
  co_await app.relationships->configure(app.config.federation, app.config.file.string(), app.config.polling,
                                        app.config.change_policy);
  const Status entitled = co_await app.configure_entries();
  if (!entitled) co_return entitled.error();
  const Status listening = app.listen();
  if (!listening) co_return listening.error();
  app.observe();
  app.tasks = std::make_unique<TaskGroup>(app.control, app.log);
  if (app.identities) app.tasks->spawn("identities", app.identities->run());
  if (app.delegated) app.tasks->spawn("delegated identities", app.delegated->run());
  if (app.issuer_source) app.tasks->spawn("issuer", app.issuer_source->run());
  if (app.file_source) app.tasks->spawn("bundle file", app.file_source->run());
  if (app.spire_server_source) app.tasks->spawn("bundle of the SPIRE server", app.spire_server_source->run());
  if (app.agent_source) app.tasks->spawn("bundle of the agent", app.agent_source->run());
  if (app.publisher) app.tasks->spawn("publisher", app.publisher->run());
  for (const auto& pusher : app.pushers) app.tasks->spawn("push", pusher->run());
  if (app.telemetry) app.tasks->spawn("telemetry", app.telemetry->run());
  co_return ok();
}

// The issuer is made ready before anybody can ask it for what an entry allows.
asio::awaitable<Status> SyncerApp::Impl::apply_entries(trust::RegistrationEntries wanted) {
  const LongestTtls longest = longest_ttls(std::get<config::IssuerConfig>(config.local), wanted);
  const Status prepared = co_await issuer_source->reconfigure(refresh_hint_of(config), longest.x509, longest.jwt);
  if (!prepared) co_return prepared.error();
  identities->set_entries(std::move(wanted));
  co_return ok();
}

asio::awaitable<Status> SyncerApp::Impl::configure_entries() {
  if (!entries) co_return ok();
  Result<trust::RegistrationEntries> implied = implied_entries(config);
  if (!implied) co_return implied.error();
  const Status done = co_await entries->configure(config.entries, std::move(*implied), config.file.string());
  co_return done ? ok() : Status(done.error().within("entries"));
}

// `entries` and the refresh hint: what needs a restart stays as it is.
asio::awaitable<void> SyncerApp::Impl::reload_local() {
  if (file_source) {
    const Status taken = co_await file_source->set_refresh_hint(refresh_hint_of(config));
    if (!taken)
      log.warning("bundle file cannot be used; the last good bundle stays", {{"error", taken.error().message()}});
  }
  if (spire_server_source) {
    const Status taken = co_await spire_server_source->set_refresh_hint(refresh_hint_of(config));
    if (!taken) log.warning("the new refresh hint is not published yet", {{"error", taken.error().message()}});
  }
  if (agent_source) {
    const Status taken = co_await agent_source->set_refresh_hint(refresh_hint_of(config));
    if (!taken) log.error("the refresh hint is not applied", {{"error", taken.error().message()}});
  }
  const Status applied = co_await configure_entries();
  if (!applied) log.error("entries are not applied", {{"error", applied.error().message()}});
}

asio::awaitable<void> SyncerApp::reload(config::Config fresh) {
  Impl& app = *impl_;
  app.log.set_level(fresh.log.level);
  app.log.set_format(fresh.log.format);
  app.config.log = fresh.log;
  app.config.federation = std::move(fresh.federation);
  app.config.polling = fresh.polling;
  app.config.change_policy = fresh.change_policy;
  app.config.entries = std::move(fresh.entries);
  if (app.config.bundle_endpoint && fresh.bundle_endpoint) {
    app.config.bundle_endpoint->refresh_hint = fresh.bundle_endpoint->refresh_hint;
    take_files(fresh.bundle_endpoint->profile, app.config.bundle_endpoint->profile);
  }
  if (fresh.history != app.config.history) {
    app.config.history = fresh.history;
    app.ledger->set_history_limits(fresh.history);
  }
  // First, as it may take trust away: nothing slow goes before it.
  co_await app.relationships->configure(app.config.federation, app.config.file.string(), app.config.polling,
                                        app.config.change_policy);
  co_await app.reload_local();
}

asio::awaitable<void> SyncerApp::stop() {
  Impl& app = *impl_;
  // First, so that calls that wait for a poll's outcome get one.
  co_await app.syncer->stop();
  // gRPC's stops block, and the calls they wait for need this thread: they wait on another one.
  auto stop_listeners = [&app] {
    if (app.delegated) app.delegated->stop();
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
