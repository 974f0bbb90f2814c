// The keys of spiffe-helper, in its HCL or JSON.
#include <algorithm>
#include <charconv>

#include "common/config/values.hpp"
#include "workload/helper/command_line.hpp"
#include "workload/helper/config_readers.hpp"
#include "workload/helper/config_values.hpp"

namespace entente::helper {
namespace {

using config::Kind;
using config::Node;
using config::Section;

constexpr const char* default_address = "/tmp/spire-agent/public/api.sock";

// Every value may be empty, which is as good as absent; numbers and booleans may stand in quotation marks.
class Keys {
 public:
  explicit Keys(Section& section) : section_(section) {}

  std::string text(std::string_view key) {
    const auto node = section_.find(key);
    if (!node || node->value().kind == Kind::nothing) return {};
    if (node->value().kind != Kind::text) node->mistake("expected one text");
    return node->value().text;
  }

  std::optional<bool> boolean(std::string_view key) {
    const std::string word = text(key);
    if (word.empty()) return std::nullopt;
    if (word == "true" || word == "1") return true;
    if (word != "false" && word != "0")
      section_.find(key)->mistake("expected true or false, found " + config::in_quotes(word));
    return false;
  }

  // As Go reads it: 0x is hexadecimal, a leading 0 octal.
  std::optional<long> number(std::string_view key) {
    const std::string word = text(key);
    if (word.empty()) return std::nullopt;
    std::string_view digits = word;
    int base = 10;
    const auto strip = [&](std::string_view prefix, int with) {
      if (base != 10 || digits.size() <= prefix.size() || !digits.starts_with(prefix)) return;
      digits.remove_prefix(prefix.size());
      base = with;
    };
    strip("0x", 16);
    strip("0o", 8);
    strip("0", 8);
    long value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error == std::errc() && end == digits.data() + digits.size() && value >= 0) return value;
    section_.find(key)->mistake("expected a whole number, found " + config::in_quotes(word));
    return std::nullopt;
  }

  Section& section() { return section_; }
  void mistake(std::string_view key, const std::string& what) {
    if (const auto node = section_.find(key)) node->mistake(what);
  }

