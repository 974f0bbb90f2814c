// The helper's own YAML.
#include "common/config/sections.hpp"
#include "common/config/values.hpp"
#include "workload/helper/config_readers.hpp"
#include "workload/helper/config_values.hpp"

namespace entente::helper {
namespace {

using config::choice;
using config::Kind;
using config::Node;
using config::Section;
using std::chrono::hours;
using std::chrono::milliseconds;

constexpr Duration longest_wait = hours(24);

Result<std::string> any_text(const std::string& text) { return text; }

Result<std::string> parse_socket_address(const std::string& text) {
  if (text.starts_with("unix:") || text.starts_with("tcp:")) return text;
  return config::unexpected("a socket such as unix:///run/entente/workload.sock", text);
}

// `never`, or a duration.
Result<std::optional<Duration>> parse_denial(const std::string& text) {
  if (text == "never") return std::optional<Duration>();
  const auto duration = config::duration_between(Duration::zero(), longest_wait)(text);
  if (!duration) return Error(Errc::invalid_argument, duration.error().message() + ", or never");
  return std::optional<Duration>(*duration);
}

void read_identity(Section& top, HelperConfig& config) {
  const auto node = top.find("identity");
  if (!node) return;
  Section section(*node);
  const auto chosen = section.one_of({"hint", "spiffe_id"}, {});
  if (!chosen) return;
  if (chosen->key == "hint") {
    if (auto hint = chosen->node.as(any_text)) config.hint = *std::move(hint);
  } else {
    config.spiffe_id = chosen->node.as(config::parse_workload_id);
  }
}

// A text is one argument; a list is the whole command.
std::vector<std::string> read_command(const std::optional<Node>& node) {
  std::vector<std::string> command;
  if (!node) return command;
  const auto items = node->items();
  if (items.empty() && node->value().kind == Kind::list) node->mistake("expected a program and its arguments");
  for (const Node& item : items) {
    // An argument may be empty, and may have line breaks.
    if (item.value().kind != Kind::text) {
      item.mistake("expected one argument");
    } else {
      command.push_back(item.value().text);
    }
  }
  if (!command.empty() && command.front().empty()) node->mistake("the program's name is empty");
  return command;
}

// What files have in common, unless they say otherwise.
struct Common {
  std::optional<uid_t> owner;
  std::optional<gid_t> group;
};

Format read_format(Section& section, Content content) {
  const auto node = section.find("format");
  if (!node) return usual_format(content);
  const auto format = node->as(choice<Format>({{"pem", Format::pem},
                                               {"der", Format::der},
                                               {"pkcs12", Format::pkcs12},
                                               {"spiffe", Format::spiffe},
                                               {"token", Format::token},
                                               {"spiffe_helper", Format::spiffe_helper}}));
  if (format && !allows(content, *format)) node->mistake(std::string(to_string(content)) + " has no such format");
  return format.value_or(usual_format(content));
}

void read_name(Section& section, FileRule& rule) {
  const auto node = section.need("name", "the file's name in the directory, such as svid.pem");
  const auto name = node ? node->as(any_text) : std::nullopt;
  if (!name) return;
  rule.name = *name;
  if (const Status good = check_file_name(*name); !good) return node->mistake(good.error().message());
  const bool marked = name->find(trust_domain_mark) != std::string::npos;
  if (is_federated(rule.content) && !marked)
    node->mistake(
        "there is a file for each federated trust domain: put {trust_domain} into the name, such as "
        "{trust_domain}.pem");
  if (!is_federated(rule.content) && marked) node->mistake("{trust_domain} is for files of federated trust domains");
}

void read_audience(Section& section, FileRule& rule) {
  if (rule.content != Content::jwt_svid) {
    section.refuse("audience", "only a jwt_svid has one");
    return;
  }
  const auto node = section.need("audience", "for whom the token is: a list, such as [spiffe://b.test/db]");
  if (!node) return;
  if (node->value().kind == Kind::text) {
    if (auto one = node->as(any_text)) rule.audience = {*std::move(one)};
  } else if (auto all = node->as_list_of_different(any_text)) {
    rule.audience = *std::move(all);
  }
}

FileRule read_file_rule(const Node& node, const Common& common, HelperConfig& config) {
  FileRule rule;
  Section section(node);
  const auto content = section.get("content", "what the file holds, such as certificate, key or bundle", parse_content);
  rule.content = content.value_or(Content::certificate);
  if (content)
    read_name(section, rule);
  else
    section.find("name");
  rule.format = read_format(section, rule.content);
  rule.mode = is_secret(rule.content) ? 0600 : 0644;
  rule.owner = common.owner;
  rule.group = common.group;
  section.set("mode", rule.mode, parse_mode);
  section.set("owner", rule.owner, [](const std::string& text) -> Result<std::optional<uid_t>> {
    const auto owner = parse_owner(text);
    if (!owner) return owner.error();
    return std::optional<uid_t>(*owner);
  });
  section.set("group", rule.group, [](const std::string& text) -> Result<std::optional<gid_t>> {
    const auto group = parse_group(text);
    if (!group) return group.error();
    return std::optional<gid_t>(*group);
  });
  read_audience(section, rule);
  if (rule.content == Content::bundle || rule.content == Content::merged_bundles)
    section.set("with_intermediates", rule.with_intermediates, config::parse_bool);
  if (rule.format == Format::pkcs12)
    section.set("password_file", rule.password_file, config::path_in(config.file.parent_path()));
  else
    section.refuse("password_file", "only pkcs12 has one");
  return rule;
}

void read_files(Section& top, HelperConfig& config) {
  Common common;
  if (const auto node = top.find("owner")) common.owner = node->as(parse_owner);
  if (const auto node = top.find("group")) common.group = node->as(parse_group);
  const auto node = top.need("files", "which files to keep, such as [{name: svid.pem, content: certificate}]");
  if (!node) return;
  const auto items = node->items();
  if (items.empty()) node->mistake("expected at least one file");
  for (const Node& item : items) {
    FileRule rule = read_file_rule(item, common, config);
    for (const FileRule& before : config.files)
      if (before.name == rule.name && !rule.name.empty())
        item.mistake("a second file of the name " + config::in_quotes(rule.name));
    config.files.push_back(std::move(rule));
  }
}

void read_child(Section& top, HelperConfig& config) {
  const auto node = top.find("child");
  if (!node) return;
  ChildConfig child;
  Section section(*node);
  child.command =
      read_command(section.need("command", "the program and its arguments, such as [nginx, -g, daemon off;]"));
  section.set("restart", child.restart,
              choice<Restart>({{"never", Restart::never},
                               {"on_failure", Restart::on_failure},
                               {"always", Restart::always},
                               {"at_renewal", Restart::at_renewal}}));
  section.set("first_pause", child.first_pause, config::duration_between(milliseconds(10), longest_wait));
  section.set("longest_pause", child.longest_pause, config::duration_between(milliseconds(10), longest_wait));
  section.set("grace", child.grace, config::duration_between(Duration::zero(), longest_wait));
  if (child.longest_pause < child.first_pause) node->mistake("longest_pause is shorter than first_pause");
  config.child = std::move(child);
}

void read_renewal(Section& top, HelperConfig& config) {
  const auto node = top.find("renewal");
  if (!node) return;
  RenewalConfig& renewal = config.renewal;
  Section section(*node);
  section.set("signal", renewal.signal, parse_signal);
  section.set("pid_file", renewal.pid_file, config::path_in(config.file.parent_path()));
  renewal.command = read_command(section.find("command"));
  section.set("command_timeout", renewal.command_timeout, config::duration_between(milliseconds(10), longest_wait));
  if (!renewal.pid_file.empty() && renewal.signal == 0)
    node->mistake("pid_file says whom to tell, signal is missing: with what");
}

void read_health(Section& top, HelperConfig& config) {
  const auto node = top.find("health");
  if (!node) return;
  HealthConfig health;
  Section section(*node);
  if (auto listen = section.get("listen", "an address and a port, such as 127.0.0.1:8081", config::parse_listen))
    health.listen = *std::move(listen);
  section.set("live_path", health.live_path, config::parse_url_path);
  section.set("ready_path", health.ready_path, config::parse_url_path);
  if (health.live_path == health.ready_path) node->mistake("live_path and ready_path are the same");
  config.health = std::move(health);
}

}  // namespace

void read_own_keys(Section& top, HelperConfig& config) {
  const std::filesystem::path folder = config.file.parent_path();
  config.log = config::read_log(top);
  if (const auto node = top.find("socket")) config.socket = node->as(parse_socket_address);
  read_identity(top, config);
  if (auto directory = top.get("directory", "where the files stand, such as /run/web/tls", config::path_in(folder)))
    config.directory = *std::move(directory);
  top.set("directory_mode", config.directory_mode, parse_mode);
  top.set("layout", config.layout, choice<Layout>({{"set", Layout::set}, {"files", Layout::files}}));
  top.set("omit_expired", config.omit_expired, config::parse_bool);
  top.set("at_exit", config.remove_at_exit, choice<bool>({{"keep", false}, {"remove", true}}));
  top.set("remove_when_denied", config.remove_when_denied, parse_denial);
  read_files(top, config);
  read_child(top, config);
  read_renewal(top, config);
  read_health(top, config);
  for (const FileRule& rule : config.files) {
    warn_of_wide_mode(rule, config);
    if (rule.content == Content::merged_bundles) warn_of_merged_bundles(rule.name, config);
  }
}

}  // namespace entente::helper
