// The clients of the endpoint benchmarks: one thread, plain OpenSSL on non-blocking sockets, so that what it costs is
// small and the same for every server. It prints {"event":"ready"}, waits for a line on its standard input, does its
// operations, prints {"event":"done",...}, and keeps its connections until its standard input ends. Any failed
// operation is an error and makes the exit status 1.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* usage =
    "usage: https_load --port PORT [OPTION VALUE]...\n"
    "  --mode get|handshake|resume|hold   what one operation is (get): a request on a kept connection; a full "
    "handshake\n"
    "                                     and its end; the same resumed; a connection with one request, kept open\n"
    "  --connections N   at once (16); of hold: handshakes at once\n"
    "  --operations N    in all (1000); of hold: connections\n"
    "  --sources N       loopback addresses to connect from, from 127.0.1.1 on (1, at most 250)\n"
    "  --path PATH       (/)\n"
    "  --if-none-match TAG\n"
    "  --status CODE     what an answer must be (200)\n"
    "  --deadline SECONDS (120)\n";

struct Options {
  enum class Mode { get, handshake, resume, hold } mode = Mode::get;
  std::uint16_t port = 0;
  std::size_t connections = 16;
  std::size_t operations = 1000;
  std::size_t sources = 1;
  std::string path = "/";
  std::string if_none_match;
  int status = 200;
  std::chrono::seconds deadline{120};
};

Options::Mode mode_named(const std::string& name) {
  if (name == "get") return Options::Mode::get;
  if (name == "handshake") return Options::Mode::handshake;
  if (name == "resume") return Options::Mode::resume;
  if (name == "hold") return Options::Mode::hold;
  throw std::invalid_argument("no mode " + name);
}

Options parse_options(int count, char** arguments) {
  Options options;
  if (count % 2 == 0) throw std::invalid_argument("every option has one value");
  for (int i = 1; i < count; i += 2) {
    const std::string name = arguments[i], value = arguments[i + 1];
    if (name == "--mode")
      options.mode = mode_named(value);
    else if (name == "--port")
      options.port = static_cast<std::uint16_t>(std::stoul(value));
    else if (name == "--connections")
      options.connections = std::stoul(value);
    else if (name == "--operations")
      options.operations = std::stoul(value);
    else if (name == "--sources")
      options.sources = std::clamp<std::size_t>(std::stoul(value), 1, 250);
    else if (name == "--path")
      options.path = value;
    else if (name == "--if-none-match")
      options.if_none_match = value;
    else if (name == "--status")
      options.status = std::stoi(value);
    else if (name == "--deadline")
      options.deadline = std::chrono::seconds(std::stoul(value));
    else
      throw std::invalid_argument("no option " + name);
  }
  if (options.port == 0 || options.connections == 0 || options.operations == 0)
    throw std::invalid_argument("--port, --connections and --operations must not be 0");
  return options;
}

std::string request_text(const Options& options) {
  std::string text = "GET " + options.path + " HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n";
  if (!options.if_none_match.empty()) text += "If-None-Match: " + options.if_none_match + "\r\n";
  return text + "\r\n";
}