 private:
  Section& section_;
};

// 0 is the default there too.
mode_t read_mode(Keys& keys, std::string_view key, mode_t usual, HelperConfig& config) {
  const std::string word = keys.text(key);
  const auto number = keys.number(key);
  if (!number || *number == 0) return usual;
  if (*number > 0777) {
    keys.mistake(key, "expected a mode of at most 0777, found " + config::in_quotes(word));
    return usual;
  }
  const auto mode = static_cast<mode_t>(*number);
  if (word.front() != '0')
    config.warnings.push_back(std::string(key) + " = " + word + " is decimal, and so the mode " + spell_mode(mode) +
                              "; write 0" + word + " for the mode that you probably mean");
  return mode;
}

// A name may lead into a folder, which a set cannot hold: then each file is replaced by itself.
void add_file(HelperConfig& config, FileRule rule) {
  const std::filesystem::path name = std::filesystem::path("/" + rule.name).lexically_normal();
  rule.name = name.relative_path().string();
  if (rule.name.find('/') != std::string::npos && config.layout == Layout::set) {
    config.layout = Layout::files;
    config.warnings.push_back(config::in_quotes(rule.name) +
                              " names a folder: the files are replaced one by one, not as one set");
  }
  warn_of_wide_mode(rule, config);
  config.files.push_back(std::move(rule));
}

void read_x509(Keys& keys, HelperConfig& config) {
  const std::string svid = keys.text("svid_file_name"), key = keys.text("svid_key_file_name"),
                    bundle = keys.text("svid_bundle_file_name");
  const bool intermediates = keys.boolean("add_intermediates_to_bundle").value_or(false);
  const bool merged = keys.boolean("include_federated_domains").value_or(false);
  const mode_t mode = read_mode(keys, "cert_file_mode", 0644, config);
  const mode_t key_mode = read_mode(keys, "key_file_mode", 0600, config);
  if (svid.empty() && key.empty() && bundle.empty()) return;
  if (svid.empty() || key.empty() || bundle.empty())
    return keys.section().node().mistake_at_head(
        "svid_file_name, svid_key_file_name and svid_bundle_file_name go together: give all of them or none");
  FileRule rule;
  rule.mode = mode;
  rule.name = svid;
  rule.content = intermediates ? Content::leaf_certificate : Content::certificate;
  add_file(config, rule);
  rule.name = bundle;
  rule.content = merged ? Content::merged_bundles : Content::bundle;
  rule.with_intermediates = intermediates;
  add_file(config, rule);
  FileRule secret;
  secret.name = key;
  secret.content = Content::key;
  secret.mode = key_mode;
  add_file(config, secret);
  if (merged) warn_of_merged_bundles(bundle, config);
}

void read_jwt_svid(const Node& node, mode_t mode, HelperConfig& config) {
  Section section(node);
  Keys keys(section);
  FileRule rule;
  rule.content = Content::jwt_svid;
  rule.format = Format::token;
  rule.mode = mode;
  rule.name = keys.text("jwt_svid_file_name");
  const std::string audience = keys.text("jwt_audience");
  if (rule.name.empty()) node.mistake_at_head("jwt_svid_file_name is missing: the token's file");
  if (audience.empty()) node.mistake_at_head("jwt_audience is missing: for whom the token is");
  rule.audience.push_back(audience);
  if (const auto extra = section.find("jwt_extra_audiences"))
    for (const Node& item : extra->items()) rule.audience.push_back(item.value().text);
  if (!rule.name.empty()) add_file(config, std::move(rule));
}

void read_jwt(Keys& keys, HelperConfig& config) {
  const mode_t token_mode = read_mode(keys, "jwt_svid_file_mode", 0600, config);
  FileRule bundles;
  bundles.content = Content::jwt_bundle_map;
  bundles.format = Format::spiffe_helper;
  bundles.name = keys.text("jwt_bundle_file_name");
  bundles.mode = read_mode(keys, "jwt_bundle_file_mode", 0600, config);
  if (!bundles.name.empty()) add_file(config, bundles);
  const auto svids = keys.section().find("jwt_svids");
  if (!svids) return;
  if (svids->value().kind == Kind::map) return read_jwt_svid(*svids, token_mode, config);
  for (const Node& item : svids->items()) read_jwt_svid(item, token_mode, config);
}

void read_child(Keys& keys, HelperConfig& config) {
  const std::string program = keys.text("cmd");
  const auto arguments = split_arguments(keys.text("cmd_args"));
  if (!arguments) keys.mistake("cmd_args", arguments.error().message());
  if (program.empty() || !arguments) return;
  ChildConfig child;
  child.command.push_back(program);
  child.command.insert(child.command.end(), arguments->begin(), arguments->end());
  child.restart = Restart::at_renewal;
  config.child = std::move(child);
}

void read_renewal(Keys& keys, HelperConfig& config) {
  const std::string signal = keys.text("renew_signal"), pid_file = keys.text("pid_file_name");
  if (!signal.empty()) {
    const auto parsed = parse_signal(signal);
    if (parsed)
      config.renewal.signal = *parsed;
    else
      keys.mistake("renew_signal", parsed.error().message());
  }
  if (pid_file.empty()) return;
  config.renewal.pid_file = std::filesystem::absolute(pid_file);
  if (signal.empty()) keys.mistake("pid_file_name", "renew_signal is missing: what to send to the process in it");
}

void read_health(Keys& keys, HelperConfig& config) {
  const auto node = keys.section().find("health_checks");
  if (!node) return;
  Section section(*node);
  Keys checks(section);
  HealthConfig health;
  const bool enabled = checks.boolean("listener_enabled").value_or(false);
  const long port = checks.number("bind_port").value_or(0);
  if (port > 65535) checks.mistake("bind_port", "expected a port of at most 65535");
  health.listen = "[::]:" + std::to_string(port == 0 ? 8081 : port);
  for (const auto& [key, path] :
       {std::pair{"liveness_path", &health.live_path}, {"readiness_path", &health.ready_path}}) {
    const std::string given = checks.text(key);
    if (given.empty()) continue;
    if (const auto good = config::parse_url_path(given))
      *path = given;
    else
      checks.mistake(key, good.error().message());
  }
  if (health.live_path == health.ready_path) node->mistake("liveness_path and readiness_path are the same");
  if (enabled) config.health = std::move(health);
}

void refuse_same_names(const Node& top, const HelperConfig& config) {
  for (auto file = config.files.begin(); file != config.files.end(); ++file)
    if (std::any_of(config.files.begin(), file, [&](const FileRule& before) { return before.name == file->name; }))
      top.mistake_at_head("two files have the name " + config::in_quotes(file->name));
}

void warn_of_once(HelperConfig& config) {
  if (!config.once) return;
  if (config.child || config.renewal.signal != 0 || !config.renewal.pid_file.empty())
    config.warnings.emplace_back("cmd, renew_signal and pid_file_name do nothing where daemon_mode is false");
  config.child.reset();
  config.renewal = RenewalConfig();
}

}  // namespace

void read_spiffe_helper_keys(Section& top, HelperConfig& config) {
  Keys keys(top);
  const std::string address = keys.text("agent_address");
  if (!address.empty()) config.socket = address.starts_with("/") ? "unix://" + address : address;
  config.fallback_socket = default_address;
  config.directory = (std::filesystem::current_path() / keys.text("cert_dir")).lexically_normal();
  config.hint = keys.text("hint");
  config.omit_expired = keys.boolean("omit_expired").value_or(false);
  config.once = !keys.boolean("daemon_mode").value_or(true);
  read_x509(keys, config);
  read_jwt(keys, config);
  read_child(keys, config);
  read_renewal(keys, config);
  read_health(keys, config);
  if (config.files.empty() && top.readable() && top.node().mistakes().empty())
    top.node().mistake_at_head(
        "there is no file to write: give svid_file_name with svid_key_file_name and svid_bundle_file_name, jwt_svids "
        "or "
        "jwt_bundle_file_name");
  refuse_same_names(top.node(), config);
  warn_of_once(config);
}

}  // namespace entente::helper
