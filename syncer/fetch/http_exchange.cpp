// The one file of the client's side that includes Beast.
#include "syncer/fetch/http_exchange.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>

#include "common/base/plain_text.hpp"
#include "common/base/secret.hpp"

namespace entente::syncer {
namespace {

namespace http = boost::beast::http;
using Parser = http::response_parser<http::string_body>;

constexpr std::size_t header_limit = 16U << 10;
constexpr std::size_t buffer_size = 2 * header_limit;
constexpr std::size_t drain_limit = 16U << 10;  // the body of an answer that is not a bundle, to keep the connection
constexpr int most_interim_answers = 4;
constexpr std::size_t longest_etag = 1024;

std::string request_text(const HttpGet& request) {
  std::string text = "GET " + request.target + " HTTP/1.1\r\nHost: " + request.authority +
                     "\r\nUser-Agent: entente/" ENTENTE_VERSION
                     "\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n";
  if (!request.etag.empty()) text += "If-None-Match: " + request.etag + "\r\n";
  return text + "\r\n";
}

// entity-tag of RFC 9110 8.8.3: what is sent back in a header must be nothing but that.
bool is_entity_tag(std::string_view text) {
  if (text.size() > longest_etag) return false;
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  text = text.substr(1, text.size() - 2);
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
  });
}

Error parse_error(const boost::beast::error_code& error) {
  if (error == http::error::header_limit)
    return Error(Errc::too_large, "http: headers over the limit of " + std::to_string(header_limit) + " bytes");
  if (error == http::error::partial_message || error == http::error::end_of_stream)
    return Error(Errc::syntax, "http: the connection ended before the answer did");
  return Error(Errc::syntax, "http: not an HTTP answer: " + error.message());
}

Error too_large(std::size_t limit) {
  return Error(Errc::too_large, "http: body over the limit of " + std::to_string(limit) + " bytes");
}

// Bytes from the stream into the parser, and no further than it asks.
template <class Stream>
class AnswerReader {
 public:
  AnswerReader(Stream& stream, ExchangeProgress& progress) : stream_(stream), progress_(progress) {
    reset();
    buffer_.resize(buffer_size);
  }

  Parser& parser() { return *parser_; }
  bool leftover() const { return begin_ != end_; }

  // The headers of the final answer: interim ones (1xx) are passed over.
  asio::awaitable<Status> read_header() {
    for (int interim = 0; interim <= most_interim_answers; ++interim) {
      while (!parser_->is_header_done()) {
        const Status fed = co_await step();
        if (!fed) co_return fed.error();
      }
      const unsigned status = parser_->get().result_int();
      if (status == 101) co_return Error(Errc::syntax, "http: an upgrade that nobody asked for");
      if (status / 100 != 1) co_return ok();
      reset();
    }
    co_return Error(Errc::syntax, "http: too many interim answers");
  }

  asio::awaitable<Status> read_body(std::size_t limit) {
    parser_->eager(true);
    while (!parser_->is_done()) {
      const Status fed = co_await step();
      if (!fed) co_return fed.error();
      if (parser_->get().body().size() > limit) co_return too_large(limit);
    }
    co_return ok();
  }

 private:
  void reset() {
    parser_.emplace();
    parser_->header_limit(header_limit);
    parser_->body_limit(boost::none);  // counted here, where the limit depends on the status
  }

  asio::awaitable<Status> step() {
    if (begin_ != end_) {
      boost::beast::error_code error;
      begin_ += parser_->put(boost::asio::const_buffer(buffer_.data() + begin_, end_ - begin_), error);
      if (error && error != http::error::need_more) co_return parse_error(error);
      if (!error) co_return ok();
    }
    co_return co_await read_more();
  }

  asio::awaitable<Status> read_more() {
    buffer_.erase(0, begin_);
    buffer_.resize(buffer_size);
    end_ -= begin_;
    begin_ = 0;
    if (end_ == buffer_size) co_return Error(Errc::too_large, "http: a chunk header without an end");
    const std::span<char> room(buffer_.data() + end_, buffer_size - end_);
    const Result<std::size_t> count = co_await stream_.read_some(room);
    if (!count) co_return count.error();
    if (*count > 0) {
      progress_.any_bytes = true;
      end_ += *count;
      co_return ok();
    }
    boost::beast::error_code error = http::error::partial_message;
    if (parser_->got_some()) parser_->put_eof(error);
    if (error) co_return parse_error(error);
    co_return ok();
  }

  Stream& stream_;
  ExchangeProgress& progress_;
  std::optional<Parser> parser_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;
};

constexpr std::size_t longest_shown = 80;

// Codings that were not asked for, and would be taken for the bundle.
Status check_codings(const Parser::value_type& message) {
  const auto content = message[http::field::content_encoding];
  if (!content.empty() && !boost::beast::iequals(content, "identity"))
    return Error(Errc::syntax,
                 "http: content coding \"" + plain_text(content, longest_shown) + "\" though none was asked for");
  const auto transfer = message[http::field::transfer_encoding];
  if (!transfer.empty() && !boost::beast::iequals(transfer, "chunked"))
    return Error(Errc::syntax,
                 "http: transfer coding \"" + plain_text(transfer, longest_shown) + "\" is not supported");
  return ok();
}

