#include "syncer/push/pushed_domains.hpp"

#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "common/base/file.hpp"
#include "common/crypto/signature.hpp"
#include "common/spiffe/json.hpp"

namespace entente::syncer {
namespace {

using nlohmann::json;

struct Pushed {
  std::string target;
  std::set<spiffe::TrustDomain> trust_domains;
};

// {"target": "spire_server unix:///run/spire/server.sock", "trust_domains": ["b.test"]}
Result<Pushed> parse(std::string_view text) {
  const Result<json> document = spiffe::parse_strict_json(text);
  if (!document) return document.error();
  const auto good = [&document](const char* name, json::value_t type) {
    return document->is_object() && document->contains(name) && document->at(name).type() == type;
  };
  if (!good("target", json::value_t::string) || !good("trust_domains", json::value_t::array))
    return Error(Errc::schema, "must hold \"target\" and \"trust_domains\"");
  Pushed pushed{document->at("target").get<std::string>(), {}};
  for (const json& name : document->at("trust_domains")) {
    if (!name.is_string()) return Error(Errc::schema, "trust_domains: must hold names");
    const auto trust_domain = spiffe::TrustDomain::parse(name.get<std::string>());
    if (!trust_domain) return trust_domain.error().within("trust_domains");
    pushed.trust_domains.insert(*trust_domain);
  }
  return pushed;
}

Result<Pushed> load(const std::filesystem::path& file) {
  const Result<std::string> text = read_file(file);
  if (!text && text.error().code() == Errc::not_found) return Pushed();
  if (!text) return text.error();
  Result<Pushed> pushed = parse(*text);
  if (!pushed)
    return pushed.error().within(file.string() +
                                 " (which trust domains were pushed; without it none were, and nothing is removed)");
  return pushed;
}

}  // namespace

std::filesystem::path pushed_domains_file(const std::filesystem::path& folder, const std::string& target) {
  constexpr std::size_t digits = 16;
  return folder / (hex_encode(crypto::sha256(as_bytes(target))).substr(0, digits) + ".json");
}

Result<std::set<spiffe::TrustDomain>> load_pushed_domains(const std::filesystem::path& file) {
  Result<Pushed> pushed = load(file);
  if (!pushed) return pushed.error();
  return std::move(pushed->trust_domains);
}

Status save_pushed_domains(const std::filesystem::path& file, const std::string& target,
                           const std::set<spiffe::TrustDomain>& trust_domains) {
  if (const Status made = ensure_folder(file.parent_path(), 0700); !made) return made;
  json names = json::array();
  for (const spiffe::TrustDomain& trust_domain : trust_domains) names.push_back(trust_domain.name());
  const json document{{"target", target}, {"trust_domains", std::move(names)}};
  return replace_file(file, document.dump(1) + "\n", 0600);
}

std::vector<std::string> abandoned_targets(const std::filesystem::path& folder, const std::set<std::string>& targets) {
  std::vector<std::string> abandoned;
  std::error_code failed;
  for (const auto& file : std::filesystem::directory_iterator(folder, failed)) {
    const Result<Pushed> pushed = load(file.path());
    if (pushed && !pushed->trust_domains.empty() && !targets.contains(pushed->target))
      abandoned.push_back(pushed->target);
  }
  return abandoned;
}

}  // namespace entente::syncer
