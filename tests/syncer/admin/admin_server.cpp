#include "tests/syncer/admin/admin_server.hpp"

#include "common/store/memory_store.hpp"
#include "common/store/sqlite_store.hpp"

namespace entente::test {
namespace {

asio::awaitable<Status> serve_any_entries(trust::RegistrationEntries) { co_return ok(); }

std::unique_ptr<store::Store> open_store(bool sqlite, const TempFolder& folder) {
  if (!sqlite) return std::make_unique<store::MemoryStore>();
  return must(store::SqliteStore::open(folder / "entente.db"));
}

}  // namespace

AdminServer::AdminServer(AdminSetup setup) {
  open(setup);
  if (setup.issuer) open_issuer(setup);
  control_ = std::thread([this] { io.run(); });
  trust::PollingPolicy policy;
  policy.jitter = 0;
  run(relationships->configure(std::move(setup.of_config), "/etc/entente.yaml", policy, trust::ChangePolicy::accept));
  if (issuer_source && !run(issuer_source->start())) throw std::runtime_error("no own bundle");
  if (entries && !run(entries->configure(std::move(setup.entries_of_config), {}, "/etc/entente.yaml")))
    throw std::runtime_error("no entries");
  syncer::AdminParts parts{io.get_executor(),
                           *syncer,
                           issuer_source.get(),
                           *relationships,
                           entries.get(),
                           *operators,
                           *ledger,
                           ledger->feed(),
                           readiness,
                           clock,
                           log};
  if (setup.complete) setup.complete(parts);
  syncer::AdminOptions options{folder / "admin.sock", "", "1.2.3"};
  api = must(syncer::AdminApi::start(std::move(options), parts));
}

void AdminServer::open(const AdminSetup& setup) {
  ledger =
      must(store::Ledger::open(io.get_executor(), open_store(setup.sqlite, folder), domain("own.test"), clock, log));
  own = std::make_unique<syncer::OwnBundle>(*ledger, clock, log);
  syncer::SyncerParts parts{io.get_executor(),  *ledger, clock, [this] { return network.make_fetcher(); },
                            [] { return 0.5; }, metrics, log};
  syncer = std::make_unique<syncer::Syncer>(std::move(parts), trust::PollingPolicy());
  relationships = std::make_unique<syncer::Relationships>(io.get_executor(), *syncer, *ledger, log);
  operators = std::make_unique<syncer::Operator>(*ledger, clock, log);
}

void AdminServer::open_issuer(const AdminSetup&) {
  issuer::IssuerOptions options{domain("own.test"), folder / "issuer"};
  issuer = must(issuer::Issuer::open(std::move(options), clock, log));
  issuer_source = std::make_unique<syncer::IssuerSource>(io.get_executor(), *issuer, *own, blocking, clock, log, [] {});
  entries =
      std::make_unique<syncer::Entries>(io.get_executor(), domain("own.test"), *ledger, serve_any_entries, clock, log);
}

AdminServer::~AdminServer() {
  api->stop(std::chrono::seconds(5));
  run(syncer->stop());
  work_.reset();
  // What still sleeps is none of the parts': they are stopped.
  io.stop();
  control_.join();
}

std::shared_ptr<grpc::Channel> AdminServer::channel() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("unix:" + (folder / "admin.sock").string(), grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace entente::test
