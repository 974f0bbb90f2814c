// Which endpoints are reached through an HTTP proxy: what https_proxy and no_proxy say, read as Go's programs (SPIRE
// among them) read them. Values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/base/secret.hpp"

namespace entente::syncer {

struct Proxy {
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 80;
  SecretBytes credentials;  // "user:password" for `Proxy-Authorization: Basic` (RFC 7617); empty: none
};

// Immutable; copying shares.
class ProxySettings {
 public:
  ProxySettings() = default;  // no proxy

  // https_proxy, else HTTPS_PROXY; no_proxy, else NO_PROXY; an empty one counts as none. The error names the variable
  // and never repeats a proxy's value, which may hold a password.
  static Result<ProxySettings> from_environment();

  // `https_proxy`: http://[user:password@]host[:port][/], or that without http://; the port is 80 where none is said. A
  // proxy to which TLS or SOCKS is spoken is an error.
  // `no_proxy`, with commas or blanks between: `*` (no proxy at all); an address or a network (10.0.0.0/8), which hosts
  // given by address are compared with, names are never resolved for it; b.example, which is that name and all below
  // it; .b.example and *.b.example, which are the names below it alone. All but networks may end in :port.
  static Result<ProxySettings> parse(std::string_view https_proxy, std::string_view no_proxy);

  // Null: directly. `localhost` and loopback addresses always are. Lives as long as these settings or a copy of them.
  const Proxy* proxy_for(std::string_view host, std::uint16_t port) const;

  // "http://proxy.example:3128", without credentials; "" where there is none.
  std::string str() const;

 private:
  struct Rules;
  std::shared_ptr<const Rules> rules_;
};

}  // namespace entente::syncer
