#include "common/config/config.hpp"

#include "common/base/file.hpp"
#include "common/config/sections.hpp"
#include "common/config/values.hpp"

namespace entente::config {
namespace {

using Outcome = std::variant<Config, std::vector<Mistake>>;

// A host where only the server runs needs no data and no source: such a file says neither.
bool is_server_only(Section& top) {
  return top.find("server") && top.find("bundle_endpoint") && !top.find("data_dir") && !top.find("local") &&
         !top.find("store");
}

bool says_none(Section& top) {
  const auto local = top.find("local");
  if (!local || local->value().kind != Kind::map) return false;
  const auto& members = local->value().members;
  return members.size() == 1 && members.front().key == "none";
}

std::optional<spiffe::TrustDomain> read_trust_domain(Section& top) {
  const auto node = says_none(top) ? top.find("trust_domain") : top.need("trust_domain", "such as prod.example.com");
  return node ? node->as(parse_trust_domain) : std::nullopt;
}

std::filesystem::path read_data_dir(Section& top, const Surroundings& around) {
  if (around.server_only) return {};
  return top
      .get("data_dir", "the folder for keys and the embedded store, such as /var/lib/entente", path_in(around.folder))
      .value_or(std::filesystem::path());
}

// In the order in which sections depend on each other; the mistakes are sorted afterwards.
void read_config(Section& top, Config& config) {
  Surroundings around;
  around.folder = config.file.parent_path();
  around.trust_domain = read_trust_domain(top);
  around.server_only = is_server_only(top);
  config.data_dir = read_data_dir(top, around);
  config.log = read_log(top);
  config.store = read_store(top, config.data_dir);
  const auto local = read_local(top, around);
  config.local = local.value_or(NoSourceConfig());
  around.has_issuer = !local || std::holds_alternative<IssuerConfig>(*local);
  if (const auto* issuer = std::get_if<IssuerConfig>(&config.local)) around.ca_ttl = issuer->ca_ttl;
  if (const auto* agent = std::get_if<WorkloadApiSourceConfig>(&config.local)) around.agent = *agent;
  around.has_own_domain = !says_none(top);
  if (around.has_own_domain) config.trust_domain = around.trust_domain;
  config.server = read_server(top, around);
  config.workload_api = around.workload_api = read_workload_api(top, around);
  config.bundle_endpoint = read_bundle_endpoint(top, around);
  config.admin = read_admin(top);
  config.telemetry = read_telemetry(top);
  config.polling = read_polling(top);
  config.change_policy = read_change_policy(top);
  config.history = read_history(top);
  config.federation = read_federation(top, around);
  config.push = read_push(top, around);
  config.entries = read_entries(top, around);
}

std::vector<Mistake> one_mistake(std::string message) { return {Mistake{1, 1, std::move(message)}}; }

}  // namespace

Outcome parse(const std::string& text, const std::filesystem::path& file) {
  Mistakes mistakes;
  Config config;
  config.file = std::filesystem::absolute(file).lexically_normal();
  const std::optional<Value> root = parse_yaml(text, mistakes);
  if (!root) return mistakes.sorted();
  if (root->kind == Kind::nothing) return one_mistake("the file is empty: it must say at least trust_domain and local");
  {
    Section top(Node(*root, "", mistakes));
    if (top.readable()) read_config(top, config);
    check_listeners_differ(*root, mistakes);
  }
  if (!mistakes.empty()) return mistakes.sorted();
  return config;
}

Outcome load(const std::filesystem::path& file) {
  const Result<std::string> text = read_file(file);
  if (!text) return one_mistake("the configuration cannot be read: " + text.error().message());
  return parse(*text, file);
}

}  // namespace entente::config