HttpAnswer answer_from(const Parser::value_type& message) {
  HttpAnswer answer;
  answer.status = message.result_int();
  answer.reason = std::string(message.reason());
  answer.location = std::string(message[http::field::location]);
  answer.date = std::string(message[http::field::date]);
  answer.content_type = std::string(message[http::field::content_type]);
  const std::string etag(message[http::field::etag]);
  if (is_entity_tag(etag)) answer.etag = etag;
  return answer;
}

// An answer that is not a bundle is worth its body only where that is short and said to be.
asio::awaitable<void> drain(AnswerReader<tls::Stream>& reader, HttpAnswer& answer) {
  Parser& parser = reader.parser();
  const auto length = parser.content_length();
  if (!parser.is_done() && (!length || *length > drain_limit)) co_return;
  const Status drained = co_await reader.read_body(drain_limit);
  answer.keep = drained && parser.keep_alive() && !reader.leftover();
}

// A connection without TLS, with a stream's two calls.
class PlainStream {
 public:
  explicit PlainStream(asio::ip::tcp::socket& socket) : socket_(socket) {}

  asio::awaitable<Result<std::size_t>> read_some(std::span<char> buffer) {
    const auto room = asio::buffer(buffer.data(), buffer.size());
    const auto [error, count] = co_await socket_.async_read_some(room, asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::eof) co_return std::size_t{0};
    if (error) co_return failure(error);
    co_return count;
  }

  asio::awaitable<Status> write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto left = asio::buffer(bytes.data(), bytes.size());
      const auto [error, count] = co_await socket_.async_write_some(left, asio::as_tuple(asio::use_awaitable));
      if (error) co_return failure(error);
      bytes.remove_prefix(count);
    }
    co_return ok();
  }

 private:
  static Error failure(const boost::system::error_code& error) {
    if (error == asio::error::operation_aborted) return Error(Errc::cancelled, "cancelled");
    return Error(Errc::connect, "connection lost: " + error.message());
  }

  asio::ip::tcp::socket& socket_;
};

std::string connect_text(const TunnelRequest& request) {
  std::string text = "CONNECT " + request.authority + " HTTP/1.1\r\nHost: " + request.authority +
                     "\r\nUser-Agent: entente/" ENTENTE_VERSION "\r\n";
  if (!request.authorization.empty()) text += "Proxy-Authorization: " + request.authorization + "\r\n";
  return text + "\r\n";
}

}  // namespace

std::string printable(std::string_view reason) {
  constexpr std::size_t longest = 80;
  std::string text(reason.substr(0, longest));
  for (char& c : text)
    if (c < 0x20 || c > 0x7e) c = '?';
  return text;
}

asio::awaitable<Status> open_tunnel(asio::ip::tcp::socket& socket, TunnelRequest request) {
  PlainStream stream(socket);
  std::string text = connect_text(request);
  const Status sent = co_await stream.write(text);
  wipe(text.data(), text.size());
  wipe(request.authorization.data(), request.authorization.size());
  if (!sent) co_return sent.error();
  ExchangeProgress progress;
  const auto reader = std::make_unique<AnswerReader<PlainStream>>(stream, progress);
  const Status header = co_await reader->read_header();
  if (!header) {
    const bool cancelled = header.error().code() == Errc::cancelled;
    co_return Error(cancelled ? Errc::cancelled : Errc::connect, header.error().message());
  }
  const auto& answer = reader->parser().get();
  if (answer.result_int() / 100 != 2)
    co_return Error(Errc::connect, std::to_string(answer.result_int()) + " " + printable(answer.reason()));
  // Whoever is at the other end waits for our ClientHello: what comes before it is not theirs.
  if (reader->leftover()) co_return Error(Errc::connect, "http: more than an answer to CONNECT");
  co_return ok();
}

asio::awaitable<Result<HttpAnswer>> exchange(tls::Stream& stream, HttpGet request, ExchangeProgress& progress) {
  const std::string text = request_text(request);
  const Status sent = co_await stream.write(text);
  if (!sent) co_return sent.error();
  // On the heap: gcc 12 objects to coroutine frames over 1 KB when it optimises.
  const auto held = std::make_unique<AnswerReader<tls::Stream>>(stream, progress);
  AnswerReader<tls::Stream>& reader = *held;
  const Status header = co_await reader.read_header();
  if (!header) co_return header.error();
  Parser& parser = reader.parser();
  HttpAnswer answer = answer_from(parser.get());
  if (answer.status != 200) {
    co_await drain(reader, answer);
    co_return answer;
  }
  const Status codings = check_codings(parser.get());
  if (!codings) co_return codings.error();
  if (const auto length = parser.content_length(); length && *length > request.body_limit)
    co_return too_large(request.body_limit);
  const Status body = co_await reader.read_body(request.body_limit);
  if (!body) co_return body.error();
  answer.keep = parser.keep_alive() && !reader.leftover();
  answer.body = std::move(parser.get().body());
  co_return answer;
}

}  // namespace entente::syncer
