#include "tests/integration/story/domain.hpp"

#include <filesystem>

#include "common/client/answers.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "common/store/sqlite_store.hpp"
#include "spiffe/workload/workload.pb.h"
#include "tests/syncer/support/run.hpp"
#include "tests/syncer/support/test_authority.hpp"
#include "workload/api/answers.hpp"

namespace entente::test {
namespace {

constexpr std::chrono::seconds hint = std::chrono::hours(2);
constexpr Duration ca_ttl = std::chrono::hours(96);
const trust::Actor admin{0, "entente"};

void must_be(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message());
}

trust::PollingPolicy polling() {
  trust::PollingPolicy policy;
  policy.jitter = 0;
  return policy;
}

// The bundles of a response as a client library reads them off the wire.
template <class Response>
spiffe::BundleSet as_a_client_reads(const Result<workload::Message>& message) {
  if (!message) throw std::runtime_error(message.error().message());
  std::vector<grpc::Slice> slices;
  if (!message->buffer().Dump(&slices).ok()) throw std::runtime_error("no bytes");
  std::string bytes;
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  Response response;
  if (!response.ParseFromString(bytes)) throw std::runtime_error("not a response");
  return must(client::read_answer(response));
}

}  // namespace

struct StoryDomain::Running {
  Running(World& world, const spiffe::TrustDomain& name, const std::filesystem::path& data, int generation)
      : ledger(must(store::Ledger::open(world.io.get_executor(), must(store::SqliteStore::open(data / "entente.db")),
                                        name, world.clock, world.log))),
        own(*ledger, world.clock, world.log),
        issuer(must(issuer::Issuer::open(options(name, data, generation), world.clock, world.log))),
        source(world.io.get_executor(), *issuer, own, world.blocking, world.clock, world.log, [] {}),
        syncer({world.io.get_executor(), *ledger, world.clock, [&world] { return world.make_fetcher(); },
                [] { return 0.5; }, metrics, world.log},
               polling()),
        relationships(world.io.get_executor(), syncer, *ledger, world.log),
        operators(*ledger, world.clock, world.log),
        tasks(world.io.get_executor(), world.log) {}

  static issuer::IssuerOptions options(const spiffe::TrustDomain& name, const std::filesystem::path& data,
                                       int generation) {
    issuer::IssuerOptions options{name, data / ("issuer" + std::to_string(generation))};
    options.ca_ttl = ca_ttl;
    options.refresh_hint = hint;
    return options;
  }

  telemetry::Metrics metrics;
  std::unique_ptr<store::Ledger> ledger;
  syncer::OwnBundle own;
  std::unique_ptr<issuer::Issuer> issuer;
  syncer::IssuerSource source;
  syncer::Syncer syncer;
  syncer::Relationships relationships;
  syncer::Operator operators;
  TaskGroup tasks;
};

StoryDomain::StoryDomain(World& world, std::string_view name)
    : world_(world), name_(domain(name)), data_dir_((world.folder / name).string()), succession_(5 * Duration(hint)) {
  std::filesystem::create_directories(data_dir_);
  world_.enter(*this);
  start();
}

StoryDomain::~StoryDomain() { stop(); }

void StoryDomain::start() {
  running_ = std::make_unique<Running>(world_, name_, data_dir_, generations_of_keys_);
  must_be(run(world_.io, running_->source.start()));
  run(world_.io, running_->relationships.configure({}, "story.yaml", polling(), trust::ChangePolicy::accept));
  running_->tasks.spawn("issuer", running_->source.run());
  world_.settle();
}

void StoryDomain::stop() {
  if (!running_) return;
  run(world_.io, running_->syncer.stop());
  running_->tasks.cancel();
  run(world_.io, running_->tasks.drained());
  running_.reset();
}

void StoryDomain::lose_keys() {
  stop();
  ++generations_of_keys_;
  shown_.clear();
  start();
}

bool StoryDomain::quiet() const {
  if (!running_) return true;
  const Time now = world_.clock.now();
  const trust::RecordPtr own = running_->ledger->current()->own_record();
  if (!own || !spiffe::same_authorities(*own->bundle, running_->issuer->bundle())) return false;
  if (running_->issuer->next_due() <= now || running_->ledger->health().unwritten > 0) return false;
  for (const trust::RelationshipStatus& status : running_->syncer.statuses())
    if (status.attempts.next_attempt.value_or(now) <= now) return false;
  return true;
}