std::string last_error(const std::string& what) {
  char text[256] = "";
  if (const unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return what + ": " + (text[0] != '\0' ? text : errno != 0 ? std::strerror(errno) : "ended");
}

// Finds the end of one HTTP/1.1 answer, with a length or in chunks.
class Answer {
 public:
  // True once it is whole. The bytes must not hold more than this answer.
  bool take(std::string_view bytes) {
    if (headed_) return take_body(bytes);
    head_ += bytes;
    const std::size_t end = head_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::string body = head_.substr(end + 4);
    head_.resize(end + 2);
    std::transform(head_.begin(), head_.end(), head_.begin(), [](unsigned char c) { return std::tolower(c); });
    headed_ = true;
    status_ = head_.size() > 12 ? std::atoi(head_.c_str() + 9) : 0;
    chunked_ = head_.find("\r\ntransfer-encoding: chunked\r\n") != std::string::npos;
    if (const std::size_t at = head_.find("\r\ncontent-length: "); at != std::string::npos)
      left_ = std::strtoull(head_.c_str() + at + 18, nullptr, 10);
    if (status_ == 304) return true;
    return take_body(body);
  }
  int status() const { return status_; }
  std::size_t body_size() const { return taken_; }

 private:
  bool take_body(std::string_view bytes) {
    taken_ += bytes.size();
    if (!chunked_) return taken_ >= left_;
    tail_ += bytes.substr(bytes.size() - std::min(bytes.size(), last_chunk.size()));
    tail_.erase(0, tail_.size() - std::min(tail_.size(), last_chunk.size()));
    return tail_ == last_chunk;
  }

  static constexpr std::string_view last_chunk = "\r\n0\r\n\r\n";
  std::string head_, tail_;
  bool headed_ = false, chunked_ = false;
  int status_ = 0;
  std::size_t left_ = 0, taken_ = 0;
};

struct Tally {
  std::size_t started = 0, done = 0, errors = 0, body_size = 0;
  std::string first_error;
  std::vector<double> microseconds;
};

struct FreeSession {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

// What all clients of the process share.
struct Load {
  Options options;
  std::string request;
  std::unique_ptr<SSL_CTX, FreeContext> context;
  int epoll = -1;
  std::size_t opened = 0;  // connections so far: which source address is next
  Tally tally;
};

// One connection at a time, and one operation after the other.
class Client {
 public:
  explicit Client(Load& load) : load_(load) {}
  ~Client() { drop(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Begins an operation: connects where it is not connected.
  void begin(bool prepare) {
    preparing_ = prepare;
    busy_ = true;
    begun_ = Clock::now();
    answer_ = Answer();
    try {
      if (!ssl_)
        connect();
      else
        phase_ = Phase::sending;
    } catch (const std::exception& fault) {
      fail(fault.what());
    }
    advance();
  }
  // Goes on as far as the socket lets it.
  void advance() {
    try {
      while (busy_ && step()) {
      }
    } catch (const std::exception& fault) {
      fail(fault.what());
    }
  }
  bool busy() const { return busy_; }
  bool failed() const { return failed_; }
  void keep(SSL_SESSION* session) { session_.reset(session); }

 private:
  enum class Phase { handshaking, sending, receiving, ending };

  void connect() {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) throw std::runtime_error(last_error("socket"));
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(socket_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    bind_source();
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(load_.options.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
      throw std::runtime_error(last_error("connect"));
    ssl_.reset(SSL_new(load_.context.get()));
    if (!ssl_ || SSL_set_fd(ssl_.get(), socket_) != 1) throw std::runtime_error(last_error("tls"));
    SSL_set_app_data(ssl_.get(), this);
    SSL_set_connect_state(ssl_.get());
    if (session_ && SSL_set_session(ssl_.get(), session_.get()) != 1) throw std::runtime_error(last_error("session"));
    phase_ = Phase::handshaking;
    watch();
  }

  void bind_source() {
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr =
        htonl(0x7F000101U + static_cast<std::uint32_t>(load_.opened++ % load_.options.sources));  // 127.0.1.1
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0)
      throw std::runtime_error(last_error("bind"));
  }

  void watch() {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = this;
    if (::epoll_ctl(load_.epoll, EPOLL_CTL_ADD, socket_, &event) != 0) throw std::runtime_error(last_error("epoll"));
  }

  // False where the socket must become ready first.
  bool step() {
    switch (phase_) {
      case Phase::handshaking:
        return shake_hands();
      case Phase::sending:
        return send();
      case Phase::receiving:
        return receive();
      case Phase::ending:
        return end();
    }
    return false;
  }

  bool waits(int result, const char* what) {
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
    throw std::runtime_error(last_error(what));
  }

  bool shake_hands() {
    errno = 0;
    if (const int done = SSL_do_handshake(ssl_.get()); done != 1) return !waits(done, "handshake");
    const Options::Mode mode = load_.options.mode;
    const bool ends = mode == Options::Mode::handshake || (mode == Options::Mode::resume && !preparing_);
    const bool resumed = SSL_session_reused(ssl_.get()) == 1;
    if (ends && resumed != (mode == Options::Mode::resume))
      throw std::runtime_error(resumed ? "the session was resumed" : "the session was not resumed");
    phase_ = ends ? Phase::ending : Phase::sending;
    if (ends) {
      SSL_shutdown(ssl_.get());
      ::shutdown(socket_, SHUT_WR);
    }
    return true;
  }

  bool send() {
    const int sent = SSL_write(ssl_.get(), load_.request.data(), static_cast<int>(load_.request.size()));
    if (sent <= 0) return !waits(sent, "write");
    phase_ = Phase::receiving;
    return true;
  }

  bool receive() {
    static std::array<char, 64U << 10> room;
    errno = 0;
    const int got = SSL_read(ssl_.get(), room.data(), room.size());
    if (got <= 0) return !waits(got, "read");
    if (!answer_.take({room.data(), static_cast<std::size_t>(got)})) return true;
    if (answer_.status() != load_.options.status)
      throw std::runtime_error("HTTP status " + std::to_string(answer_.status()));
    load_.tally.body_size = answer_.body_size();
    if (load_.options.mode == Options::Mode::resume) drop();
    finish();
    return false;
  }

  // Reads to the end, so that the server has done all that a connection costs.
  bool end() {
    char room[1024];
    const int got = SSL_read(ssl_.get(), room, sizeof room);
    if (got > 0) return true;
    const int error = SSL_get_error(ssl_.get(), got);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return false;
    ERR_clear_error();
    drop();
    finish();
    return false;
  }

  void finish() {
    busy_ = false;
    if (preparing_) return;
    ++load_.tally.done;
    load_.tally.microseconds.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begun_).count());
  }

  void fail(const std::string& why) {
    drop();
    busy_ = false;
    failed_ = true;
    if (load_.tally.errors++ == 0) load_.tally.first_error = why;
  }

  void drop() {
    // OpenSSL forgets the session of a connection that ended without a word.
    if (ssl_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    ssl_.reset();
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  Load& load_;
  int socket_ = -1;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::unique_ptr<SSL_SESSION, FreeSession> session_;
  Phase phase_ = Phase::handshaking;
  Answer answer_;
  Clock::time_point begun_;
  bool preparing_ = false, busy_ = false, failed_ = false;
};

int keep_session(SSL* ssl, SSL_SESSION* session) {
  static_cast<Client*>(SSL_get_app_data(ssl))->keep(session);
  return 1;
}

std::unique_ptr<SSL_CTX, FreeContext> make_context(Options::Mode mode) {
  std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_client_method()));
  // One protocol, suite and group, so that every server does the same work.
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_128_GCM_SHA256") != 1 ||
      SSL_CTX_set1_groups_list(context.get(), "X25519") != 1)
    throw std::runtime_error(last_error("tls context"));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  if (mode == Options::Mode::resume) {
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context.get(), keep_session);
  }
  return context;
}

