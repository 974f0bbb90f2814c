#include "server/plain_request.hpp"

#include <gtest/gtest.h>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <random>
#include <vector>

namespace entente::server {
namespace {

namespace http = boost::beast::http;

const std::string plain = "GET /bundle?a=1 HTTP/1.1\r\nHost: a.example\r\nUser-Agent: t/1 (x)\r\nAccept: */*\r\n\r\n";

std::string with_field(const std::string& line) {
  std::string text = plain;
  return text.insert(text.size() - 2, line + "\r\n");
}

// What Beast makes of the same bytes; empty where it refuses them.
struct Reading {
  std::string method, target, if_none_match;
  bool persistent = false, has_body = false;
  std::size_t hosts = 0;
};
std::optional<Reading> as_beast_reads(std::string_view header) {
  http::request_parser<http::empty_body> parser;
  parser.body_limit(boost::none);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(header.data(), header.size()), error);
  if (error || !parser.is_header_done()) return std::nullopt;
  const auto& message = parser.get();
  Reading reading;
  reading.method = std::string(message.method_string());
  reading.target = std::string(message.target());
  reading.if_none_match = std::string(message[http::field::if_none_match]);
  reading.persistent = message.version() == 11 && message.keep_alive();
  reading.has_body = parser.chunked() || message.count(http::field::transfer_encoding) > 0 ||
                     parser.content_length().value_or(0) > 0 || message.count(http::field::expect) > 0;
  reading.hosts = message.count(http::field::host);
  return reading;
}

void expect_agreement(const Request& ours, std::string_view header) {
  const std::optional<Reading> beasts = as_beast_reads(header);
  ASSERT_TRUE(beasts) << header;
  EXPECT_EQ(ours.method, beasts->method) << header;
  EXPECT_EQ(ours.target, beasts->target) << header;
  EXPECT_EQ(ours.if_none_match, beasts->if_none_match) << header;
  EXPECT_EQ(ours.persistent, beasts->persistent) << header;
  EXPECT_EQ(ours.has_body, beasts->has_body) << header;
  EXPECT_EQ(beasts->hosts, 1U) << header;
}

TEST(PlainRequest, ReadsWhatClientsSend) {
  const std::vector<std::string> sent{
      plain,
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      with_field("If-None-Match: \"abc\""),
      with_field("if-none-match:\t W/\"abc\", * \t"),
      with_field("Accept-Encoding: gzip"),
      with_field("X-Empty:"),
      "GET https://a.example/x HTTP/1.1\r\nhOST:a\r\n\r\n",
  };
  for (const std::string& header : sent) {
    const std::optional<Request> request = read_plain_request(header);
    ASSERT_TRUE(request) << header;
    expect_agreement(*request, header);
  }
}

TEST(PlainRequest, LeavesToBeastWhatDecidesSomething) {
  const std::vector<std::string> sent{
      with_field("Connection: close"),
      with_field("Proxy-Connection: close"),
      with_field("Content-Length: 0"),
      with_field("Transfer-Encoding: chunked"),
      with_field("Expect: 100-continue"),
      with_field("Upgrade: h2c"),
      with_field("Host: b"),
      with_field(" folded"),
      with_field("Name : value"),
      with_field(": value"),
      with_field("no colon"),
      with_field("Name: v\x01"),
      with_field("Name: v\xff"),
      with_field("Name: a\rb"),
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
      "GET  HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
      "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
      "get / HTTP/1.1\r\nHost: a\r\n\r\n",
      with_field("If-None-Match: \"a\"\r\nIf-None-Match: \"b\""),
  };
  for (const std::string& header : sent) EXPECT_FALSE(read_plain_request(header)) << header;
}

TEST(PlainRequest, NeverReadsWhatBeastReadsOtherwise) {
  const std::vector<std::string> seeds{plain, with_field("If-None-Match: \"abc\""),
                                       with_field("Connection: keep-alive"), with_field("Content-Length: 3")};
  constexpr std::string_view pieces[] = {"\r\n", "\n",
                                         "\r",   " ",
                                         "\t",   ":",
                                         "\0",   "\x7f",
                                         "\x80", "Host: b\r\n",
                                         "a",    "\"",
                                         "/",    "HTTP/1.1",
                                         "GET ", "Content-Length: 1\r\n",
                                         "{",    "?"};
  std::mt19937 random(20260101);
  const auto below = [&random](std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
  };
  int read = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string header = seeds[below(std::size(seeds))];
    for (std::size_t change = below(3) + 1; change > 0; --change) {
      const std::size_t at = below(header.size());
      if (below(2) == 0)
        header.insert(at, pieces[below(std::size(pieces))]);
      else
        header.erase(at, below(3) + 1);
    }
    const std::size_t end = header.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    header.resize(end + 4);
    const std::optional<Request> request = read_plain_request(header);
    if (!request) continue;
    ++read;
    expect_agreement(*request, header);
    if (HasFailure()) return;
  }
  EXPECT_GT(read, 1000) << "too few to show anything";
}

}  // namespace
}  // namespace entente::server
