#include "syncer/fetch/https_fetcher.hpp"

#include <map>
#include <utility>

#include "common/base/encoding.hpp"
#include "syncer/fetch/connection.hpp"
#include "syncer/fetch/network.hpp"
#include "syncer/fetch/redirect.hpp"

namespace entente::syncer {
namespace {

// Between polls a peer keeps a connection about this long; longer is a descriptor for nothing.
constexpr auto kept_for = std::chrono::seconds(90);

SteadyTime now_steady() { return std::chrono::steady_clock::now(); }

// What is kept of one host and port between fetches: the TLS session is in the context.
struct Route {
  std::shared_ptr<const tls::ClientContext> context;
  std::unique_ptr<Connection> idle;
  std::uint64_t last_fetch = 0;
};
using Routes = std::map<std::string, Route>;

// One fetch as it goes on: what is asked, of whom by now, and until when. On the heap and shared by the coroutines that
// carry it out: gcc 12 objects to frames over 1 KB when it optimises.
struct Exchange {
  FetchRequest request;
  SteadyTime until;
  std::vector<trust::EndpointUrl> visited;  // the last one is asked
  Reach reach = Reach::anywhere;            // of the last one

  const trust::EndpointUrl& url() const { return visited.back(); }
};
using ExchangePtr = std::shared_ptr<Exchange>;

struct Exchanged {
  HttpAnswer answer;
  std::string address, certificate;
  std::optional<asio::ip::address> peer;
};
using ExchangedPtr = std::unique_ptr<Exchanged>;

Error exchange_error(const Error& error, const Connection& connection, Duration timeout) {
  const std::string& address = connection.address;
  if (error.code() == Errc::timeout)
    return Error(Errc::timeout, "http: " + address + ": no complete answer within " + describe_duration(timeout));
  if (error.code() == Errc::io) return Error(Errc::connect, "connection to " + address + " lost: " + error.message());
  return error.within(address);
}

Error on_the_way(const Error& error, const Exchange& wanted) {
  return wanted.visited.size() > 1 ? error.within("redirected to " + wanted.url().str()) : error;
}

// Where only a proxy knows the address there is nothing to judge, as there was not when the connection was opened.
bool may_lead_to(const Connection& connection, Reach reach) {
  return reach == Reach::anywhere || !connection.peer || !is_private(*connection.peer);
}

std::string fingerprint_of(const std::vector<crypto::Certificate>& chain) {
  return chain.empty() ? std::string() : hex_encode(chain.front().fingerprint());
}

Result<FetchAnswer> judge(Exchanged& exchanged, const trust::EndpointUrl& url, bool conditional) {
  HttpAnswer& answer = exchanged.answer;
  FetchAnswer good{NotModified{}, exchanged.address, url.str(), exchanged.certificate};
  if (answer.status == 200) good.content = FetchedDocument{std::move(answer.body), std::move(answer.etag)};
  if (answer.status == 200 || (answer.status == 304 && conditional)) return good;
  std::string words = "the endpoint answered " + std::to_string(answer.status) + " " + printable(answer.reason);
  if (answer.status == 304) words += " to a request without If-None-Match";
  return Error(Errc::http_status, words);
}

class HttpsFetcher final : public Fetcher {
 public:
  HttpsFetcher(Surroundings surroundings, std::shared_ptr<tls::SystemRoots> system_roots)
      : surroundings_(std::move(surroundings)),
        system_roots_(system_roots ? std::move(system_roots) : std::make_shared<tls::SystemRoots>()),
        idle_timer_(surroundings_.executor) {}

  asio::awaitable<Result<FetchAnswer>> fetch(FetchRequest request) override {
    prepare(request);
    const SteadyTime until = now_steady() + std::chrono::duration_cast<SteadyTime::duration>(request.timeout);
    std::vector<trust::EndpointUrl> visited = {request.url};
    auto wanted = std::make_shared<Exchange>(Exchange{std::move(request), until, std::move(visited)});
    return follow(std::move(wanted));
  }

 private:
  asio::awaitable<Result<FetchAnswer>> follow(ExchangePtr wanted) {
    for (;;) {
      Result<ExchangedPtr> exchanged = co_await perform(wanted);
      if (!exchanged) co_return on_the_way(exchanged.error(), *wanted);
      if (!is_redirect((*exchanged)->answer.status)) {
        tidy();
        co_return judge(**exchanged, wanted->url(), !wanted->request.etag.empty());
      }
      Result<trust::EndpointUrl> next = next_hop(wanted->visited, (*exchanged)->answer);
      if (!next) co_return next.error();
      wanted->visited.push_back(std::move(*next));
      wanted->reach = reach_after((*exchanged)->peer, wanted->request.allow_private_redirects);
    }
  }

  // Old trust must not live on in connections and sessions.
  void prepare(const FetchRequest& request) {
    ++fetches_;
    const bool other_roots = take_system_roots(request.anchors);
    if (other_roots || !url_ || !(*url_ == request.url) || !same_anchors(*anchors_, request.anchors)) routes_->clear();
    url_ = request.url;
    anchors_ = request.anchors;
  }

