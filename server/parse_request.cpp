#include "server/parse_request.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "server/plain_request.hpp"

namespace entente::server {
namespace {

namespace http = boost::beast::http;
using Parser = http::request_parser<http::empty_body>;

std::string text(boost::beast::string_view view) { return std::string(view.data(), view.size()); }

ParsedRequest refused(Answer answer) {
  ParsedRequest parsed;
  parsed.state = ParsedRequest::State::refused;
  parsed.refusal = answer;
  return parsed;
}

// RFC 9112 2.2: empty lines before a request are passed over.
std::size_t leading_empty_lines(std::string_view bytes) {
  std::size_t size = 0;
  while (bytes.substr(size).starts_with("\r\n")) size += 2;
  return size;
}

// The target's length as far as it has come, by the request line alone.
std::size_t target_length(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  const std::size_t begin = line.find(' ');
  if (begin == std::string_view::npos) return 0;
  return std::min(line.find(' ', begin + 1), line.size()) - begin - 1;
}

// Before the header section is complete: what can be refused already.
ParsedRequest judge_incomplete(std::string_view bytes, const Limits& limits) {
  if (target_length(bytes) > limits.target_size) return refused(Answer::target_too_long);
  if (bytes.size() > limits.header_size) return refused(Answer::header_too_large);
  const std::size_t line_end = bytes.find('\n');
  const bool bare = line_end != std::string_view::npos && (line_end == 0 || bytes[line_end - 1] != '\r');
  if (bare) return refused(Answer::bad_request);
  return {};
}

std::string joined(const Parser::value_type& message, http::field name) {
  std::string all;
  const auto [first, last] = message.equal_range(name);
  for (auto field = first; field != last; ++field) all += (all.empty() ? "" : ",") + text(field->value());
  return all;
}

// RFC 9112 3.2: exactly one Host, which only HTTP/1.0 may leave out.
bool host_is_right(const Parser::value_type& message) {
  const auto count = message.count(http::field::host);
  return count == 1 || (count == 0 && message.version() == 10);
}

bool announces_body(const Parser& parser) {
  const auto length = parser.content_length();
  return parser.chunked() || (length && *length > 0);
}

ParsedRequest parse_header(std::string_view header, const Limits& limits) {
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(limits.header_size + 1));
  parser.body_limit(boost::none);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(header.data(), header.size()), error);
  if (error || !parser.is_header_done() || !host_is_right(parser.get())) return refused(Answer::bad_request);

  const Parser::value_type& message = parser.get();
  ParsedRequest parsed;
  parsed.state = ParsedRequest::State::complete;
  parsed.request.method = text(message.method_string());
  parsed.request.target = text(message.target());
  parsed.request.persistent = message.version() == 11 && message.keep_alive();
  parsed.request.has_body = announces_body(parser) || message.count(http::field::transfer_encoding) > 0;
  parsed.request.if_none_match = joined(message, http::field::if_none_match);
  return parsed;
}

}  // namespace

ParsedRequest parse_request(std::string_view bytes, const Limits& limits) {
  const std::size_t skipped = leading_empty_lines(bytes);
  if (skipped > limits.header_size) return refused(Answer::bad_request);
  const std::string_view message = bytes.substr(skipped);
  const std::size_t end = message.find("\r\n\r\n");
  if (end == std::string_view::npos) return judge_incomplete(message, limits);
  const std::string_view header = message.substr(0, end + 4);
  if (target_length(header) > limits.target_size) return refused(Answer::target_too_long);
  if (header.size() > limits.header_size) return refused(Answer::header_too_large);
  ParsedRequest parsed;
  if (auto plain = read_plain_request(header)) {
    parsed.state = ParsedRequest::State::complete;
    parsed.request = std::move(*plain);
  } else {
    parsed = parse_header(header, limits);
  }
  parsed.size = skipped + header.size();
  return parsed;
}

}  // namespace entente::server