using Clients = std::vector<std::unique_ptr<Client>>;

// Lets every busy client go on once; false when the deadline has passed.
bool turn(Load& load, Clock::time_point until) {
  std::array<epoll_event, 256> events;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  if (left <= 0) return false;
  const int count = ::epoll_wait(load.epoll, events.data(), static_cast<int>(events.size()), static_cast<int>(left));
  for (int i = 0; i < count; ++i) static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr)->advance();
  return count > 0 || errno == EINTR;
}

std::size_t busy(const Clients& clients) {
  return static_cast<std::size_t>(
      std::count_if(clients.begin(), clients.end(), [](const auto& client) { return client->busy(); }));
}

void give_up(Load& load) {
  ++load.tally.errors;
  if (load.tally.first_error.empty()) load.tally.first_error = "the deadline has passed";
}

// Every client does one operation that is not counted: connections are then open, or sessions kept.
void prepare(Load& load, Clients& clients, Clock::time_point until) {
  for (const auto& client : clients) client->begin(true);
  while (busy(clients) > 0 && load.tally.errors == 0)
    if (!turn(load, until)) return give_up(load);
}

// Idle clients begin the next operation until all have been begun; a client that failed begins no other.
void run(Load& load, Clients& clients, Clock::time_point until) {
  Tally& tally = load.tally;
  const std::size_t operations = load.options.operations;
  while (tally.done + tally.errors < operations && tally.errors == 0) {
    for (const auto& client : clients) {
      if (tally.started == operations) break;
      if (client->busy() || client->failed()) continue;
      ++tally.started;
      client->begin(false);
    }
    if (tally.done < operations && tally.errors == 0 && busy(clients) > 0 && !turn(load, until)) return give_up(load);
  }
}

// Each client opens a connection and keeps it; only some are in their handshakes at once.
void hold(Load& load, Clients& clients, Clock::time_point until) {
  Tally& tally = load.tally;
  while (tally.done < clients.size() && tally.errors == 0) {
    while (tally.started < clients.size() && tally.started - tally.done < load.options.connections)
      clients[tally.started++]->begin(false);
    if (tally.done < clients.size() && tally.errors == 0 && !turn(load, until)) return give_up(load);
  }
}

double percentile(std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(static_cast<double>(sorted.size()) * share))];
}

void report(Tally& tally, double seconds) {
  std::sort(tally.microseconds.begin(), tally.microseconds.end());
  std::string why = tally.first_error;
  std::replace_if(
      why.begin(), why.end(), [](char c) { return c == '"' || c == '\\' || c == '\n'; }, ' ');
  std::printf(
      "{\"event\":\"done\",\"operations\":%zu,\"errors\":%zu,\"first_error\":\"%s\",\"body_size\":%zu,"
      "\"seconds\":%.3f,\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
      tally.done, tally.errors, why.c_str(), tally.body_size, seconds, percentile(tally.microseconds, 0.5),
      percentile(tally.microseconds, 0.99));
  std::fflush(stdout);
}

int benchmark(const Options& options) {
  Load load{options, request_text(options), make_context(options.mode), ::epoll_create1(EPOLL_CLOEXEC), 0, {}};
  const bool holds = options.mode == Options::Mode::hold;
  load.tally.microseconds.reserve(options.operations);
  Clients clients;
  for (std::size_t i = 0; i < (holds ? options.operations : options.connections); ++i)
    clients.push_back(std::make_unique<Client>(load));
  if (options.mode == Options::Mode::get || options.mode == Options::Mode::resume)
    prepare(load, clients, Clock::now() + options.deadline);
  std::printf("{\"event\":\"ready\"}\n");
  std::fflush(stdout);

  std::string line;
  if (!std::getline(std::cin, line)) return 1;
  const Clock::time_point start = Clock::now();
  if (load.tally.errors == 0) (holds ? hold : run)(load, clients, start + options.deadline);
  report(load.tally, std::chrono::duration<double>(Clock::now() - start).count());
  while (std::getline(std::cin, line)) {
  }
  return load.tally.errors == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return benchmark(parse_options(count, arguments));
  } catch (const std::invalid_argument& fault) {
    std::cerr << "https_load: " << fault.what() << '\n' << usage;
    return 2;
  } catch (const std::exception& fault) {
    std::cerr << "https_load: " << fault.what() << '\n';
    return 1;
  }
}
