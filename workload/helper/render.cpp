#include "workload/helper/render.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "common/crypto/pkcs12.hpp"
#include "common/crypto/signature.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "workload/helper/config_values.hpp"

namespace entente::helper {
namespace {

using crypto::Certificate;
using spiffe::BundleSet;
using spiffe::TrustDomain;

Error missing(std::string what) { return Error(Errc::unavailable, std::move(what)); }

SecretBytes secret(std::string_view text) {
  const ByteView bytes = as_bytes(text);
  return SecretBytes(Bytes(bytes.begin(), bytes.end()));
}

std::string digest_of(std::string_view bytes) { return hex_encode(crypto::sha256(as_bytes(bytes))); }

// What a set is made from, with everything looked up once.
struct Sources {
  const HelperConfig& config;
  const Material& material;
  Time now;
  const spiffe::X509Svid* svid = nullptr;  // null where no file needs one
  const BundleSet* x509 = nullptr;
  const BundleSet* jwt = nullptr;
};

std::vector<Certificate> unexpired(const Sources& from, std::vector<Certificate> certificates) {
  if (from.config.omit_expired)
    std::erase_if(certificates, [&](const Certificate& one) { return one.not_after() < from.now; });
  return certificates;
}

std::vector<Certificate> chain_of(const Sources& from, const FileRule& rule) {
  const auto& chain = from.svid->chain;
  if (rule.content == Content::leaf_certificate) return {chain.front()};
  return unexpired(from, chain);
}

std::vector<Certificate> intermediates(const Sources& from) {
  if (from.svid == nullptr) return {};
  return {from.svid->chain.begin() + 1, from.svid->chain.end()};
}

void append(std::vector<Certificate>& to, const std::vector<Certificate>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

std::vector<Certificate> authorities_of(const Sources& from, const TrustDomain& domain) {
  const auto found = from.x509->find(domain);
  return found == from.x509->end() ? std::vector<Certificate>() : found->second->x509_authorities;
}

// The own trust domain's, its intermediates, then the others': the order of spiffe-helper.
std::vector<Certificate> all_authorities(const Sources& from, const FileRule& rule) {
  std::vector<Certificate> all;
  if (from.svid != nullptr) all = authorities_of(from, from.svid->id.trust_domain());
  if (rule.with_intermediates) append(all, intermediates(from));
  for (const auto& [domain, bundle] : *from.x509)
    if (from.svid == nullptr || domain != from.svid->id.trust_domain()) append(all, bundle->x509_authorities);
  return unexpired(from, std::move(all));
}

struct Made {
  SecretBytes content;
  std::string digest;
};
Made made(SecretBytes content) {
  std::string digest = digest_of(content.text());
  return {std::move(content), std::move(digest)};
}

const SecretBytes& password_of(const Sources& from, const FileRule& rule) {
  static const SecretBytes none;
  const auto found = from.material.passwords.find(rule.password_file);
  return found == from.material.passwords.end() ? none : found->second;
}

Result<Made> certificates(const Sources& from, const FileRule& rule, const std::vector<Certificate>& list) {
  if (rule.format == Format::pem) return made(secret(crypto::to_pem(list)));
  const Bytes der = crypto::to_der(list);
  if (rule.format == Format::der) return made(SecretBytes(der));
  const SecretBytes& password = password_of(from, rule);
  Result<SecretBytes> store = crypto::make_pkcs12_trust_store(list, password);
  if (!store) return store.error();
  return Made{std::move(*store), digest_of(std::string(as_text(der)) + digest_of(password.text()))};
}

Result<Made> bundle_of(const Sources& from, const FileRule& rule, const TrustDomain& domain) {
  std::vector<Certificate> list = authorities_of(from, domain);
  if (rule.with_intermediates) append(list, intermediates(from));
  list = unexpired(from, std::move(list));
  if (rule.format != Format::spiffe) return certificates(from, rule, list);
  spiffe::Bundle bundle(domain);
  bundle.x509_authorities = std::move(list);
  return made(secret(spiffe::write_bundle(bundle)));
}

Result<Made> key_file(const Sources& from, const FileRule& rule) {
  const crypto::PrivateKey& key = *from.svid->key;
  SecretBytes bytes = rule.format == Format::der ? key.pkcs8_der() : key.pkcs8_pem();
  if (bytes.empty()) return Error(Errc::crypto, "the private key cannot be written as PKCS#8");
  return made(std::move(bytes));
}

Result<Made> key_and_certificate(const Sources& from, const FileRule& rule) {
  const SecretBytes pem = from.svid->key->pkcs8_pem();
  if (pem.empty()) return Error(Errc::crypto, "the private key cannot be written as PKCS#8");
  const std::vector<Certificate> chain = chain_of(from, rule);
  const std::string certificates_pem = crypto::to_pem(chain);
  Bytes both;
  both.reserve(pem.view().size() + certificates_pem.size());  // so that no copy of the key is left behind
  both.insert(both.end(), pem.view().begin(), pem.view().end());
  both.insert(both.end(), certificates_pem.begin(), certificates_pem.end());
  Made whole = made(SecretBytes(std::move(both)));
  if (rule.format == Format::pem) return whole;
  const SecretBytes& password = password_of(from, rule);
  Result<SecretBytes> store = crypto::make_pkcs12_key_store(*from.svid->key, chain, from.svid->id.str(), password);
  if (!store) return store.error();
  return Made{std::move(*store), digest_of(whole.digest + digest_of(password.text()))};
}

spiffe::Bundle jwt_bundle_of(const Sources& from, const TrustDomain& domain) {
  const auto found = from.jwt->find(domain);
  return found == from.jwt->end() ? spiffe::Bundle(domain) : *found->second;
}

BundleSet unexpired_x509(const Sources& from) {
  BundleSet set;
  for (const auto& [domain, bundle] : *from.x509) {
    auto kept = std::make_shared<spiffe::Bundle>(domain);
    kept->x509_authorities = unexpired(from, bundle->x509_authorities);
    set.emplace(domain, std::move(kept));
  }
  return set;
}

std::string spiffe_helper_map(const BundleSet& bundles) {
  nlohmann::json document = nlohmann::json::object();
  for (const auto& [domain, bundle] : bundles)
    document[domain.name()] = base64_encode(as_bytes(spiffe::write_jwt_key_set(*bundle)));
  return document.dump();
}

Result<Made> token_file(const Sources& from, const FileRule& rule) {
  return made(secret(from.material.tokens.at(rule.audience).text));
}

// Of any content that is one file.
Result<Made> content_of(const Sources& from, const FileRule& rule) {
  switch (rule.content) {
    case Content::certificate:
    case Content::leaf_certificate:
      return certificates(from, rule, chain_of(from, rule));
    case Content::key:
      return key_file(from, rule);
    case Content::key_and_certificate:
      return key_and_certificate(from, rule);
    case Content::bundle:
      return bundle_of(from, rule, from.svid->id.trust_domain());
    case Content::merged_bundles:
      return certificates(from, rule, all_authorities(from, rule));
    case Content::bundle_map:
      return made(secret(spiffe::write_bundle_set(unexpired_x509(from))));
    case Content::jwt_svid:
      return token_file(from, rule);
    case Content::jwt_bundle:
      return made(secret(spiffe::write_jwt_key_set(jwt_bundle_of(from, from.svid->id.trust_domain()))));
    case Content::jwt_bundle_map:
      return made(secret(rule.format == Format::spiffe_helper ? spiffe_helper_map(*from.jwt)
                                                              : spiffe::write_bundle_set(*from.jwt)));
    case Content::federated_bundles:
    case Content::federated_jwt_bundles:
      break;
  }
  return Error(Errc::internal, "no such content");
}

std::string name_for(std::string name, const TrustDomain& domain) {
  const std::size_t at = name.find(trust_domain_mark);
  return at == std::string::npos ? name : name.replace(at, trust_domain_mark.size(), domain.name());
}

Status add(FileSet& set, const FileRule& rule, std::string name, Result<Made> content) {
  if (!content) return content.error().within(name);
  const bool taken =
      std::any_of(set.files.begin(), set.files.end(), [&](const auto& file) { return file.name == name; });
  if (taken) return Error(Errc::conflict, "two files have the name " + name + ": name one of them otherwise");
  RenderedFile file;
  file.name = std::move(name);
  file.content = std::move(content->content);
  file.digest = std::move(content->digest);
  file.mode = rule.mode;
  file.owner = rule.owner;
  file.group = rule.group;
  set.files.push_back(std::move(file));
  return ok();
}

Status add_federated(FileSet& set, const Sources& from, const FileRule& rule) {
  const bool jwt = rule.content == Content::federated_jwt_bundles;
  for (const auto& [domain, bundle] : jwt ? *from.jwt : *from.x509) {
    if (domain == from.svid->id.trust_domain()) continue;
    const std::string name = name_for(rule.name, domain);
    if (const Status good = check_file_name(name); !good) return good.error();
    Result<Made> content =
        jwt ? Result<Made>(made(secret(spiffe::write_jwt_key_set(*bundle)))) : bundle_of(from, rule, domain);
    if (const Status added = add(set, rule, name, std::move(content)); !added) return added.error();
  }
  return ok();
}

Status find_identity(Sources& from, FileSet& set) {
  if (!from.material.x509) return missing("no X509-SVID yet");
  const auto svid = choose_svid(from.config, *from.material.x509);
  if (!svid) return svid.error();
  const Time end = (*svid)->chain.front().not_after();
  if (end < from.now)
    return Error(Errc::expired, "the X509-SVID that the Workload API gives has expired at " + format_time(end));
  from.svid = *svid;
  set.svid_expires_at = set.expires_at = end;
  set.spiffe_id = from.svid->id.str();
  return ok();
}

Status find_tokens(const Sources& from, const Needs& needs, FileSet& set) {
  for (const auto& audience : needs.audiences) {
    const auto found = from.material.tokens.find(audience);
    if (found == from.material.tokens.end()) return missing("no JWT-SVID for " + audience.front() + " yet");
    const Time end = found->second.expires_at;
    if (end < from.now)
      return Error(Errc::expired, "the JWT-SVID for " + audience.front() + " has expired at " + format_time(end));
    if (!set.expires_at || end < *set.expires_at) set.expires_at = end;
  }
  return ok();
}

Status find_bundles(Sources& from, const Needs& needs) {
  if (needs.identity) from.x509 = &from.material.x509->bundles;
  if (needs.x509_bundles) {
    if (!from.material.x509_bundles) return missing("no X.509 bundles yet");
    from.x509 = from.material.x509_bundles.get();
  }
  if (needs.jwt_bundles) {
    if (!from.material.jwt_bundles) return missing("no JWT bundles yet");
    from.jwt = from.material.jwt_bundles.get();
  }
  return ok();
}

std::string digest_of(const FileSet& set) {
  std::string all;
  for (const RenderedFile& file : set.files) all += file.name + '\0' + file.digest + '\0';
  return digest_of(all);
}

template <class Svid>
Result<const Svid*> choose(const HelperConfig& config, const std::vector<Svid>& svids) {
  std::string there;
  for (const Svid& svid : svids) {
    const bool fits = config.spiffe_id ? svid.id == *config.spiffe_id : config.hint.empty() || svid.hint == config.hint;
    if (fits) return &svid;
    there += (there.empty() ? "" : ", ") + svid.id.str() + (svid.hint.empty() ? "" : " (hint " + svid.hint + ")");
  }
  return Error(Errc::not_found, "the Workload API gives no identity " +
                                    (config.spiffe_id ? config.spiffe_id->str() : "with the hint " + config.hint) +
                                    "; it gives " + (there.empty() ? "none" : there));
}

}  // namespace

Needs needs_of(const HelperConfig& config) {
  Needs needs;
  bool x509_bundles = false;
  for (const FileRule& rule : config.files) {
    needs.identity |= needs_identity(rule.content) || rule.with_intermediates;
    x509_bundles |= needs_x509_bundles(rule.content);
    needs.jwt_bundles |= needs_jwt_bundles(rule.content);
    const auto& known = needs.audiences;
    if (rule.content == Content::jwt_svid && std::find(known.begin(), known.end(), rule.audience) == known.end())
      needs.audiences.push_back(rule.audience);
  }
  needs.x509_bundles = x509_bundles && !needs.identity;
  return needs;
}

Result<const spiffe::X509Svid*> choose_svid(const HelperConfig& config, const client::X509Context& context) {
  return choose(config, context.svids);
}

Result<const client::JwtSvid*> choose_svid(const HelperConfig& config, const std::vector<client::JwtSvid>& svids) {
  return choose(config, svids);
}

Result<FileSet> render(const HelperConfig& config, const Material& material, Time now) {
  const Needs needs = needs_of(config);
  FileSet set;
  Sources from{config, material, now};
  if (needs.identity)
    if (const Status found = find_identity(from, set); !found) return found.error();
  if (const Status found = find_bundles(from, needs); !found) return found.error();
  if (const Status found = find_tokens(from, needs, set); !found) return found.error();
  for (const FileRule& rule : config.files) {
    const Status added =
        is_federated(rule.content) ? add_federated(set, from, rule) : add(set, rule, rule.name, content_of(from, rule));
    if (!added) return added.error();
  }
  set.digest = digest_of(set);
  return set;
}

}  // namespace entente::helper
