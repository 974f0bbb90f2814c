#include "syncer/admin/messages.hpp"

#include "common/base/plain_text.hpp"
#include "common/crypto/certificate.hpp"

namespace entente::syncer {
namespace {

namespace v1 = entente::v1;

void put_definition(const trust::Relationship& relationship, v1::Relationship& message) {
  message.set_trust_domain(relationship.trust_domain.name());
  message.set_endpoint_url(relationship.endpoint_url().str());
  for (const trust::EndpointUrl& url : relationship.endpoint_urls) message.add_endpoint_urls(url.str());
  message.set_endpoint_profile(std::string(trust::profile_name(relationship.profile)));
  if (const auto* spiffe = std::get_if<trust::HttpsSpiffe>(&relationship.profile))
    message.set_endpoint_spiffe_id(spiffe->endpoint_spiffe_id.str());
  if (const auto* web = std::get_if<trust::HttpsWeb>(&relationship.profile)) {
    if (web->roots) message.set_roots_pem(crypto::to_pem(*web->roots));
    for (const trust::KeyPin& pin : web->pins) message.add_pins(pin.str());
  }
  message.set_policy_is_default(!relationship.policy);
  message.set_sequence_rule(relationship.sequence == trust::SequenceRule::strict ? "strict" : "warn");
  message.set_allow_private_redirects(relationship.allow_private_redirects);
  message.set_source(relationship.source == trust::RelationshipSource::config ? "config" : "api");
}

// A field that is not UTF-8 would make the whole answer unreadable.
constexpr std::size_t longest_message = 4096;

void put_attempts(const trust::Attempts& attempts, v1::Relationship& message) {
  if (attempts.last_success) set_timestamp(*message.mutable_last_success(), *attempts.last_success);
  if (attempts.last_attempt) set_timestamp(*message.mutable_last_attempt(), *attempts.last_attempt);
  if (attempts.next_attempt) set_timestamp(*message.mutable_next_attempt(), *attempts.next_attempt);
  message.set_consecutive_failures(attempts.consecutive_failures);
  if (attempts.served_by) message.set_served_by(*attempts.served_by);
  if (!attempts.last_error) return;
  message.mutable_last_error()->set_code(std::string(to_string(attempts.last_error->code())));
  message.mutable_last_error()->set_message(plain_text(attempts.last_error->message(), longest_message));
}

v1::HeldBundle held_message(const trust::HeldBundle& held, const spiffe::Bundle* in_use) {
  v1::HeldBundle message;
  message.set_digest(held.digest);
  if (held.bundle->sequence) message.set_sequence(*held.bundle->sequence);
  set_timestamp(*message.mutable_held_at(), held.at);
  message.set_why(held.why);
  message.set_origin(std::string(trust::to_string(held.origin)));
  message.set_source(held.from.source);
  message.set_address(held.from.address);
  message.set_certificate(held.from.certificate);
  for (const trust::AuthorityChange& change : trust::difference(in_use, held.bundle.get()))
    *message.add_changes() = to_message(change);
  return message;
}

}  // namespace

void set_timestamp(google::protobuf::Timestamp& message, Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  message.set_seconds(seconds.time_since_epoch().count());
  message.set_nanos(static_cast<std::int32_t>(std::chrono::nanoseconds(time - seconds).count()));
}

// Both parts have the duration's sign.
void set_duration(google::protobuf::Duration& message, Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  message.set_seconds(seconds.count());
  message.set_nanos(static_cast<std::int32_t>((duration - seconds).count()));
}

v1::Relationship to_message(const trust::RelationshipStatus& status, const trust::BundleRecord* record) {
  v1::Relationship message;
  put_definition(*status.relationship, message);
  message.set_state(std::string(trust::to_string(status.state)));
  for (const std::string& warning : status.warnings) message.add_warnings(warning);
  if (status.sequence) message.set_sequence(*status.sequence);
  if (status.refresh_hint) message.mutable_refresh_hint()->set_seconds(status.refresh_hint->count());
  message.set_x509_authorities(static_cast<std::uint32_t>(status.x509_authorities));
  message.set_jwt_authorities(static_cast<std::uint32_t>(status.jwt_authorities));
  if (status.earliest_expiry) set_timestamp(*message.mutable_earliest_expiry(), *status.earliest_expiry);
  if (status.last_change) set_timestamp(*message.mutable_last_change(), *status.last_change);
  message.set_policy(std::string(trust::to_string(status.policy)));
  put_attempts(status.attempts, message);
  const bool in_use = record != nullptr && record->in_use();
  if (status.held) *message.mutable_held() = held_message(*status.held, in_use ? record->bundle.get() : nullptr);
  if (in_use) {
    message.set_bundle_origin(std::string(trust::to_string(record->origin)));
    message.set_bundle_source(record->source);
  }
  return message;
}

v1::PreparedAuthority to_message(const issuer::AuthorityInfo& info, Time now) {
  v1::PreparedAuthority message;
  message.set_use(info.use == issuer::AuthorityUse::x509_svid ? v1::PreparedAuthority::USE_X509_SVID
                                                              : v1::PreparedAuthority::USE_JWT_SVID);
  message.set_id(info.id);
  set_timestamp(*message.mutable_published_at(), info.published_at);
  set_timestamp(*message.mutable_used_from(), info.used_from);
  set_duration(*message.mutable_public_for(), std::max<Duration>(now - info.published_at, Duration::zero()));
  return message;
}

v1::AuthorityChange to_message(const trust::AuthorityChange& change) {
  v1::AuthorityChange message;
  message.set_added(change.added);
  message.set_use(change.use);
  message.set_id(change.id);
  message.set_subject(change.subject);
  if (change.expires_at) set_timestamp(*message.mutable_expires_at(), *change.expires_at);
  return message;
}

v1::HistoryEntry to_message(const trust::HistoryEntry& entry) {
  v1::HistoryEntry message;
  message.set_number(entry.number);
  set_timestamp(*message.mutable_time(), entry.at);
  message.set_action(std::string(trust::to_string(entry.action)));
  if (entry.sequence) message.set_sequence(*entry.sequence);
  message.set_source(entry.from.source);
  message.set_address(entry.from.address);
  message.set_certificate(entry.from.certificate);
  if (entry.by) {
    message.set_uid(entry.by->uid);
    message.set_command(entry.by->command);
  }
  message.set_reason(entry.reason);
  message.set_digest(entry.digest);
  for (const trust::AuthorityChange& change : entry.changes) *message.add_changes() = to_message(change);
  message.set_has_bundle(entry.bundle != nullptr);
  return message;
}

}  // namespace entente::syncer
