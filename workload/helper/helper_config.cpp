#include "workload/helper/helper_config.hpp"

#include <algorithm>
#include <csignal>

#include "common/base/file.hpp"
#include "common/config/yaml_reader.hpp"
#include "workload/helper/config_readers.hpp"
#include "workload/helper/config_values.hpp"
#include "workload/helper/hcl.hpp"

namespace entente::helper {
namespace {

using config::Kind;
using config::Mistake;

std::vector<Mistake> one_mistake(std::string message) { return {Mistake{1, 1, std::move(message)}}; }

// JSON is HCL's other spelling, and YAML.
bool has_spiffe_helper_keys(const config::Value& root) {
  return std::any_of(root.members.begin(), root.members.end(), [](const config::Member& member) {
    return member.key == "cert_dir" || member.key == "agent_address" || member.key == "svid_file_name";
  });
}

}  // namespace

void warn_of_wide_mode(const FileRule& rule, HelperConfig& config) {
  if (is_secret(rule.content) && (rule.mode & 0007) != 0)
    config.warnings.push_back(config::in_quotes(rule.name) + " holds a secret, and its mode " + spell_mode(rule.mode) +
                              " lets every user of this host read it");
  if (rule.group && (rule.mode & 0070) == 0)
    config.warnings.push_back(config::in_quotes(rule.name) + " has a group that may not read it: its mode is " +
                              spell_mode(rule.mode));
}

void warn_of_merged_bundles(const std::string& file, HelperConfig& config) {
  config.warnings.push_back(
      config::in_quotes(file) +
      " merges the authorities of all trust domains: whoever trusts that file lets each of them speak for any other; "
      "where the reader can, give it a bundle for each trust domain or the bundle map");
}

void warn_of_unheard_renewal(HelperConfig& config) {
  const RenewalConfig& renewal = config.renewal;
  if (config.once) return;
  if (renewal.signal != 0 && !config.child && renewal.pid_file.empty())
    config.warnings.push_back("the signal at renewal goes to nobody: there is neither a child nor a pid file");
  const bool stays = config.child && config.child->restart != Restart::at_renewal;
  if (stays && renewal.signal == 0 && renewal.command.empty())
    config.warnings.push_back(
        "the child is not told of new files: give renewal.signal or renewal.command, unless it "
        "watches them itself");
}

Outcome parse(const std::string& text, const std::filesystem::path& file) {
  config::Mistakes mistakes;
  HelperConfig config;
  config.file = std::filesystem::absolute(file).lexically_normal();
  const bool hcl = looks_like_hcl(text);
  const std::optional<config::Value> root = hcl ? parse_hcl(text, mistakes) : config::parse_yaml(text, mistakes);
  if (!root) return mistakes.sorted();
  if (root->kind == Kind::nothing)
    return one_mistake("the file is empty: it must say at least directory and files, or be one of spiffe-helper's");
  {
    config::Section top(config::Node(*root, "", mistakes));
    if (hcl || has_spiffe_helper_keys(*root))
      read_spiffe_helper_keys(top, config);
    else if (top.readable())
      read_own_keys(top, config);
  }
  if (!mistakes.empty()) return mistakes.sorted();
  warn_of_unheard_renewal(config);
  return config;
}

Outcome load(const std::filesystem::path& file) {
  const Result<std::string> text = read_file(file, 1U << 20);
  if (!text) return one_mistake(text.error().message());
  return parse(*text, file);
}

}  // namespace entente::helper
