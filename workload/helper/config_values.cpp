#include "workload/helper/config_values.hpp"

#include <grp.h>
#include <pwd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstring>

#include "common/config/values.hpp"

namespace entente::helper {
namespace {

using config::in_quotes;

constexpr std::size_t name_service_room = 1U << 18;  // a group may have many members
constexpr std::size_t longest_name = 200;            // with room for what the writer puts around it

template <class T>
std::optional<T> whole_number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// What is known of each content.
struct Facts {
  Content content;
  std::string_view name;
  std::string_view formats;  // the first letters of those that it may have, the usual one first
  bool secret, federated, identity, x509_bundles, jwt_bundles;
};
constexpr std::array<Facts, 12> all_facts{{
    {Content::certificate, "certificate", "pd", false, false, true, false, false},
    {Content::leaf_certificate, "leaf_certificate", "pd", false, false, true, false, false},
    {Content::key, "key", "pd", true, false, true, false, false},
    {Content::key_and_certificate, "key_and_certificate", "pk", true, false, true, false, false},
    {Content::bundle, "bundle", "pdks", false, false, true, true, false},
    {Content::federated_bundles, "federated_bundles", "pdks", false, true, true, true, false},
    {Content::merged_bundles, "merged_bundles", "pdk", false, false, false, true, false},
    {Content::bundle_map, "bundle_map", "s", false, false, false, true, false},
    {Content::jwt_svid, "jwt_svid", "t", true, false, false, false, false},
    {Content::jwt_bundle, "jwt_bundle", "s", false, false, true, false, true},
    {Content::federated_jwt_bundles, "federated_jwt_bundles", "s", false, true, true, false, true},
    {Content::jwt_bundle_map, "jwt_bundle_map", "sh", false, false, false, false, true},
}};

const Facts& facts_of(Content content) { return all_facts[static_cast<std::size_t>(content)]; }

constexpr std::array<std::pair<char, Format>, 6> format_letters{{{'p', Format::pem},
                                                                 {'d', Format::der},
                                                                 {'k', Format::pkcs12},
                                                                 {'s', Format::spiffe},
                                                                 {'t', Format::token},
                                                                 {'h', Format::spiffe_helper}}};

Format format_of(char letter) {
  for (const auto& [each, format] : format_letters)
    if (each == letter) return format;
  return Format::pem;
}

}  // namespace

Result<int> parse_signal(const std::string& text) {
  const std::string_view name = std::string_view(text).starts_with("SIG") ? std::string_view(text).substr(3) : text;
  for (int signal = 1; signal < SIGSYS + 1; ++signal) {
    const char* const known = ::sigabbrev_np(signal);
    if (known == nullptr || name != known) continue;
    if (signal == SIGSTOP || signal == SIGCHLD) break;
    return signal;
  }
  return config::unexpected("a signal such as SIGHUP or SIGUSR1", text);
}

std::string signal_name(int signal) {
  const char* const name = ::sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal) : "SIG" + std::string(name);
}

Result<mode_t> parse_mode(const std::string& text) {
  const auto mode = whole_number<mode_t>(text, 8);
  if (mode && *mode <= 0777) return *mode;
  return config::unexpected("a mode in octal such as 0640, at most 0777", text);
}

std::string spell_mode(mode_t mode) {
  char text[8];
  const auto [end, error] = std::to_chars(text, text + sizeof text, mode, 8);
  const std::string digits(text, error == std::errc() ? end : text);
  return std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
}

Result<uid_t> parse_owner(const std::string& text) {
  if (const auto number = whole_number<uid_t>(text)) return *number;
  std::vector<char> room(name_service_room);
  passwd entry;
  passwd* found = nullptr;
  if (::getpwnam_r(text.c_str(), &entry, room.data(), room.size(), &found) == 0 && found != nullptr)
    return found->pw_uid;
  return Error(Errc::not_found, "this system has no user " + in_quotes(text));
}

Result<gid_t> parse_group(const std::string& text) {
  if (const auto number = whole_number<gid_t>(text)) return *number;
  std::vector<char> room(name_service_room);
  group entry;
  group* found = nullptr;
  if (::getgrnam_r(text.c_str(), &entry, room.data(), room.size(), &found) == 0 && found != nullptr)
    return found->gr_gid;
  return Error(Errc::not_found, "this system has no group " + in_quotes(text));
}

Status check_file_name(const std::string& name) {
  if (name.find('/') != std::string::npos)
    return Error(Errc::invalid_argument, in_quotes(name) + " names a folder: files stand in the directory itself");
  if (name.empty() || name == "." || name.starts_with(".."))
    return Error(Errc::invalid_argument, in_quotes(name) +
                                             " cannot be a file's name here: it is empty, or begins "
                                             "with two dots");
  if (name.size() > longest_name)
    return Error(Errc::invalid_argument,
                 in_quotes(name) + " is longer than " + std::to_string(longest_name) + " bytes");
  return ok();
}

bool is_secret(Content content) { return facts_of(content).secret; }
bool is_federated(Content content) { return facts_of(content).federated; }
bool needs_identity(Content content) { return facts_of(content).identity; }
bool needs_x509_bundles(Content content) { return facts_of(content).x509_bundles; }
bool needs_jwt_bundles(Content content) { return facts_of(content).jwt_bundles; }
std::string_view to_string(Content content) { return facts_of(content).name; }
Format usual_format(Content content) { return format_of(facts_of(content).formats.front()); }

bool allows(Content content, Format format) {
  for (const char letter : facts_of(content).formats)
    if (format_of(letter) == format) return true;
  return false;
}

Result<Content> parse_content(const std::string& text) {
  std::vector<std::string> names;
  for (const Facts& facts : all_facts) {
    if (facts.name == text) return facts.content;
    names.emplace_back(facts.name);
  }
  return config::unexpected(config::join_or(names), text);
}

}  // namespace entente::helper
