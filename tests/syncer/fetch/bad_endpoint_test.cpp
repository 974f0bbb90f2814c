// What endpoints do to their clients, and what an operator is then told.
#include "tests/syncer/fetch/fixture.hpp"

namespace entente::test {
namespace {

class BadEndpoint : public HttpsFetcherTest {
 protected:
  // Reads the request, then writes `bytes` over and over.
  static Talk pour(std::string first, std::string bytes) {
    return [first, bytes](std::shared_ptr<tls::Stream> stream) -> asio::awaitable<void> {
      const Status begun = co_await stream->write(first);
      if (!begun) co_return;
      for (;;) {
        const Status sent = co_await stream->write(bytes);
        if (!sent) co_return;
      }
    };
  }
  // A byte every 20 ms.
  static Talk dribble(std::string bytes) {
    return [bytes](std::shared_ptr<tls::Stream> stream) -> asio::awaitable<void> {
      asio::steady_timer pause(co_await asio::this_coro::executor);
      for (const char& byte : bytes) {
        const Status sent = co_await stream->write({&byte, 1});
        if (!sent) co_return;
        pause.expires_after(20ms);
        co_await pause.async_wait(asio::use_awaitable);
      }
    };
  }
  // Writes once, then cuts or closes.
  static Talk say_and_leave(std::string bytes, bool orderly) {
    return [bytes, orderly](std::shared_ptr<tls::Stream> stream) -> asio::awaitable<void> {
      const Status sent = co_await stream->write(bytes);
      if (sent && orderly) co_await stream->shutdown();
      stream->socket().close();
    };
  }
  static Talk say_nothing() {
    return [](std::shared_ptr<tls::Stream> stream) -> asio::awaitable<void> {
      std::vector<char> block(4096);
      for (;;) {
        const auto count = co_await stream->read_some(block);
        if (!count || *count == 0) co_return;
      }
    };
  }

  Result<FetchAnswer> fetch_while(Talk talk, Duration timeout = 10s) {
    TlsServer server(io, authority.web({"localhost"}), std::move(talk));
    return fetch_from(server, timeout);
  }
  Result<FetchAnswer> fetch_answer(const std::string& response) {
    TlsServer server = serving(response);
    return fetch_from(server);
  }
};

TEST_F(BadEndpoint, SilentAfterTheTcpConnectionIsATimeout) {
  TlsServer server = serving("");
  server.be_silent();

  const auto answer = fetch_from(server, 300ms);

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::timeout);
  EXPECT_THAT(answer.error().message(), HasSubstr("no handshake in time"));
}

TEST_F(BadEndpoint, SilentAfterTheHandshakeIsATimeout) {
  const auto answer = fetch_while(say_nothing(), 300ms);

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::timeout);
  EXPECT_THAT(answer.error().message(), HasSubstr("no complete answer within 300 ms"));
}

TEST_F(BadEndpoint, DribblingItsHeadersIsATimeoutOfTheWhole) {
  const auto answer =
      fetch_while(dribble(http_response("200 OK", body, "X: " + std::string(1000, 'x') + "\r\n")), 300ms);

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::timeout);
}

TEST_F(BadEndpoint, DribblingItsBodyIsATimeoutOfTheWhole) {
  const auto answer = fetch_while(dribble(http_response("200 OK", std::string(1000, ' '))), 300ms);

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::timeout);
}

TEST_F(BadEndpoint, WithAnEndlessBodyIsCutOff) {
  const auto to_end = fetch_while(pour("HTTP/1.1 200 OK\r\n\r\n", std::string(16384, ' ')));
  const auto chunked = fetch_while(
      pour("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "4000\r\n" + std::string(16384, ' ') + "\r\n"));

  ASSERT_FALSE(to_end);
  EXPECT_EQ(to_end.error().code(), Errc::too_large);
  ASSERT_FALSE(chunked);
  EXPECT_EQ(chunked.error().code(), Errc::too_large);
  EXPECT_THAT(chunked.error().message(), HasSubstr("body over the limit of 1048576 bytes"));
}

TEST_F(BadEndpoint, AnnouncingAHundredMegabytesIsNotListenedTo) {
  const auto answer = fetch_while(pour("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n", " "));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::too_large);
}

TEST_F(BadEndpoint, AnnouncingOneHugeChunkIsCutOff) {
  const auto answer =
      fetch_while(pour("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", std::string(16384, ' ')));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::too_large);
}

