#include "syncer/fetch/proxy.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <vector>

#include "syncer/fetch/network.hpp"

namespace entente::syncer {
namespace {

namespace ip = asio::ip;
namespace urls = boost::urls;

Error bad(std::string problem) { return Error(Errc::invalid_argument, std::move(problem)); }

std::string lowered(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::optional<ip::address> address_in(const std::string& text) {
  boost::system::error_code error;
  const auto address = ip::make_address(text, error);
  return error ? std::nullopt : std::optional(address);
}

bool is_loopback(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6()).is_loopback();
  return address.is_loopback();
}

std::optional<std::uint16_t> port_in(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::string with_port(const std::string& host, std::uint16_t port) {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Status read_credentials(const urls::url_view& url, Proxy& proxy) {
  if (!url.has_userinfo()) return ok();
  const std::string user(url.user()), password(url.password());
  if (user.find(':') != std::string::npos) return bad("the user's name must not hold a colon (RFC 7617)");
  const std::string text = user + ":" + password;
  proxy.credentials = SecretBytes(Bytes(text.begin(), text.end()));
  return ok();
}

Result<Proxy> read_proxy(std::string_view value) {
  const std::string text =
      value.find("://") == std::string_view::npos ? "http://" + std::string(value) : std::string(value);
  const auto url = urls::parse_uri(urls::string_view(text.data(), text.size()));
  if (!url || url->encoded_host().empty()) return bad("not a proxy's URL such as http://proxy.example:3128");
  const std::string scheme = lowered(std::string(url->scheme()));
  if (scheme != "http")
    return bad("a proxy that speaks " + scheme +
               " is not supported; name one as http://HOST:PORT (what goes through it is TLS from end to end)");
  if ((!url->encoded_path().empty() && url->encoded_path() != "/") || url->has_query() || url->has_fragment())
    return bad("a proxy's URL ends after its port");
  Proxy proxy;
  proxy.host = lowered(std::string(url->host_address()));
  if (url->has_port() && !url->port().empty()) {
    const std::optional<std::uint16_t> port = port_in(std::string(url->port()));
    if (!port) return bad("the port must be between 1 and 65535");
    proxy.port = *port;
  }
  if (const Status read = read_credentials(*url, proxy); !read) return read.error();
  return proxy;
}

// One entry of no_proxy.
struct Exception {
  std::optional<Network> network;     // else:
  std::string suffix;                 // ".b.example"
  bool name_itself = false;           // and b.example too
  std::optional<std::uint16_t> port;  // null: all

  bool covers(const std::string& host, const std::optional<ip::address>& address, std::uint16_t wanted_port) const {
    if (port && *port != wanted_port) return false;
    if (network) return address && network->contains(*address);
    return host.ends_with(suffix) || (name_itself && host == std::string_view(suffix).substr(1));
  }
};

// "host:port" or "[::1]:port" or neither of them has a port: "::1" ends in none.
Result<std::string> split_port(const std::string& entry, Exception& exception) {
  const std::size_t colon = entry.rfind(':');
  const bool bracketed = entry.starts_with('[');
  const bool one_colon = colon != std::string::npos && entry.find(':') == colon;
  const bool after_bracket = bracketed && colon != std::string::npos && colon > 0 && entry[colon - 1] == ']';
  std::string host = entry;
  if (one_colon || after_bracket) {
    exception.port = port_in(std::string_view(entry).substr(colon + 1));
    if (!exception.port) return bad("\"" + entry + "\": the port must be between 1 and 65535");
    host.resize(colon);
  }
  if (bracketed && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return bad("\"" + entry + "\": a host is missing");
  return host;
}

Result<Exception> read_exception(const std::string& entry) {
  Exception exception;
  if (entry.find('/') != std::string::npos) {
    const Result<Network> network = Network::parse(entry);
    if (!network) return network.error();
    exception.network = *network;
    return exception;
  }
  Result<std::string> host = split_port(entry, exception);
  if (!host) return host.error();
  if (const auto address = address_in(*host)) {
    exception.network = Network::of(*address);
    return exception;
  }
  std::string name = *host;
  if (name.starts_with("*.")) name.erase(0, 1);
  exception.name_itself = !name.starts_with('.');
  exception.suffix = exception.name_itself ? "." + name : name;
  return exception;
}

std::vector<std::string> entries_of(std::string_view no_proxy) {
  constexpr std::string_view separators = ", \t";
  std::vector<std::string> entries;
  for (std::size_t begin = 0; begin < no_proxy.size();) {
    const std::size_t end = std::min(no_proxy.find_first_of(separators, begin), no_proxy.size());
    if (end > begin) entries.push_back(lowered(no_proxy.substr(begin, end - begin)));
    begin = end + 1;
  }
  return entries;
}

struct Variable {
  const char* name;
  std::string value;
};

Variable first_set(const char* lower_case, const char* upper_case) {
  const char* value = std::getenv(lower_case);
  if (value != nullptr && *value != '\0') return {lower_case, value};
  value = std::getenv(upper_case);
  return {upper_case, value != nullptr ? value : ""};
}

}  // namespace

struct ProxySettings::Rules {
  Proxy proxy;
  bool all_direct = false;
  std::vector<Exception> exceptions;

  static Result<std::shared_ptr<const Rules>> read(const Variable& https_proxy, const Variable& no_proxy) {
    if (https_proxy.value.empty()) return std::shared_ptr<const Rules>();
    auto rules = std::make_shared<Rules>();
    Result<Proxy> proxy = read_proxy(https_proxy.value);
    if (!proxy) return proxy.error().within(https_proxy.name);
    rules->proxy = std::move(*proxy);
    for (const std::string& entry : entries_of(no_proxy.value)) {
      if (entry == "*") {
        rules->all_direct = true;
        continue;
      }
      Result<Exception> exception = read_exception(entry);
      if (!exception) return exception.error().within(no_proxy.name);
      rules->exceptions.push_back(std::move(*exception));
    }
    return std::shared_ptr<const Rules>(std::move(rules));
  }
};

Result<ProxySettings> ProxySettings::parse(std::string_view https_proxy, std::string_view no_proxy) {
  Result<std::shared_ptr<const Rules>> rules =
      Rules::read({"https_proxy", std::string(https_proxy)}, {"no_proxy", std::string(no_proxy)});
  if (!rules) return rules.error();
  ProxySettings settings;
  settings.rules_ = std::move(*rules);
  return settings;
}

Result<ProxySettings> ProxySettings::from_environment() {
  Result<std::shared_ptr<const Rules>> rules =
      Rules::read(first_set("https_proxy", "HTTPS_PROXY"), first_set("no_proxy", "NO_PROXY"));
  if (!rules) return rules.error();
  ProxySettings settings;
  settings.rules_ = std::move(*rules);
  return settings;
}

const Proxy* ProxySettings::proxy_for(std::string_view host, std::uint16_t port) const {
  if (!rules_ || rules_->all_direct) return nullptr;
  std::string name = lowered(host);
  if (name.ends_with('.')) name.pop_back();
  const std::optional<ip::address> address = address_in(name);
  if (name == "localhost") return nullptr;
  if (address && is_loopback(*address)) return nullptr;
  for (const Exception& each : rules_->exceptions)
    if (each.covers(name, address, port)) return nullptr;
  return &rules_->proxy;
}

std::string ProxySettings::str() const {
  return rules_ ? "http://" + with_port(rules_->proxy.host, rules_->proxy.port) : std::string();
}

}  // namespace entente::syncer
