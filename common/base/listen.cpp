#include "common/base/listen.hpp"

#include <charconv>
#include <cstdint>

namespace entente {
namespace {

using asio::ip::tcp;

Error not_an_address(std::string_view text) {
  return Error(
      Errc::invalid_argument,
      "\"" + std::string(text) + "\" is not an address and port to listen on; write 0.0.0.0:8443 or [::]:8443");
}

}  // namespace

Result<tcp::endpoint> parse_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return not_an_address(text);
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || failure != std::errc() || end != digits.data() + digits.size()) return not_an_address(text);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(std::string(host), error);
  if (error || address.is_v6() != bracketed) return not_an_address(text);
  return tcp::endpoint(address, port);
}

Result<tcp::acceptor> listen_on(asio::any_io_executor executor, std::string_view text) {
  const Result<tcp::endpoint> where = parse_listen(text);
  if (!where) return where.error();
  tcp::acceptor acceptor(executor);
  boost::system::error_code error;
  acceptor.open(where->protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(*where, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return Error(Errc::io, "listen on " + std::string(text) + ": " + error.message());
  return acceptor;
}

}  // namespace entente