TEST_F(BadEndpoint, WithEndlessHeadersIsCutOff) {
  const auto many = fetch_while(pour("HTTP/1.1 200 OK\r\n", "X-Header: value\r\n"));
  const auto one = fetch_while(pour("HTTP/1.1 200 OK\r\nX: ", std::string(1000, 'x')));

  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code(), Errc::too_large);
  EXPECT_THAT(many.error().message(), HasSubstr("headers over the limit"));
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().code(), Errc::too_large);
}

TEST_F(BadEndpoint, SpeakingSomethingElseIsASyntaxError) {
  const auto answer = fetch_while(say_and_leave("220 mail.example ESMTP\r\n\r\n", true));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::syntax);
  EXPECT_THAT(answer.error().message(), HasSubstr("not an HTTP answer"));
}

TEST_F(BadEndpoint, CuttingTheBodyShortIsNeverAnAnswer) {
  const std::string response = http_response("200 OK", std::string(body) + "          ");
  const std::string torn = response.substr(0, response.size() - 5);
  const std::string to_end = "HTTP/1.1 200 OK\r\n\r\n{\"keys\":[]}";

  const auto orderly = fetch_while(say_and_leave(torn, true));
  const auto cut = fetch_while(say_and_leave(torn, false));
  const auto cut_without_length = fetch_while(say_and_leave(to_end, false));
  const auto ended_without_length = fetch_while(say_and_leave(to_end, true));

  EXPECT_FALSE(orderly);
  EXPECT_FALSE(cut);
  EXPECT_FALSE(cut_without_length) << "without a length, only an orderly end of TLS tells that it was all";
  EXPECT_EQ(body_of(ended_without_length), body);
}

TEST_F(BadEndpoint, LeavingWithoutAnAnswerIsAnError) {
  const auto answer = fetch_while(say_and_leave("", true));

  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), HasSubstr("ended before the answer did"));
}

TEST_F(BadEndpoint, AnsweringAnErrorWithAGoodBodyIsAnError) {
  const auto server_error = fetch_answer(http_response("500 Internal Server Error", body));
  const auto other_success = fetch_answer(http_response("203 Non-Authoritative Information", body));

  ASSERT_FALSE(server_error);
  EXPECT_EQ(server_error.error().code(), Errc::http_status);
  EXPECT_THAT(server_error.error().message(), HasSubstr("500 Internal Server Error"));
  ASSERT_FALSE(other_success);
  EXPECT_EQ(other_success.error().code(), Errc::http_status);
}

TEST_F(BadEndpoint, EncodingWhatWasAskedForPlainIsAnError) {
  const auto gzip = fetch_answer(http_response("200 OK", body, "Content-Encoding: gzip\r\n"));
  const auto identity = fetch_answer(http_response("200 OK", body, "Content-Encoding: identity\r\n"));

  ASSERT_FALSE(gzip);
  EXPECT_EQ(gzip.error().code(), Errc::syntax);
  EXPECT_THAT(gzip.error().message(), HasSubstr("gzip"));
  EXPECT_EQ(body_of(identity), body);
}

TEST_F(BadEndpoint, SendingInterimAnswersFirstIsStillHeard) {
  const auto answer = fetch_answer("HTTP/1.1 103 Early Hints\r\n\r\n" + http_response("200 OK", body));

  EXPECT_EQ(body_of(answer), body);
}

// An entity tag goes back into a request: nothing but an entity tag may.
TEST_F(BadEndpoint, SendingAStrangeEntityTagIsAskedUnconditionally) {
  const auto answer = fetch_answer(http_response("200 OK", body, "ETag: unquoted\r\n"));

  ASSERT_TRUE(answer);
  EXPECT_EQ(std::get<syncer::FetchedDocument>(answer->content).etag, "");
}

}  // namespace
}  // namespace entente::test
