#include "syncer/source/extra_authorities.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/file.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "common/spiffe/json.hpp"

namespace entente::syncer {
namespace {

using nlohmann::json;

bool ended(const crypto::Certificate& authority, Time now) { return authority.not_after() < now; }
bool ended(const ExtraJwtAuthority& authority, Time now) { return authority.ends_at && *authority.ends_at <= now; }

// {"bundle": a SPIFFE bundle document, "jwt_ends": {key ID: unix seconds}}
Result<ExtraAuthorities> parse(const spiffe::TrustDomain& trust_domain, std::string_view text) {
  const Result<json> document = spiffe::parse_strict_json(text);
  if (!document) return document.error();
  if (!document->is_object() || !document->contains("bundle") || !document->contains("jwt_ends"))
    return Error(Errc::schema, "must hold \"bundle\" and \"jwt_ends\"");
  const Result<spiffe::ParsedBundle> parsed = spiffe::parse_bundle(trust_domain, document->at("bundle").dump());
  if (!parsed) return parsed.error().within("bundle");
  const json& ends = document->at("jwt_ends");
  ExtraAuthorities extra{parsed->bundle.x509_authorities, {}};
  for (const spiffe::JwtAuthority& authority : parsed->bundle.jwt_authorities) {
    const auto end = ends.find(authority.key_id);
    ExtraJwtAuthority one{authority, std::nullopt};
    if (end != ends.end()) {
      if (!end->is_number_integer()) return Error(Errc::schema, "jwt_ends: must hold unix seconds");
      one.ends_at = from_unix_seconds(end->get<std::int64_t>());
    }
    extra.jwt.push_back(std::move(one));
  }
  return extra;
}

auto same_key_id(const spiffe::JwtAuthority& wanted) {
  return [&wanted](const spiffe::JwtAuthority& other) { return other.key_id == wanted.key_id; };
}

Error taken(const spiffe::JwtAuthority& authority) {
  return Error(Errc::already_exists, "key_id: \"" + authority.key_id + "\" is another key's in our bundle");
}

}  // namespace

Result<ExtraAuthorities> load_extra_authorities(const std::filesystem::path& file,
                                                const spiffe::TrustDomain& trust_domain) {
  const Result<std::string> text = read_file(file);
  if (!text && text.error().code() == Errc::not_found) return ExtraAuthorities();
  if (!text) return text.error().within("appended authorities");
  Result<ExtraAuthorities> extra = parse(trust_domain, *text);
  if (!extra) return extra.error().within("appended authorities: " + file.string());
  return extra;
}

Status save_extra_authorities(const std::filesystem::path& file, const spiffe::TrustDomain& trust_domain,
                              const ExtraAuthorities& extra) {
  spiffe::Bundle bundle(trust_domain);
  bundle.x509_authorities = extra.x509;
  json ends = json::object();
  for (const ExtraJwtAuthority& one : extra.jwt) {
    bundle.jwt_authorities.push_back(one.authority);
    if (one.ends_at) ends[one.authority.key_id] = unix_seconds(*one.ends_at);
  }
  const json document = {{"bundle", json::parse(spiffe::write_bundle(bundle))}, {"jwt_ends", ends}};
  const Status written = replace_file(file, document.dump(2) + "\n", 0600);
  return written ? ok() : Status(written.error().within("appended authorities"));
}

Result<ExtraAuthorities> append(Time now, const spiffe::Bundle& own, const ExtraAuthorities& extra,
                                const ExtraAuthorities& more) {
  ExtraAuthorities all = extra;
  std::erase_if(all.x509, [&](const crypto::Certificate& one) { return ended(one, now); });
  std::erase_if(all.jwt, [&](const ExtraJwtAuthority& one) { return ended(one, now); });
  for (const crypto::Certificate& one : more.x509)
    if (std::ranges::find(all.x509, one) == all.x509.end()) all.x509.push_back(one);
  for (const ExtraJwtAuthority& one : more.jwt) {
    const auto ours = std::ranges::find_if(own.jwt_authorities, same_key_id(one.authority));
    if (ours != own.jwt_authorities.end() && !(*ours == one.authority)) return taken(one.authority);
    const auto there = std::ranges::find_if(all.jwt, same_key_id(one.authority), &ExtraJwtAuthority::authority);
    if (there == all.jwt.end()) {
      all.jwt.push_back(one);
    } else {
      if (!(there->authority == one.authority)) return taken(one.authority);
      there->ends_at = one.ends_at;
    }
  }
  return all;
}

void add_extra_authorities(Time now, const ExtraAuthorities& extra, spiffe::Bundle& own) {
  for (const crypto::Certificate& one : extra.x509)
    if (!ended(one, now) && std::ranges::find(own.x509_authorities, one) == own.x509_authorities.end())
      own.x509_authorities.push_back(one);
  for (const ExtraJwtAuthority& one : extra.jwt)
    if (!ended(one, now) && std::ranges::none_of(own.jwt_authorities, same_key_id(one.authority)))
      own.jwt_authorities.push_back(one.authority);
}

}  // namespace entente::syncer
