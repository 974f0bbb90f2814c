#include "common/spiffe/bundle.hpp"

#include <algorithm>

#include "common/base/encoding.hpp"
#include "common/crypto/signature.hpp"

namespace entente::spiffe {
namespace {

// Length first, so that no two lists of parts have the same bytes.
void append_part(std::string& out, std::string_view part) {
  out += std::to_string(part.size());
  out += ':';
  out += part;
}

std::string canonical(std::string_view use, std::string_view key_id, ByteView key) {
  std::string item;
  append_part(item, use);
  append_part(item, key_id);
  append_part(item, as_text(key));
  return item;
}

// One item an authority, sorted, each once: a bundle is a set of keys.
std::vector<std::string> canonical_content(const Bundle& bundle) {
  std::vector<std::string> items;
  items.reserve(bundle.x509_authorities.size() + bundle.jwt_authorities.size() + bundle.wit_authorities.size());
  for (const auto& certificate : bundle.x509_authorities) items.push_back(canonical("x509", "", certificate.der()));
  for (const auto& [key_id, key] : bundle.jwt_authorities) items.push_back(canonical("jwt", key_id, key.spki_der()));
  for (const auto& [key_id, key] : bundle.wit_authorities) items.push_back(canonical("wit", key_id, key.spki_der()));
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

}  // namespace

bool same_authorities(const Bundle& a, const Bundle& b) {
  // What nearly every poll brings: the same, in the same order.
  if (a.x509_authorities == b.x509_authorities && a.jwt_authorities == b.jwt_authorities &&
      a.wit_authorities == b.wit_authorities)
    return true;
  return canonical_content(a) == canonical_content(b);
}

std::string authorities_digest(const Bundle& bundle) {
  std::string content;
  for (const std::string& item : canonical_content(bundle)) append_part(content, item);
  return hex_encode(crypto::sha256(as_bytes(content)));
}

std::optional<Time> earliest_expiry(const Bundle& bundle) {
  std::optional<Time> earliest;
  for (const auto& certificate : bundle.x509_authorities)
    if (const Time end = certificate.not_after(); !earliest || end < *earliest) earliest = end;
  return earliest;
}

bool any_authority_valid(const Bundle& bundle, Time now) {
  if (!bundle.jwt_authorities.empty() || !bundle.wit_authorities.empty()) return true;
  return std::any_of(bundle.x509_authorities.begin(), bundle.x509_authorities.end(),
                     [now](const auto& certificate) { return now <= certificate.not_after(); });
}

const JwtAuthority* find_jwt_authority(const Bundle& bundle, std::string_view key_id) {
  const auto found = std::find_if(bundle.jwt_authorities.begin(), bundle.jwt_authorities.end(),
                                  [key_id](const JwtAuthority& authority) { return authority.key_id == key_id; });
  return found == bundle.jwt_authorities.end() ? nullptr : &*found;
}

}  // namespace entente::spiffe
