// From the texts of the configuration to its values: each function says what it expects. Internal to config.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/config/yaml_reader.hpp"
#include "common/spiffe/spiffe_id.hpp"

namespace entente::config {

// "expected <expected>, found <text>".
Error unexpected(std::string_view expected, std::string_view text);

template <class T>
using Parser = std::function<Result<T>(const std::string&)>;

Result<bool> parse_bool(const std::string& text);  // true or false, no other spelling
Parser<std::size_t> integer_between(std::size_t least, std::size_t most);
Parser<Duration> duration_between(Duration least, Duration most);
Parser<std::chrono::seconds> whole_seconds_between(std::chrono::seconds least, std::chrono::seconds most);
Parser<std::size_t> size_between(std::size_t least, std::size_t most);  // bytes: `4096`, `64KiB`, `8MiB`
Parser<double> fraction_between(double least, double most);

// One of a few words.
template <class T>
Parser<T> choice(std::vector<std::pair<std::string, T>> words) {
  return [words = std::move(words)](const std::string& text) -> Result<T> {
    std::vector<std::string> names;
    for (const auto& [name, value] : words) {
      if (name == text) return value;
      names.push_back(name);
    }
    return unexpected(join_or(names), text);
  };
}

// Absolute and normalised; a relative one is resolved against the folder.
Parser<std::filesystem::path> path_in(std::filesystem::path folder);

// `192.0.2.1:8443`, `[2001:db8::1]:8443`.
Result<std::string> parse_listen(const std::string& text);
// `unix:///run/x.sock`: the path, no longer than the kernel takes.
Result<std::filesystem::path> parse_socket(const std::string& text);
// What a request line may carry as the path: `/bundle.json`.
Result<std::string> parse_url_path(const std::string& text);
// RFC 1123 2.1; the first label may be `*`.
Result<std::string> parse_dns_name(const std::string& text);
Result<std::string> existing_user(const std::string& text);
Result<std::string> existing_group(const std::string& text);

Result<spiffe::TrustDomain> parse_trust_domain(const std::string& text);  // the name, or its SPIFFE ID
// A SPIFFE ID with a path: one that a workload can have (X509-SVID 2).
Result<spiffe::SpiffeId> parse_workload_id(const std::string& text);

// In the configuration's own spelling: "500ms", "90s", "24h".
std::string spell(Duration duration);

}  // namespace entente::config
