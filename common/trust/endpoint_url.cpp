#include "common/trust/endpoint_url.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <charconv>

namespace entente::trust {
namespace {

namespace urls = boost::urls;

constexpr std::size_t max_size = 8192;  // what request targets are limited to nearly everywhere

Error bad(const std::string& problem) { return Error(Errc::invalid_argument, "endpoint url: " + problem); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), lower);
  return text;
}

// A name that can be resolved and compared with a certificate's: no percent-encoding, no sub-delimiters.
bool plain_name(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

// "2130706433", "127.1", "0x7f.1": no DNS name, but an address to many resolvers and proxies.
bool ends_in_a_number(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::string_view last = host.substr(host.rfind('.') + 1);
  if (last.starts_with("0x")) return true;
  return !last.empty() && std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Status check_components(const urls::url_view& url) {
  const std::string scheme = lowered(std::string(url.scheme()));
  if (scheme != "https") return bad("scheme must be https, not " + scheme);
  if (!url.has_authority() || url.encoded_host().empty()) return bad("host is missing");
  // The userinfo may hold a password: it is not repeated.
  if (url.has_userinfo()) return bad("must not carry user information (user@host)");
  if (url.has_fragment()) return bad("must not carry a fragment (#...)");
  return ok();
}

Result<std::string> read_host(const urls::url_view& url) {
  if (url.host_type() == urls::host_type::ipvfuture) return bad("host must be a DNS name, an IPv4 or an IPv6 address");
  std::string host = lowered(std::string(url.encoded_host_address()));
  if (url.host_type() == urls::host_type::name && (!plain_name(host) || ends_in_a_number(host) || host.size() > 253))
    return bad("host \"" + host + "\" is not a DNS name");
  return host;
}

Result<std::uint16_t> read_port(const urls::url_view& url) {
  const std::string text(url.port());
  if (text.empty()) return std::uint16_t{443};
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0)
    return bad("port must be between 1 and 65535, not " + text);
  return port;
}

std::string read_target(const urls::url_view& url) {
  std::string target(url.encoded_path());
  if (target.empty()) target = "/";
  if (url.has_query()) target += "?" + std::string(url.encoded_query());
  return target;
}

}  // namespace

Result<EndpointUrl> EndpointUrl::parse(std::string_view text) {
  if (text.empty()) return bad("is empty");
  if (text.size() > max_size) return bad("is longer than " + std::to_string(max_size) + " bytes");
  const auto parsed = urls::parse_uri(urls::string_view(text.data(), text.size()));
  if (!parsed) return bad("is not a URL (RFC 3986), such as https://b.example:8443/");
  if (const Status good = check_components(*parsed); !good) return good.error();
  const Result<std::string> host = read_host(*parsed);
  if (!host) return host.error();
  const Result<std::uint16_t> port = read_port(*parsed);
  if (!port) return port.error();
  EndpointUrl url;
  url.text_ = text;
  url.host_ = *host;
  url.host_is_address_ = parsed->host_type() != urls::host_type::name;
  url.port_ = *port;
  url.target_ = read_target(*parsed);
  return url;
}

Result<EndpointUrl> EndpointUrl::resolve(std::string_view location) const {
  if (location.size() > max_size)
    return bad("is longer than " + std::to_string(max_size) + " bytes").within("location");
  const auto reference = urls::parse_uri_reference(urls::string_view(location.data(), location.size()));
  if (!reference) return bad("is not a URL (RFC 3986)").within("location");
  const auto base = urls::parse_uri(text_);
  urls::url target(*base);
  if (const auto resolved = target.resolve(*reference); !resolved)
    return bad("cannot be resolved against " + text_).within("location");
  Result<EndpointUrl> url = parse(std::string_view(target.buffer().data(), target.buffer().size()));
  if (!url) return url.error().within("location");
  return url;
}

std::string EndpointUrl::authority() const {
  const bool ipv6 = host_.find(':') != std::string::npos;
  std::string authority = ipv6 ? "[" + host_ + "]" : host_;
  if (port_ != 443) authority += ":" + std::to_string(port_);
  return authority;
}

}  // namespace entente::trust
