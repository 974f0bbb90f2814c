#include "common/spire_api/bundle_messages.hpp"

#include <algorithm>

#include "common/base/encoding.hpp"
#include "common/crypto/signature.hpp"
#include "common/spiffe/bundle_json.hpp"

namespace entente::spire_api {
namespace {

namespace types = spire::api::types;

// As in the bundle documents: beyond ten years it is a mistake, and following it would mean never to poll again.
constexpr std::chrono::seconds longest_refresh_hint{10LL * 365 * 24 * 3600};

Error wrong(const std::string& field, const std::string& problem) {
  return Error(Errc::invalid_argument, field + ": " + problem);
}

std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

// JWTKey and WITKey have the same fields.
template <class Message>
Result<spiffe::JwtAuthority> key_from(const Message& message, const std::string& field) {
  if (message.key_id().empty()) return wrong(field + ".key_id", "missing key ID");
  Result<crypto::PublicKey> key = crypto::PublicKey::from_spki_der(as_bytes(message.public_key()));
  if (!key) return wrong(field + ".public_key", key.error().message());
  return spiffe::JwtAuthority{message.key_id(), std::move(*key)};
}

template <class Messages>
Result<std::vector<spiffe::JwtAuthority>> keys_from(const Messages& messages, const char* list) {
  std::vector<spiffe::JwtAuthority> authorities;
  for (int i = 0; i < messages.size(); ++i) {
    Result<spiffe::JwtAuthority> one = key_from(messages[i], place(list, i));
    if (!one) return one.error();
    authorities.push_back(std::move(*one));
  }
  return authorities;
}

Result<std::vector<crypto::Certificate>> certificates_from(
    const google::protobuf::RepeatedPtrField<types::X509Certificate>& messages) {
  std::vector<crypto::Certificate> certificates;
  for (int i = 0; i < messages.size(); ++i) {
    auto some = authorities_from(messages[i], place("x509_authorities", i));
    if (!some) return some.error();
    std::ranges::move(*some, std::back_inserter(certificates));
  }
  return certificates;
}

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

}  // namespace

std::string place(const char* list, int index) { return std::string(list) + "[" + std::to_string(index) + "]"; }

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

Result<spiffe::JwtAuthority> authority_from(const types::JWTKey& message, const std::string& field) {
  return key_from(message, field);
}

Result<std::vector<crypto::Certificate>> authorities_from(const types::X509Certificate& message,
                                                          const std::string& field) {
  auto certificates = crypto::certificates_from_der(as_bytes(message.asn1()));
  if (!certificates) return wrong(field + ".asn1", certificates.error().message());
  if (certificates->empty()) return wrong(field + ".asn1", "missing certificate");
  return certificates;
}

Result<spiffe::Bundle> changed(spiffe::Bundle bundle, const types::Bundle& message, const types::BundleMask* mask) {
  if (!mask || mask->x509_authorities()) {
    auto authorities = certificates_from(message.x509_authorities());
    if (!authorities) return authorities.error();
    bundle.x509_authorities = std::move(*authorities);
  }
  if (!mask || mask->jwt_authorities()) {
    auto authorities = keys_from(message.jwt_authorities(), "jwt_authorities");
    if (!authorities) return authorities.error();
    bundle.jwt_authorities = std::move(*authorities);
  }
  if (!mask || mask->wit_authorities()) {
    auto authorities = keys_from(message.wit_authorities(), "wit_authorities");
    if (!authorities) return authorities.error();
    bundle.wit_authorities = std::move(*authorities);
  }
  if (!mask || mask->refresh_hint()) {
    bundle.refresh_hint.reset();
    if (message.refresh_hint() > 0) bundle.refresh_hint = std::chrono::seconds(message.refresh_hint());
  }
  if (!mask || mask->sequence_number()) {
    bundle.sequence.reset();
    if (message.sequence_number() != 0) bundle.sequence = message.sequence_number();
  }
  return bundle;
}

Result<spiffe::Bundle> bundle_from(const types::Bundle& message) {
  const Result<spiffe::TrustDomain> domain = spiffe::TrustDomain::parse_name_or_id(message.trust_domain());
  if (!domain) return wrong("trust_domain", domain.error().message());
  return changed(spiffe::Bundle(*domain), message, nullptr);
}

std::string fingerprint(const types::Bundle& message) {
  std::vector<std::string> parts;
  // Each part as its kind and length before its bytes, so that no two contents read alike.
  const auto add = [&parts](char kind, const std::string& bytes) {
    parts.push_back(kind + std::to_string(bytes.size()) + ":" + bytes);
  };
  for (const types::X509Certificate& authority : message.x509_authorities()) add('x', authority.asn1());
  for (const types::JWTKey& key : message.jwt_authorities())
    add('j', std::to_string(key.key_id().size()) + ":" + key.key_id() + key.public_key());
  std::ranges::sort(parts);
  add('h', std::to_string(message.refresh_hint()));
  add('s', std::to_string(message.sequence_number()));
  std::string whole;
  for (const std::string& part : parts) whole += part;
  return hex_encode(crypto::sha256(as_bytes(whole)));
}

Status check_bundle(const spiffe::Bundle& bundle) {
  if (bundle.refresh_hint && *bundle.refresh_hint > longest_refresh_hint)
    return wrong("refresh_hint", std::to_string(bundle.refresh_hint->count()) + " seconds are more than ten years");
  if (const Status good = check_key_ids(bundle); !good) return good;
  return check_size(bundle);
}

}  // namespace entente::spire_api
