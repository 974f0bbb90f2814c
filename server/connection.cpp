#include "server/connection.hpp"

namespace entente::server {
namespace {

constexpr std::size_t read_size = 1024;            // most requests fit; what every idle connection holds
constexpr std::size_t discard_limit = 256U << 10;  // of what a refused client still sends
constexpr std::chrono::seconds discard_time(2);

// After it the client has the bundle that is published.
bool tells_the_bundle(const Decision& decision) {
  return decision.answer == Answer::not_modified || (decision.answer == Answer::bundle && !decision.head_only);
}

}  // namespace

Connection::Connection(std::shared_ptr<Service> service, asio::ip::tcp::socket socket, ConnectionTable::Id id,
                       const ClientAddress& from)
    : service_(std::move(service)),
      id_(id),
      place_(from),
      socket_(std::move(socket)),
      woken_(socket_->get_executor()),
      deadline_(service_->wheel, [this] { abort(); }) {
  service_->open.emplace(id_, this);
  service_->metrics.connections(service_->open.size());
}

Connection::~Connection() {
  service_->table.remove(id_);
  service_->open.erase(id_);
  service_->metrics.connections(service_->open.size());
  service_->ended.raise();
}

void Connection::abort() {
  aborted_ = true;
  woken_.raise();
  if (stream_) stream_->abort();
  socket_.reset();
}

asio::awaitable<void> Connection::run() {
  // Each answer is named before it is asked about: gcc 12 miscompiles co_await in the conditions here.
  bool open = co_await secure();
  while (open) open = co_await serve_request();
}

// One deadline covers the wait for a certificate and the handshake.
asio::awaitable<bool> Connection::secure() {
  deadline_.expire_after(service_->limits.request_timeout);
  while (!service_->tls && !aborted_) {
    const Status woken = co_await woken_.wait();
    if (!woken) co_return false;
  }
  if (aborted_) co_return false;
  stream_.emplace(std::move(*socket_), service_->tls);
  socket_.reset();
  const Status done = co_await stream_->handshake();
  if (done) co_return true;
  service_->metrics.handshake_failed();
  service_->log.debug("endpoint: handshake failed", {{"error", done.error().message()}});
  co_return false;
}

asio::awaitable<bool> Connection::serve_request() {
  const std::optional<ParsedRequest> parsed = co_await receive();
  if (!parsed) co_return false;
  const bool refused = parsed->state == ParsedRequest::State::refused;
  const std::string_view etag = service_->publication ? std::string_view(service_->publication->etag) : "";
  const Decision decision = refused ? refuse(parsed->refusal) : respond(parsed->request, service_->path, etag);
  received_.erase(0, refused ? received_.size() : parsed->size);
  co_return co_await answer(decision, parsed->request.if_none_match);
}

// Empty when the client has ended the connection, or was cut off.
asio::awaitable<std::optional<ParsedRequest>> Connection::receive() {
  if (received_.empty())
    become_idle();
  else
    become_busy();  // pipelined: its bytes are here already
  for (;;) {
    ParsedRequest parsed = parse_request(received_, service_->limits);
    if (parsed.state != ParsedRequest::State::incomplete) co_return parsed;
    if (service_->stopping && received_.empty()) co_return std::nullopt;
    const bool more = co_await read_more();
    if (!more) co_return std::nullopt;
  }
}

asio::awaitable<bool> Connection::read_more() {
  const std::size_t before = received_.size();
  received_.resize(before + read_size);
  const std::span<char> room(received_.data() + before, read_size);
  const Result<std::size_t> got = co_await stream_->read_some(room);
  if (!got || *got == 0) co_return false;
  received_.resize(before + *got);
  if (before == 0) become_busy();
  co_return true;
}

asio::awaitable<bool> Connection::answer(Decision decision, std::string_view if_none_match) {
  decision.close = decision.close || service_->stopping;
  const Time now = std::chrono::system_clock::now();
  const PublicationPtr publication = service_->publication;  // another may come while this one is written
  const auto bytes = service_->answers.of(decision, publication, now);
  const Status sent = co_await stream_->write(*bytes);
  if (!sent) co_return false;
  service_->metrics.answered(decision.answer);
  if (tells_the_bundle(decision)) service_->pollers->asked(place_, if_none_match, publication->etag, now);
  if (decision.close) co_await close_gently();
  co_return !decision.close;
}

// A socket that is closed over unread bytes is reset, and the reset may overtake the answer: so what a refused client
// still sends is read and dropped, for a while.
asio::awaitable<void> Connection::close_gently() {
  deadline_.expire_after(std::min<Duration>(discard_time, service_->limits.request_timeout));
  co_await stream_->shutdown();
  boost::system::error_code ignored;
  stream_->socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  received_.resize(read_size);
  const std::span<char> room(received_);
  for (std::size_t total = 0; total < discard_limit;) {
    const Result<std::size_t> got = co_await stream_->read_some(room);
    if (!got || *got == 0) co_return;
    total += *got;
  }
}

void Connection::become_idle() {
  answering_ = false;
  received_ = std::string();  // a large request's memory is not kept
  deadline_.expire_after(service_->limits.idle_timeout);
  service_->table.set_idle(id_);
}

void Connection::become_busy() {
  answering_ = true;
  deadline_.expire_after(service_->limits.request_timeout);
  service_->table.set_busy(id_);
}

asio::awaitable<void> run_connection(std::unique_ptr<Connection> connection) { co_await connection->run(); }

}  // namespace entente::server
