#include "common/client/endpoint_socket.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <cstdlib>

namespace entente::client {
namespace {

Error illegal(std::string_view text, std::string_view why) {
  return Error(Errc::invalid_argument, "socket \"" + std::string(text) + "\": " + std::string(why) +
                                           "; it must be unix:///absolute/path or tcp://IP:port");
}

Result<std::string> parse_unix(std::string_view text, std::string_view rest) {
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    if (!rest.starts_with('/')) return illegal(text, "a unix socket has no authority, and its path is absolute");
  }
  if (!rest.starts_with('/') || rest.size() < 2) return illegal(text, "the path is not absolute");
  if (rest.starts_with("//")) return illegal(text, "the path begins with two slashes");
  if (rest.find_first_of("?#") != std::string_view::npos) return illegal(text, "a query or fragment is not allowed");
  if (rest.find('\0') != std::string_view::npos) return illegal(text, "there is a NUL in the path");
  return "unix:" + std::string(rest);
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  return problem == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

Result<std::string> parse_tcp(std::string_view text, std::string_view rest) {
  if (!rest.starts_with("//")) return illegal(text, "the address is missing");
  rest.remove_prefix(2);
  if (rest.find_first_of("/?#@") != std::string_view::npos)
    return illegal(text, "there is more than an address and a port");
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos || !is_port(rest.substr(colon + 1))) return illegal(text, "the port is missing");
  std::string host(rest.substr(0, colon));
  in6_addr address{};
  if (::inet_pton(AF_INET, host.c_str(), &address) == 1) return "ipv4:" + std::string(rest);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed && ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &address) == 1) {
    return "ipv6:" + std::string(rest);
  }
  return illegal(text, "the host is no IP address");
}

}  // namespace

Result<std::string> parse_endpoint_socket(std::string_view text) {
  if (text.starts_with("unix:")) return parse_unix(text, text.substr(5));
  if (text.starts_with("tcp:")) return parse_tcp(text, text.substr(4));
  return illegal(text, "the scheme is neither unix nor tcp");
}

Result<std::string> find_endpoint_socket(const std::optional<std::string>& given, SocketNames names) {
  if (given) return parse_endpoint_socket(given->starts_with('/') ? "unix://" + *given : *given);
  const char* const value = std::getenv(names.variable);
  if (value == nullptr || *value == '\0') {
    return Error(Errc::invalid_argument,
                 std::string("no socket is given: pass ") + names.flag + ", or set " + names.variable);
  }
  Result<std::string> target = parse_endpoint_socket(value);
  if (!target) return target.error().within(names.variable);
  return target;
}

}  // namespace entente::client