spiffe::SpiffeId StoryDomain::id(const std::string& path) const {
  return must(spiffe::SpiffeId::parse("spiffe://" + name_.name() + path));
}

spiffe::BundlePtr StoryDomain::bundle() const { return running_->ledger->current()->own_record()->bundle; }

std::string StoryDomain::document() const {
  if (!revoked_) return spiffe::write_bundle(*bundle());
  spiffe::Bundle nothing(name_);
  nothing.sequence = *bundle()->sequence + 1;
  nothing.refresh_hint = hint;
  return spiffe::write_bundle(nothing);
}

spiffe::X509SvidPtr StoryDomain::endpoint_svid(const std::string& path) {
  const Time now = world_.clock.now();
  auto next =
      std::make_shared<const spiffe::X509Svid>(must(running_->issuer->mint_x509_svid(id(path), std::nullopt, {}, "")));
  succession_.saw(*bundle(), now);
  spiffe::X509SvidPtr& shown = shown_[path];
  if (!shown || succession_.due(*shown, *next, now) <= now) shown = next;
  return shown;
}

void StoryDomain::rotate_now() {
  must(run(world_.io, running_->source.rotate(true, true, true)));
  succession_.saw(*bundle(), world_.clock.now());
  world_.settle();
}

void StoryDomain::federate(trust::Relationship relationship) {
  must_be(run(world_.io, running_->relationships.create(std::move(relationship), admin)));
  world_.settle();
}

void StoryDomain::change(trust::Relationship relationship) {
  must_be(run(world_.io, running_->relationships.update(std::move(relationship), admin)));
  world_.settle();
}

void StoryDomain::end(const StoryDomain& peer) {
  must_be(run(world_.io, running_->relationships.erase(peer.name(), admin)));
}

void StoryDomain::approve(const StoryDomain& peer) {
  must_be(run(world_.io, running_->operators.approve(peer.name(), held(peer)->held.value().digest, admin)));
}

void StoryDomain::give(const StoryDomain& peer) {
  must_be(run(world_.io, running_->operators.give(peer.bundle(), admin)));
}

void StoryDomain::accept_next(const StoryDomain& peer) {
  must_be(run(world_.io, running_->syncer.accept_next(peer.name(), "restored from a backup", admin)));
  world_.settle();
}

trust::RelationshipStatus StoryDomain::status(const StoryDomain& peer) const {
  return running_->syncer.status(peer.name()).value();
}

std::string StoryDomain::state(const StoryDomain& peer) const { return std::string(to_string(status(peer).state)); }

trust::RecordPtr StoryDomain::held(const StoryDomain& peer) const {
  return running_->ledger->current()->find_any(peer.name());
}

std::vector<std::string> StoryDomain::history(const StoryDomain& peer) {
  store::HistoryQuery all;
  all.limit = 10'000;
  std::vector<std::string> actions;
  for (const trust::HistoryEntryPtr& entry : must(run(world_.io, running_->ledger->history(peer.name(), all))))
    actions.emplace_back(to_string(entry->action));
  return actions;
}

bool StoryDomain::accepts_x509(const StoryDomain& peer) const {
  const spiffe::X509Svid svid = must(peer.running_->issuer->mint_x509_svid(peer.id("/web"), std::nullopt, {}, ""));
  const spiffe::BundleSet bundles =
      as_a_client_reads<X509BundlesResponse>(workload::x509_bundles(*running_->ledger->current(), {true, {}}));
  const auto bundle = bundles.find(peer.name());
  if (bundle == bundles.end()) return false;
  return spiffe::verify_x509_svid(svid.chain, *bundle->second, world_.clock.now()).has_value();
}

bool StoryDomain::accepts_jwt(const StoryDomain& peer) const {
  const auto minted = must(peer.running_->issuer->mint_jwt_svid(peer.id("/web"), std::nullopt, {"web"}));
  const spiffe::BundleSet bundles =
      as_a_client_reads<JWTBundlesResponse>(workload::jwt_bundles(*running_->ledger->current(), {true, {}}));
  const auto bundle = bundles.find(peer.name());
  if (bundle == bundles.end()) return false;
  const spiffe::UnverifiedJwt token = must(spiffe::parse_jwt_svid(minted.token));
  return spiffe::verify_jwt_svid(token, *bundle->second, {"web", world_.clock.now()}).has_value();
}

}  // namespace entente::test
