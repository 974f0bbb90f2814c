#include "syncer/admin/bundle_messages.hpp"

#include <algorithm>

#include "common/base/encoding.hpp"
#include "common/spiffe/bundle_json.hpp"

namespace entente::syncer {
namespace {

namespace types = spire::api::types;

// As in the bundle documents: beyond ten years it is a mistake, and following it would mean never to poll again.
constexpr std::int64_t longest_refresh_hint = 10LL * 365 * 24 * 3600;

Error wrong(const std::string& field, const std::string& problem) {
  return Error(Errc::invalid_argument, field + ": " + problem);
}

Error tainted(const std::string& field) {
  return wrong(field + ".tainted",
               "an authority that is not to be trusted any more has no place in a bundle; leave it out");
}

std::string place(const char* list, int index) { return std::string(list) + "[" + std::to_string(index) + "]"; }

std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

// JWTKey and WITKey have the same fields.
template <class Message>
Result<ExtraJwtAuthority> authority_from(const Message& message, const std::string& field, Time now) {
  if (message.key_id().empty()) return wrong(field + ".key_id", "missing key ID");
  Result<crypto::PublicKey> key = crypto::PublicKey::from_spki_der(as_bytes(message.public_key()));
  if (!key) return wrong(field + ".public_key", key.error().message());
  if (message.tainted()) return tainted(field);
  if (message.expires_at() < 0) return wrong(field + ".expires_at", "must not be negative");
  ExtraJwtAuthority found{{message.key_id(), std::move(*key)}, std::nullopt};
  if (message.expires_at() == 0) return found;
  found.ends_at = from_unix_seconds(message.expires_at());
  if (*found.ends_at <= now) return wrong(field + ".expires_at", "the key has ended; leave it out");
  return found;
}

template <class Message>
Result<std::vector<spiffe::JwtAuthority>> authorities_from(const google::protobuf::RepeatedPtrField<Message>& messages,
                                                           const char* list, Time now) {
  std::vector<spiffe::JwtAuthority> authorities;
  for (int i = 0; i < messages.size(); ++i) {
    Result<ExtraJwtAuthority> one = authority_from(messages[i], place(list, i), now);
    if (!one) return one.error();
    authorities.push_back(std::move(one->authority));
  }
  return authorities;
}

Result<crypto::Certificate> x509_authority_from(const types::X509Certificate& message, const std::string& field) {
  Result<crypto::Certificate> certificate = crypto::Certificate::from_der(as_bytes(message.asn1()));
  if (!certificate) return wrong(field + ".asn1", certificate.error().message());
  if (message.tainted()) return tainted(field);
  return certificate;
}

Result<std::vector<crypto::Certificate>> certificates_from(
    const google::protobuf::RepeatedPtrField<types::X509Certificate>& messages) {
  std::vector<crypto::Certificate> certificates;
  for (int i = 0; i < messages.size(); ++i) {
    Result<crypto::Certificate> one = x509_authority_from(messages[i], place("x509_authorities", i));
    if (!one) return one.error();
    certificates.push_back(std::move(*one));
  }
  return certificates;
}

// TB-13: a WIT key's ID is unique across both kinds.
Status check_key_ids(const spiffe::Bundle& bundle) {
  const auto same_id = [](const spiffe::JwtAuthority& a) {
    return [&a](const spiffe::JwtAuthority& b) { return a.key_id == b.key_id; };
  };
  for (std::size_t i = 0; i < bundle.wit_authorities.size(); ++i) {
    const spiffe::JwtAuthority& wit = bundle.wit_authorities[i];
    if (std::ranges::any_of(bundle.jwt_authorities, same_id(wit)) ||
        std::ranges::count_if(bundle.wit_authorities, same_id(wit)) > 1)
      return wrong(place("wit_authorities", static_cast<int>(i)) + ".key_id", "\"" + wit.key_id + "\" is used twice");
  }
  return ok();
}

Status check_size(const spiffe::Bundle& bundle) {
  const std::size_t keys =
      bundle.x509_authorities.size() + bundle.jwt_authorities.size() + bundle.wit_authorities.size();
  if (keys <= spiffe::max_keys) return ok();
  return wrong(bundle.x509_authorities.size() > spiffe::max_keys ? "x509_authorities" : "jwt_authorities",
               "a bundle holds at most " + std::to_string(spiffe::max_keys) + " authorities");
}

Status take_hint(spiffe::Bundle& bundle, std::int64_t seconds) {
  if (seconds < 0) return wrong("refresh_hint", "must not be negative");
  if (seconds > longest_refresh_hint)
    return wrong("refresh_hint", std::to_string(seconds) + " seconds are more than ten years");
  bundle.refresh_hint.reset();
  if (seconds > 0) bundle.refresh_hint = std::chrono::seconds(seconds);
  return ok();
}

}  // namespace

Result<spiffe::TrustDomain> parse_domain(std::string_view field, const std::string& text) {
  Result<spiffe::TrustDomain> domain = spiffe::TrustDomain::parse_name_or_id(text);
  if (!domain) return Error(Errc::invalid_argument, std::string(field) + ": " + domain.error().message());
  return domain;
}

types::JWTKey to_message(const spiffe::JwtAuthority& authority) {
  types::JWTKey message;
  message.set_key_id(authority.key_id);
  message.set_public_key(text_of(authority.key.spki_der()));
  return message;
}

types::Bundle to_message(const spiffe::Bundle& bundle, const types::BundleMask* mask) {
  types::Bundle message;
  message.set_trust_domain(bundle.trust_domain.name());
  if (!mask || mask->x509_authorities())
    for (const crypto::Certificate& authority : bundle.x509_authorities)
      message.add_x509_authorities()->set_asn1(std::string(as_text(authority.der())));
  if (!mask || mask->jwt_authorities())
    for (const spiffe::JwtAuthority& authority : bundle.jwt_authorities)
      *message.add_jwt_authorities() = to_message(authority);
  if (!mask || mask->wit_authorities())
    for (const spiffe::JwtAuthority& authority : bundle.wit_authorities) {
      types::WITKey& key = *message.add_wit_authorities();
      key.set_key_id(authority.key_id);
      key.set_public_key(text_of(authority.key.spki_der()));
    }
  if ((!mask || mask->refresh_hint()) && bundle.refresh_hint) message.set_refresh_hint(bundle.refresh_hint->count());
  if (!mask || mask->sequence_number()) message.set_sequence_number(bundle.sequence.value_or(0));
  return message;
}

Result<ExtraJwtAuthority> jwt_authority_from(const types::JWTKey& message, const std::string& field, Time now) {
  return authority_from(message, field, now);
}

Result<ExtraAuthorities> extra_authorities_from(
    const google::protobuf::RepeatedPtrField<types::X509Certificate>& x509_authorities,
    const google::protobuf::RepeatedPtrField<types::JWTKey>& jwt_authorities, Time now) {
  ExtraAuthorities extra;
  auto certificates = certificates_from(x509_authorities);
  if (!certificates) return certificates.error();
  extra.x509 = std::move(*certificates);
  for (int i = 0; i < jwt_authorities.size(); ++i) {
    Result<ExtraJwtAuthority> one = authority_from(jwt_authorities[i], place("jwt_authorities", i), now);
    if (!one) return one.error();
    extra.jwt.push_back(std::move(*one));
  }
  return extra;
}

Result<spiffe::Bundle> changed(spiffe::Bundle bundle, const types::Bundle& message, const types::BundleMask* mask,
                               Time now) {
  if (!mask || mask->x509_authorities()) {
    auto authorities = certificates_from(message.x509_authorities());
    if (!authorities) return authorities.error();
    bundle.x509_authorities = std::move(*authorities);
  }
  if (!mask || mask->jwt_authorities()) {
    auto authorities = authorities_from(message.jwt_authorities(), "jwt_authorities", now);
    if (!authorities) return authorities.error();
    bundle.jwt_authorities = std::move(*authorities);
  }
  if (!mask || mask->wit_authorities()) {
    auto authorities = authorities_from(message.wit_authorities(), "wit_authorities", now);
    if (!authorities) return authorities.error();
    bundle.wit_authorities = std::move(*authorities);
  }
  if (!mask || mask->refresh_hint())
    if (const Status taken = take_hint(bundle, message.refresh_hint()); !taken) return taken.error();
  if (!mask || mask->sequence_number()) {
    bundle.sequence.reset();
    if (message.sequence_number() != 0) bundle.sequence = message.sequence_number();
  }
  if (const Status good = check_key_ids(bundle); !good) return good.error();
  if (const Status good = check_size(bundle); !good) return good.error();
  return bundle;
}

Result<spiffe::Bundle> bundle_from(const types::Bundle& message, Time now) {
  const Result<spiffe::TrustDomain> domain = parse_domain("trust_domain", message.trust_domain());
  if (!domain) return domain.error();
  return changed(spiffe::Bundle(*domain), message, nullptr, now);
}

}  // namespace entente::syncer
