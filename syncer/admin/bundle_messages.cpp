#include "syncer/admin/bundle_messages.hpp"

#include <algorithm>

namespace entente::syncer {
namespace {

namespace types = spire::api::types;
using spire_api::place;

Error wrong(const std::string& field, const std::string& problem) {
  return Error(Errc::invalid_argument, field + ": " + problem);
}

Status check_not_tainted(bool tainted, const std::string& field) {
  if (!tainted) return ok();
  return wrong(field + ".tainted",
               "an authority that is not to be trusted any more has no place in a bundle; leave it out");
}

// Of a JWTKey or a WITKey: null where it has no end.
template <class Message>
Result<std::optional<Time>> end_of(const Message& message, const std::string& field, Time now) {
  if (const Status trusted = check_not_tainted(message.tainted(), field); !trusted) return trusted.error();
  if (message.expires_at() < 0) return wrong(field + ".expires_at", "must not be negative");
  if (message.expires_at() == 0) return std::optional<Time>();
  const Time end = from_unix_seconds(message.expires_at());
  if (end <= now) return wrong(field + ".expires_at", "the key has ended; leave it out");
  return std::optional<Time>(end);
}

template <class Messages>
Status check_keys_in_force(const Messages& messages, const char* list, Time now) {
  for (int i = 0; i < messages.size(); ++i)
    if (const auto end = end_of(messages[i], place(list, i), now); !end) return end.error();
  return ok();
}

// Of what the mask names: whether it is there to be trusted.
Status check_in_force(const types::Bundle& message, const types::BundleMask* mask, Time now) {
  if (!mask || mask->x509_authorities())
    for (int i = 0; i < message.x509_authorities_size(); ++i) {
      const Status trusted = check_not_tainted(message.x509_authorities(i).tainted(), place("x509_authorities", i));
      if (!trusted) return trusted;
    }
  if (!mask || mask->jwt_authorities())
    if (const Status good = check_keys_in_force(message.jwt_authorities(), "jwt_authorities", now); !good) return good;
  if (!mask || mask->wit_authorities())
    if (const Status good = check_keys_in_force(message.wit_authorities(), "wit_authorities", now); !good) return good;
  if ((!mask || mask->refresh_hint()) && message.refresh_hint() < 0)
    return wrong("refresh_hint", "must not be negative");
  return ok();
}

}  // namespace

Result<spiffe::TrustDomain> parse_domain(std::string_view field, const std::string& text) {
  Result<spiffe::TrustDomain> domain = spiffe::TrustDomain::parse_name_or_id(text);
  if (!domain) return Error(Errc::invalid_argument, std::string(field) + ": " + domain.error().message());
  return domain;
}

Result<ExtraJwtAuthority> jwt_authority_from(const types::JWTKey& message, const std::string& field, Time now) {
  Result<spiffe::JwtAuthority> authority = spire_api::authority_from(message, field);
  if (!authority) return authority.error();
  const auto end = end_of(message, field, now);
  if (!end) return end.error();
  return ExtraJwtAuthority{std::move(*authority), *end};
}

Result<ExtraAuthorities> extra_authorities_from(
    const google::protobuf::RepeatedPtrField<types::X509Certificate>& x509_authorities,
    const google::protobuf::RepeatedPtrField<types::JWTKey>& jwt_authorities, Time now) {
  ExtraAuthorities extra;
  for (int i = 0; i < x509_authorities.size(); ++i) {
    const std::string field = place("x509_authorities", i);
    auto some = spire_api::authorities_from(x509_authorities[i], field);
    if (!some) return some.error();
    if (const Status trusted = check_not_tainted(x509_authorities[i].tainted(), field); !trusted)
      return trusted.error();
    std::ranges::move(*some, std::back_inserter(extra.x509));
  }
  for (int i = 0; i < jwt_authorities.size(); ++i) {
    Result<ExtraJwtAuthority> one = jwt_authority_from(jwt_authorities[i], place("jwt_authorities", i), now);
    if (!one) return one.error();
    extra.jwt.push_back(std::move(*one));
  }
  return extra;
}

Result<spiffe::Bundle> changed(spiffe::Bundle bundle, const types::Bundle& message, const types::BundleMask* mask,
                               Time now) {
  Result<spiffe::Bundle> taken = spire_api::changed(std::move(bundle), message, mask);
  if (!taken) return taken;
  if (const Status good = check_in_force(message, mask, now); !good) return good.error();
  if (const Status good = spire_api::check_bundle(*taken); !good) return good.error();
  return taken;
}

Result<spiffe::Bundle> bundle_from(const types::Bundle& message, Time now) {
  const Result<spiffe::TrustDomain> domain = parse_domain("trust_domain", message.trust_domain());
  if (!domain) return domain.error();
  return changed(spiffe::Bundle(*domain), message, nullptr, now);
}

}  // namespace entente::syncer
