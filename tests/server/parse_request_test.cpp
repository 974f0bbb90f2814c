#include "server/parse_request.hpp"

#include <gtest/gtest.h>

namespace entente::server {
namespace {

using State = ParsedRequest::State;

ParsedRequest parse(std::string_view bytes) { return parse_request(bytes, Limits()); }

std::string lines(std::initializer_list<std::string_view> all) {
  std::string text;
  for (const std::string_view line : all) text += std::string(line) + "\r\n";
  return text + "\r\n";
}

Answer refusal_of(std::string_view bytes) {
  const ParsedRequest parsed = parse(bytes);
  EXPECT_EQ(parsed.state, State::refused) << bytes;
  return parsed.refusal;
}

TEST(ParseRequest, ReadsWhatCounts) {
  const std::string text =
      lines({"GET /bundle?x HTTP/1.1", "Host: a.example", "If-None-Match: \"a\"", "if-none-match: \"b\""});

  const ParsedRequest parsed = parse(text);

  ASSERT_EQ(parsed.state, State::complete);
  EXPECT_EQ(parsed.request.method, "GET");
  EXPECT_EQ(parsed.request.target, "/bundle?x");
  EXPECT_EQ(parsed.request.if_none_match, "\"a\",\"b\"");
  EXPECT_TRUE(parsed.request.persistent);
  EXPECT_FALSE(parsed.request.has_body);
  EXPECT_EQ(parsed.size, text.size());
}

TEST(ParseRequest, LeavesWhatFollowsForTheNextRequest) {
  const std::string first = lines({"HEAD / HTTP/1.1", "Host: a"});

  EXPECT_EQ(parse(first + "GET / HT").size, first.size());
}

TEST(ParseRequest, IsIncompleteAtEveryPrefix) {
  const std::string text = lines({"GET / HTTP/1.1", "Host: a.example", "Accept: */*"});
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(parse(std::string_view(text).substr(0, size)).state, State::incomplete) << size;
}

TEST(ParseRequest, PassesOverEmptyLinesBeforeARequest) {
  EXPECT_EQ(parse("\r\n\r\n").state, State::incomplete);
  EXPECT_EQ(parse("\r\n" + lines({"GET / HTTP/1.1", "Host: a"})).state, State::complete);
}

TEST(ParseRequest, KnowsWhoWillNotGoOn) {
  EXPECT_FALSE(parse(lines({"GET / HTTP/1.1", "Host: a", "Connection: close"})).request.persistent);
  EXPECT_FALSE(parse(lines({"GET / HTTP/1.0", "Host: a"})).request.persistent);
}

TEST(ParseRequest, SeesAnAnnouncedBody) {
  EXPECT_TRUE(parse(lines({"GET / HTTP/1.1", "Host: a", "Content-Length: 5"})).request.has_body);
  EXPECT_TRUE(parse(lines({"POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked"})).request.has_body);
  EXPECT_TRUE(parse(lines({"POST / HTTP/1.1", "Host: a", "Content-Length: 99999999999"})).request.has_body);
  EXPECT_FALSE(parse(lines({"GET / HTTP/1.1", "Host: a", "Content-Length: 0"})).request.has_body);
}

TEST(ParseRequest, RefusesWhatIsMalformed) {
  for (const std::string& text :
       {lines({"GET / HTTP/1.1"}), lines({"GET / HTTP/1.1", "Host: a", "Host: b"}),
        lines({"GET / HTTP/2.0", "Host: a"}), lines({"GET /", "Host: a"}),
        lines({"GET / HTTP/1.1", "Host: a", "no colon"}), lines({"GET / HTTP/1.1", "Host: a", "Bad Name: x"}),
        lines({"GET / HTTP/1.1", "Host: a", "Content-Length: x"}),
        lines({"GET / HTTP/1.1", "Host: a", "Content-Length: 5", "Content-Length: 6"}),
        lines({"GET / HTTP/1.1", "Host: a", "Content-Length: 5", "Transfer-Encoding: chunked"}),
        lines({"GET /a b HTTP/1.1", "Host: a"}), lines({"G\x01T / HTTP/1.1", "Host: a"}),
        std::string("GET / HTTP/1.1\nHost: a\n\n"), std::string("\n"), std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")})
    EXPECT_EQ(refusal_of(text), Answer::bad_request) << text;
}

TEST(ParseRequest, RefusesATargetOver8KiB) {
  const std::string most(8192 - 1, 'x'), over(8192, 'x');

  EXPECT_EQ(parse(lines({"GET /" + most + " HTTP/1.1", "Host: a"})).state, State::complete);
  EXPECT_EQ(refusal_of(lines({"GET /" + over + " HTTP/1.1", "Host: a"})), Answer::target_too_long);
  EXPECT_EQ(refusal_of("GET /" + over), Answer::target_too_long);
}

TEST(ParseRequest, RefusesAHeaderOver16KiB) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ", end = "\r\n\r\n";
  const std::string most(16384 - start.size() - end.size(), 'x');

  EXPECT_EQ(parse(start + most + end).state, State::complete);
  EXPECT_EQ(refusal_of(start + most + "x" + end), Answer::header_too_large);
  EXPECT_EQ(refusal_of(start + most + "xxxxx"), Answer::header_too_large);
  EXPECT_EQ(refusal_of(std::string(16385, 'x')), Answer::header_too_large);
}

}  // namespace
}  // namespace entente::server