  // Whether they are others than before. Where they cannot be read, the connection's own attempt says why.
  bool take_system_roots(const Anchors& anchors) {
    const auto* web = std::get_if<WebAnchors>(&anchors);
    tls::RootStorePtr today;
    if (web != nullptr && !web->roots)
      if (auto read = system_roots_->current(surroundings_.clock.now())) today = std::move(*read);
    return std::exchange(roots_in_use_, today) != today;
  }

  // Forgets what a former redirect led to, and in a while the connections.
  void tidy() {
    std::erase_if(*routes_, [this](const auto& entry) { return entry.second.last_fetch != fetches_; });
    idle_timer_.expires_after(kept_for);
    idle_timer_.async_wait([weak = std::weak_ptr(routes_)](const boost::system::error_code& error) {
      const auto routes = weak.lock();
      if (error || !routes) return;
      for (auto& [name, route] : *routes) route.idle.reset();
    });
  }

  Result<Route*> route_to(const trust::EndpointUrl& url, const Anchors& anchors) {
    Route& route = (*routes_)[url.host() + " " + std::to_string(url.port())];
    route.last_fetch = fetches_;
    if (route.context) return &route;
    auto context = tls::ClientContext::create(client_options(anchors, url, surroundings_.clock, roots_in_use_));
    if (!context) return Error(Errc::tls, context.error().message());
    route.context = std::move(*context);
    return &route;
  }

  asio::awaitable<Result<ExchangedPtr>> perform(ExchangePtr wanted) {
    const Result<Route*> found = route_to(wanted->url(), wanted->request.anchors);
    if (!found) co_return found.error();
    Route& route = **found;
    std::unique_ptr<Connection> kept = std::move(route.idle);
    if (kept && !may_lead_to(*kept, wanted->reach)) kept.reset();
    if (kept && still_proven(*kept, wanted->request.anchors, surroundings_.clock.now())) {
      ExchangeProgress progress;
      Result<ExchangedPtr> exchanged = co_await over(route, std::move(kept), wanted, progress, /*is_kept=*/true);
      const bool cancelled = !exchanged && exchanged.error().code() == Errc::cancelled;
      if (exchanged || cancelled || progress.any_bytes) co_return exchanged;
    }
    kept.reset();
    co_return co_await perform_anew(route, std::move(wanted));
  }

  asio::awaitable<Result<ExchangedPtr>> perform_anew(Route& route, ExchangePtr wanted) {
    Destination destination{wanted->url(), route.context, wanted->reach};
    auto opened = co_await open_connection(surroundings_, std::move(destination), wanted->until);
    if (!opened) co_return opened.error();
    std::unique_ptr<Connection> fresh = std::move(*opened);
    if (fresh->stream.resumed() && !still_proven(*fresh, wanted->request.anchors, surroundings_.clock.now())) {
      // The session outlived what it proved: all over again, from nothing.
      route.context.reset();
      fresh.reset();
      co_return co_await perform(std::move(wanted));
    }
    ExchangeProgress progress;
    co_return co_await over(route, std::move(fresh), wanted, progress, /*is_kept=*/false);
  }

  // `is_kept`: such a connection may have died unseen; it gets half of the time to prove the contrary.
  asio::awaitable<Result<ExchangedPtr>> over(Route& route, std::unique_ptr<Connection> connection, ExchangePtr wanted,
                                             ExchangeProgress& progress, bool is_kept) {
    tls::Stream& stream = connection->stream;
    const FetchRequest& request = wanted->request;
    HttpGet get{wanted->url().authority(), wanted->url().target(), request.etag, request.body_limit};
    const SteadyTime start = now_steady();
    const SteadyTime half = is_kept ? start + (wanted->until - start) / 2 : wanted->until;
    const Deadline at_half(surroundings_.executor, half, [&] {
      if (!progress.any_bytes) stream.abort();
    });
    const Deadline at_end(surroundings_.executor, wanted->until, [&stream] { stream.abort(); });
    Result<HttpAnswer> answer = co_await exchange(stream, std::move(get), progress);
    if (!answer) co_return exchange_error(answer.error(), *connection, request.timeout);
    auto exchanged = std::make_unique<Exchanged>(
        Exchanged{std::move(*answer), connection->address, fingerprint_of(connection->chain), connection->peer});
    if (exchanged->answer.keep) route.idle = std::move(connection);
    co_return exchanged;
  }

  Surroundings surroundings_;
  std::shared_ptr<tls::SystemRoots> system_roots_;
  tls::RootStorePtr roots_in_use_;  // null: the anchors are others
  std::shared_ptr<Routes> routes_ = std::make_shared<Routes>();
  asio::steady_timer idle_timer_;
  std::optional<trust::EndpointUrl> url_;
  std::optional<Anchors> anchors_;
  std::uint64_t fetches_ = 0;
};

}  // namespace

std::unique_ptr<Fetcher> make_https_fetcher(asio::any_io_executor executor, Resolver& resolver, Clock& clock,
                                            ProxySettings proxy, std::shared_ptr<tls::SystemRoots> system_roots) {
  Surroundings surroundings{std::move(executor), resolver, clock, std::move(proxy)};
  return std::make_unique<HttpsFetcher>(std::move(surroundings), std::move(system_roots));
}

}  // namespace entente::syncer
