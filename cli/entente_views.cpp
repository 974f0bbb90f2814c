#include "cli/entente_views.hpp"

#include "cli/print.hpp"
#include "common/spiffe/bundle_json.hpp"

namespace entente::cli {
namespace {

namespace v1 = entente::v1;

Duration duration_of(const google::protobuf::Duration& message) {
  return std::chrono::seconds(message.seconds()) + std::chrono::nanoseconds(message.nanos());
}

template <class Message>
std::optional<std::uint64_t> sequence_of(const Message& message) {
  return message.has_sequence() ? std::optional<std::uint64_t>(message.sequence()) : std::nullopt;
}

template <class Texts>
std::vector<std::string> texts_of(const Texts& texts) {
  return {texts.begin(), texts.end()};
}

template <class Messages>
std::vector<trust::AuthorityChange> changes_of(const Messages& messages) {
  std::vector<trust::AuthorityChange> changes;
  for (const v1::AuthorityChange& m : messages)
    changes.push_back({m.added(), m.use(), m.id(), m.subject(), time_of(m.has_expires_at(), m.expires_at())});
  return changes;
}

HeldView held_of(const v1::HeldBundle& m) {
  return {m.digest(),
          m.why(),
          time_of(m.has_held_at(), m.held_at()),
          sequence_of(m),
          trust::Provenance{m.source(), m.address(), m.certificate()},
          changes_of(m.changes()),
          m.origin()};
}

// What an older Entente does not send is not known.
std::optional<std::string> if_said(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

DiffSideView side_of(const v1::DiffSide& side) { return {side.name(), side.digest(), sequence_of(side)}; }

std::string outcome_of(v1::ImportBundleResponse::Outcome outcome) {
  if (outcome == v1::ImportBundleResponse::OUTCOME_ACCEPTED) return "accepted";
  if (outcome == v1::ImportBundleResponse::OUTCOME_HELD) return "held";
  return outcome == v1::ImportBundleResponse::OUTCOME_UNCHANGED ? "unchanged" : "unknown";
}

}  // namespace

RelationshipView to_view(const v1::Relationship& m) {
  RelationshipView view;
  view.trust_domain = m.trust_domain();
  view.endpoint_urls = texts_of(m.endpoint_urls());
  if (view.endpoint_urls.empty()) view.endpoint_urls.push_back(m.endpoint_url());
  view.endpoint_profile = m.endpoint_profile();
  if (m.has_endpoint_spiffe_id()) view.endpoint_spiffe_id = m.endpoint_spiffe_id();
  view.state = m.state();
  view.warnings = texts_of(m.warnings());
  view.sequence = sequence_of(m);
  if (m.has_refresh_hint()) view.refresh_hint = std::chrono::seconds(m.refresh_hint().seconds());
  view.x509_authorities = m.x509_authorities();
  view.jwt_authorities = m.jwt_authorities();
  view.earliest_expiry = time_of(m.has_earliest_expiry(), m.earliest_expiry());
  view.last_success = time_of(m.has_last_success(), m.last_success());
  view.last_attempt = time_of(m.has_last_attempt(), m.last_attempt());
  view.next_attempt = time_of(m.has_next_attempt(), m.next_attempt());
  view.last_change = time_of(m.has_last_change(), m.last_change());
  view.consecutive_failures = m.consecutive_failures();
  if (m.has_last_error()) view.last_error = ErrorView{m.last_error().code(), m.last_error().message()};
  view.source = m.source();
  view.policy = if_said(m.policy());
  view.policy_is_default = m.policy_is_default();
  view.sequence_rule = if_said(m.sequence_rule());
  view.roots_pem = m.roots_pem();
  view.pins = texts_of(m.pins());
  view.allow_private_redirects = m.allow_private_redirects();
  if (m.has_held()) view.held = held_of(m.held());
  view.bundle_origin = if_said(m.bundle_origin());
  view.bundle_source = if_said(m.bundle_source());
  view.served_by = if_said(m.served_by());
  return view;
}

Result<BundleView> to_view(const v1::GetBundleResponse& m) {
  const auto domain = spiffe::TrustDomain::parse(m.trust_domain());
  if (!domain) return Error(Errc::schema, "the admin socket's answer: " + domain.error().message());
  auto parsed = spiffe::parse_bundle(*domain, m.document());
  if (!parsed) return parsed.error().within("the admin socket's answer");
  BundleView view(std::move(parsed->bundle));
  view.document = m.document();
  if (m.has_source())
    view.source =
        SourceView{m.source().address(), time_of(m.source().has_last_confirmed(), m.source().last_confirmed()),
                   m.source().problem()};
  return view;
}

RotationView to_view(const v1::RotateBundleResponse& m) {
  RotationView view;
  for (const v1::PreparedAuthority& a : m.authorities()) {
    const bool x509 = a.use() == v1::PreparedAuthority::USE_X509_SVID;
    view.authorities.push_back({x509 ? "x509-svid" : "jwt-svid", a.id(),
                                time_of(a.has_published_at(), a.published_at()),
                                time_of(a.has_used_from(), a.used_from()),
                                a.has_public_for() ? std::optional(duration_of(a.public_for())) : std::nullopt});
  }
  for (const v1::LaggingClient& c : m.lagging_clients())
    view.lagging_clients.push_back({c.address(), c.reason(), time_of(c.has_last_seen(), c.last_seen()), sequence_of(c),
                                    c.has_behind() ? std::optional(duration_of(c.behind())) : std::nullopt});
  view.lagging_clients_total = m.lagging_clients_total();
  view.lagging_clients_note = m.lagging_clients_note();
  return view;
}

HistoryView to_view(const v1::HistoryEntry& m) {
  HistoryView view;
  view.number = m.number();
  view.at = time_of(m.has_time(), m.time());
  view.action = m.action();
  view.sequence = sequence_of(m);
  view.digest = m.digest();
  view.from = {m.source(), m.address(), m.certificate()};
  if (m.has_uid()) view.by = trust::Actor{m.uid(), m.command()};
  view.reason = m.reason();
  view.changes = changes_of(m.changes());
  view.has_bundle = m.has_bundle();
  return view;
}

DiffView to_view(const v1::DiffBundlesResponse& m, const std::string& trust_domain) {
  return {trust_domain, side_of(m.from()), side_of(m.to()), changes_of(m.changes()), m.summary()};
}

PushTargetView to_view(const v1::PushTarget& m) {
  const auto error_of = [](const v1::RelationshipError& error) { return ErrorView{error.code(), error.message()}; };
  PushTargetView view;
  view.target = m.target();
  view.state = m.state();
  view.trust_domains = m.trust_domains();
  view.pending = m.pending();
  view.consecutive_failures = m.consecutive_failures();
  view.last_success = time_of(m.has_last_success(), m.last_success());
  view.last_attempt = time_of(m.has_last_attempt(), m.last_attempt());
  view.next_attempt = time_of(m.has_next_attempt(), m.next_attempt());
  if (m.has_last_error()) view.last_error = error_of(m.last_error());
  for (const v1::PushProblem& problem : m.problems())
    view.problems.push_back({problem.trust_domain(), error_of(problem.error())});
  for (const v1::PushProblem& left : m.not_ours())
    view.not_ours.push_back({left.trust_domain(), error_of(left.error())});
  return view;
}

ExportView to_view(const v1::ExportBundleResponse& m) {
  return {m.jws(),
          m.trust_domain(),
          m.spiffe_id(),
          m.fingerprint(),
          sequence_of(m),
          time_of(m.has_issued_at(), m.issued_at()),
          time_of(m.has_expires_at(), m.expires_at())};
}

ImportView to_view(const v1::ImportBundleResponse& m) {
  return {outcome_of(m.outcome()), m.trust_domain(), m.summary(),    m.digest(),
          m.spiffe_id(),           m.fingerprint(),  sequence_of(m), time_of(m.has_issued_at(), m.issued_at())};
}

v1::RelationshipDefinition to_message(const RelationshipRequest& request) {
  v1::RelationshipDefinition message;
  message.set_trust_domain(request.trust_domain);
  for (const std::string& url : request.endpoint_urls) message.add_endpoint_urls(url);
  if (const auto* web = std::get_if<WebProfile>(&request.profile)) {
    message.mutable_https_web()->set_roots_pem(web->roots_pem);
    for (const std::string& pin : web->pins) message.mutable_https_web()->add_pins(pin);
  }
  if (const auto* spiffe = std::get_if<SpiffeProfile>(&request.profile))
    message.mutable_https_spiffe()->set_endpoint_spiffe_id(spiffe->endpoint_spiffe_id);
  if (request.policy) message.set_policy(*request.policy);
  if (request.sequence) message.set_sequence(*request.sequence);
  if (request.allow_private_redirects) message.set_allow_private_redirects(*request.allow_private_redirects);
  if (request.bundle) message.set_bundle(request.bundle_text);
  return message;
}

}  // namespace entente::cli
