#include "syncer/admin/entente_bundles.hpp"

#include "common/spiffe/bundle_json.hpp"
#include "syncer/admin/entente_fields.hpp"
#include "syncer/admin/messages.hpp"

namespace entente::syncer {
namespace {

namespace v1 = entente::v1;

constexpr std::size_t most_lagging = 100;  // in one answer
constexpr std::size_t history_looked_at = 100;

v1::LaggingClient to_message(const LaggingPoller& lag) {
  v1::LaggingClient message;
  message.set_address(lag.address);
  set_timestamp(*message.mutable_last_seen(), lag.last_asked);
  if (lag.sequence) message.set_sequence(*lag.sequence);
  if (lag.behind) set_duration(*message.mutable_behind(), *lag.behind);
  message.set_reason(lag.reason);
  return message;
}

v1::LocalSource to_message(const SourceHealth& health) {
  v1::LocalSource message;
  message.set_address(health.address);
  if (health.confirmed) set_timestamp(*message.mutable_last_confirmed(), *health.confirmed);
  message.set_problem(health.problem);
  return message;
}

std::string note_of(const Pollers& pollers) {
  std::string note = "clients are known since " + format_time(pollers.since);
  if (pollers.forgotten > 0)
    note += "; " + std::to_string(pollers.forgotten) + " addresses that had not asked for the longest are forgotten";
  return note;
}

}  // namespace

EntenteBundles::Answer EntenteBundles::get(const v1::GetBundleRequest* request, v1::GetBundleResponse* response) {
  const trust::SnapshotPtr snapshot = parts_.feed.current();
  trust::RecordPtr record = snapshot->own_record();
  if (request->trust_domain().empty()) {
    if (!snapshot->own) co_return Error(Errc::not_found, "this Entente has no trust domain of its own; name one");
    if (!record) co_return not_there_yet();
  } else {
    const Result<spiffe::TrustDomain> domain = read_domain(request->trust_domain());
    if (!domain) co_return domain.error();
    record = snapshot->find(*domain);
    if (!record) co_return Error(Errc::not_found, "no bundle of " + domain->name() + " is held");
  }
  response->set_trust_domain(record->trust_domain().name());
  response->set_document(spiffe::write_bundle(*record->bundle));
  if (parts_.source && record == snapshot->own_record())
    *response->mutable_source() = to_message(parts_.source->health());
  co_return ok();
}

Error EntenteBundles::not_there_yet() const {
  Error error(Errc::unavailable, "our own bundle is not there yet");
  if (!parts_.source) return error;
  const SourceHealth health = parts_.source->health();
  return Error(error.code(), error.message() + ", from " + health.address + ": " + health.problem);
}

EntenteBundles::Answer EntenteBundles::rotate(const v1::RotateBundleRequest* request,
                                              v1::RotateBundleResponse* response, trust::Actor by) {
  if (!parts_.issuer)
    co_return Error(Errc::unsupported, "there is no embedded issuer: rotate where this domain's bundle comes from");
  const Result<Pollers> pollers = co_await ask_pollers();
  const bool both = !request->x509() && !request->jwt();
  const auto authorities =
      co_await parts_.issuer->rotate(both || request->x509(), both || request->jwt(), request->now(), std::move(by));
  if (!authorities) co_return authorities.error();
  const Time now = parts_.clock.now();
  for (const issuer::AuthorityInfo& info : *authorities) *response->add_authorities() = to_message(info, now);
  if (pollers)
    co_await tell_lagging(*pollers, response);
  else
    response->set_lagging_clients_note(pollers.error().message());
  co_return ok();
}

asio::awaitable<Result<Pollers>> EntenteBundles::ask_pollers() {
  if (!parts_.pollers) co_return Error(Errc::unsupported, "not known: no bundle endpoint is configured");
  const Result<std::string> page = co_await parts_.pollers();
  if (!page) co_return page.error();
  Result<Pollers> pollers = parse_pollers(*page);
  if (!pollers) co_return pollers.error().within("server.telemetry");
  co_return pollers;
}

asio::awaitable<void> EntenteBundles::tell_lagging(Pollers pollers, v1::RotateBundleResponse* response) {
  const trust::SnapshotPtr snapshot = parts_.ledger.current();
  store::HistoryQuery query;
  query.limit = history_looked_at;
  const auto history = co_await parts_.ledger.history(*snapshot->own, query);
  if (!history) {
    response->set_lagging_clients_note("not known: " + history.error().message());
    co_return;
  }
  std::vector<std::string> ids;
  for (const v1::PreparedAuthority& authority : response->authorities()) ids.push_back(authority.id());
  const std::vector<LaggingPoller> behind = lagging(pollers, *history, ids, parts_.clock.now());
  for (std::size_t i = 0; i < std::min(behind.size(), most_lagging); ++i)
    *response->add_lagging_clients() = to_message(behind[i]);
  response->set_lagging_clients_total(static_cast<std::uint32_t>(behind.size()));
  response->set_lagging_clients_note(note_of(pollers));
}

}  // namespace entente::syncer
