#include "common/issuer/key_folder.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "common/base/encoding.hpp"
#include "common/base/file.hpp"
#include "common/spiffe/json.hpp"

namespace entente::issuer {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int format_version = 1;

Error damaged(const fs::path& path, const std::string& what) {
  return Error(Errc::schema, path.string() + ": " + what + "; restore the file from a backup of the data_dir");
}

json to_json(const Authority& authority) {
  const AuthorityInfo& info = authority.info;
  json object{{"use", to_string(info.use)},
              {"id", info.id},
              {"state", to_string(info.state)},
              {"published_at", format_time(info.published_at)},
              {"used_from", format_time(info.used_from)},
              {"expires_at", format_time(info.expires_at)},
              {"longest_svid_ttl_seconds", std::chrono::ceil<std::chrono::seconds>(authority.longest_svid_ttl).count()},
              {"public_key", base64_encode(authority.public_key.spki_der())}};
  if (info.state == AuthorityState::retired) object["last_signature_ends"] = format_time(info.last_signature_ends);
  if (authority.certificate) object["certificate"] = base64_encode(authority.certificate->der());
  return object;
}

std::string text_of(const json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

Result<Time> time_of(const json& object, const char* name) {
  Result<Time> time = parse_time(text_of(object, name));
  if (!time) return time.error().within(name);
  return time;
}

Result<AuthorityInfo> info_from(const json& object) {
  const std::string use = text_of(object, "use"), state = text_of(object, "state");
  AuthorityInfo info{};
  if (use == to_string(AuthorityUse::x509_svid))
    info.use = AuthorityUse::x509_svid;
  else if (use == to_string(AuthorityUse::jwt_svid))
    info.use = AuthorityUse::jwt_svid;
  else
    return Error(Errc::schema, "unknown use \"" + use + "\"");
  if (state == to_string(AuthorityState::prepared))
    info.state = AuthorityState::prepared;
  else if (state == to_string(AuthorityState::active))
    info.state = AuthorityState::active;
  else if (state == to_string(AuthorityState::retired))
    info.state = AuthorityState::retired;
  else
    return Error(Errc::schema, "unknown state \"" + state + "\"");
  info.id = text_of(object, "id");
  if (info.id.empty() || info.id.find_first_not_of("0123456789abcdef") != std::string::npos)
    return Error(Errc::schema, "a malformed id");
  const auto published = time_of(object, "published_at"), used = time_of(object, "used_from"),
             expires = time_of(object, "expires_at");
  if (!published) return published.error();
  if (!used) return used.error();
  if (!expires) return expires.error();
  info.published_at = *published;
  info.used_from = *used;
  info.expires_at = *expires;
  if (info.state == AuthorityState::retired) {
    const auto ends = time_of(object, "last_signature_ends");
    if (!ends) return ends.error();
    info.last_signature_ends = *ends;
  }
  return info;
}

// The public half; the private key is the caller's to add.
Result<Authority> authority_from(const json& object) {
  Result<AuthorityInfo> info = info_from(object);
  if (!info) return info.error();
  const Result<Bytes> spki = base64_decode(text_of(object, "public_key"));
  if (!spki) return spki.error().within("public_key");
  Result<crypto::PublicKey> public_key = crypto::PublicKey::from_spki_der(*spki);
  if (!public_key) return public_key.error().within("public_key");
  const auto ttl = object.find("longest_svid_ttl_seconds");
  if (ttl == object.end() || !ttl->is_number_unsigned() || ttl->get<std::uint64_t>() > 10ULL * 366 * 86400)
    return Error(Errc::schema, "longest_svid_ttl_seconds is missing or not a number of seconds");
  Authority authority{*info, std::nullopt, *public_key, nullptr, std::chrono::seconds(ttl->get<std::int64_t>())};
  if (info->use == AuthorityUse::x509_svid) {
    const Result<Bytes> der = base64_decode(text_of(object, "certificate"));
    if (!der) return der.error().within("certificate");
    Result<crypto::Certificate> certificate = crypto::Certificate::from_der(*der);
    if (!certificate) return certificate.error().within("certificate");
    if (!(certificate->public_key() == *public_key)) return Error(Errc::schema, "certificate and public_key differ");
    authority.certificate = *certificate;
  }
  return authority;
}

}  // namespace

Result<KeyFolder> KeyFolder::open(fs::path folder) {
  if (const Status made = ensure_folder(folder, 0700); !made) return made.error().within("issuer keys");
  return KeyFolder(std::move(folder));
}

fs::path KeyFolder::key_path(const AuthorityInfo& info) const {
  return folder_ / (std::string(to_string(info.use)) + "-" + info.id + ".key");
}

Result<Authorities> KeyFolder::load() const {
  const fs::path list = folder_ / "authorities.json";
  const Result<std::string> text = read_file(list);
  if (!text && text.error().code() == Errc::not_found) return Authorities{};
  if (!text) return text.error().within("issuer keys");
  const Result<json> document = spiffe::parse_strict_json(*text);
  if (!document) return damaged(list, document.error().message());
  if (!document->is_object() || document->value("version", json()) != json(format_version))
    return damaged(list, "not a list of authorities in format " + std::to_string(format_version));
  const auto entries = document->find("authorities");
  if (entries == document->end() || !entries->is_array()) return damaged(list, "\"authorities\" is not a list");

  Authorities authorities;
  for (const json& entry : *entries) {
    if (!entry.is_object()) return damaged(list, "an authority is not an object");
    Result<Authority> authority = authority_from(entry);
    if (!authority) return damaged(list, authority.error().message());
    if (authority->info.state != AuthorityState::retired) {
      const fs::path path = key_path(authority->info);
      const Result<std::string> pem = read_file(path);
      if (!pem) return pem.error().within("issuer keys");
      Result<crypto::PrivateKey> key = crypto::PrivateKey::from_pem(*pem);
      if (!key) return damaged(path, key.error().message());
      if (!(key->public_key() == authority->public_key))
        return damaged(path, "not the key that authorities.json names");
      authority->key = std::make_shared<const crypto::PrivateKey>(std::move(*key));
    }
    authorities.push_back(std::make_shared<const Authority>(std::move(*authority)));
  }
  return authorities;
}

Status KeyFolder::save(const Authorities& authorities) const {
  for (const AuthorityPtr& authority : authorities) {
    const fs::path path = key_path(authority->info);
    std::error_code ignored;
    if (!authority->key || fs::exists(path, ignored)) continue;
    if (const Status written = replace_file(path, authority->key->pkcs8_pem().text(), 0600); !written)
      return written.error().within("issuer keys");
  }
  json list{{"version", format_version}, {"authorities", json::array()}};
  for (const AuthorityPtr& authority : authorities) list["authorities"].push_back(to_json(*authority));
  if (const Status written = replace_file(folder_ / "authorities.json", list.dump(2) + "\n", 0600); !written)
    return written.error().within("issuer keys");
  remove_unused_keys(authorities);
  return ok();
}

// A key that stays behind is not an error of this save: the next one tries again.
void KeyFolder::remove_unused_keys(const Authorities& authorities) const {
  std::set<fs::path> used;
  for (const AuthorityPtr& authority : authorities)
    if (authority->key) used.insert(key_path(authority->info));
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, ignored)) {
    if (entry.path().extension() != ".key" || used.contains(entry.path())) continue;
    (void)remove_file(entry.path());
  }
}

}  // namespace entente::issuer
