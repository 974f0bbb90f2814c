#include "syncer/admin/messages.hpp"

namespace entente::syncer {

void set_timestamp(google::protobuf::Timestamp& message, Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  message.set_seconds(seconds.time_since_epoch().count());
  message.set_nanos(static_cast<std::int32_t>(std::chrono::nanoseconds(time - seconds).count()));
}

entente::v1::Relationship to_message(const trust::RelationshipStatus& status) {
  const trust::Relationship& relationship = *status.relationship;
  entente::v1::Relationship message;
  message.set_trust_domain(relationship.trust_domain.name());
  message.set_endpoint_url(relationship.endpoint_url.str());
  message.set_endpoint_profile(std::string(trust::profile_name(relationship.profile)));
  if (const auto* spiffe = std::get_if<trust::HttpsSpiffe>(&relationship.profile))
    message.set_endpoint_spiffe_id(spiffe->endpoint_spiffe_id.str());
  message.set_state(std::string(trust::to_string(status.state)));
  for (const std::string& warning : status.warnings) message.add_warnings(warning);
  if (status.sequence) message.set_sequence(*status.sequence);
  if (status.refresh_hint) message.mutable_refresh_hint()->set_seconds(status.refresh_hint->count());
  message.set_x509_authorities(static_cast<std::uint32_t>(status.x509_authorities));
  message.set_jwt_authorities(static_cast<std::uint32_t>(status.jwt_authorities));
  if (status.earliest_expiry) set_timestamp(*message.mutable_earliest_expiry(), *status.earliest_expiry);
  if (status.last_change) set_timestamp(*message.mutable_last_change(), *status.last_change);
  const trust::Attempts& attempts = status.attempts;
  if (attempts.last_success) set_timestamp(*message.mutable_last_success(), *attempts.last_success);
  if (attempts.last_attempt) set_timestamp(*message.mutable_last_attempt(), *attempts.last_attempt);
  if (attempts.next_attempt) set_timestamp(*message.mutable_next_attempt(), *attempts.next_attempt);
  message.set_consecutive_failures(attempts.consecutive_failures);
  if (attempts.last_error) {
    message.mutable_last_error()->set_code(std::string(to_string(attempts.last_error->code())));
    message.mutable_last_error()->set_message(attempts.last_error->message());
  }
  message.set_source(relationship.source == trust::RelationshipSource::config ? "config" : "api");
  return message;
}

entente::v1::PreparedAuthority to_message(const issuer::AuthorityInfo& info) {
  entente::v1::PreparedAuthority message;
  message.set_use(info.use == issuer::AuthorityUse::x509_svid ? entente::v1::PreparedAuthority::USE_X509_SVID
                                                              : entente::v1::PreparedAuthority::USE_JWT_SVID);
  message.set_id(info.id);
  set_timestamp(*message.mutable_published_at(), info.published_at);
  set_timestamp(*message.mutable_used_from(), info.used_from);
  return message;
}

}  // namespace entente::syncer
