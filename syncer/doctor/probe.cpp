#include "syncer/doctor/probe.hpp"

#include "common/base/task.hpp"
#include "common/tls/stream.hpp"
#include "syncer/fetch/anchors.hpp"
#include "syncer/fetch/connect.hpp"
#include "syncer/fetch/connection.hpp"
#include "syncer/fetch/http_exchange.hpp"
#include "syncer/fetch/redirect.hpp"

namespace entente::syncer::doctor {
namespace {

using asio::ip::tcp;
using ContextPtr = std::shared_ptr<const tls::ClientContext>;

SteadyTime now_steady() { return std::chrono::steady_clock::now(); }

// A share of what is left: no layer may use up the time of those behind it.
SteadyTime part_of(SteadyTime until, int parts) {
  const auto left = until - now_steady();
  return left.count() > 0 ? now_steady() + left / parts : until;
}

// A handshake that demands nothing, to see what is there.
Result<ContextPtr> undemanding_context(const trust::EndpointUrl& url) {
  tls::ClientContext::Options options;
  if (!url.host_is_address()) options.server_name = url.host();
  options.trust = tls::VerifyChain([](std::span<const crypto::Certificate>) { return ok(); });
  return tls::ClientContext::create(std::move(options));
}

// One address, from TCP up to the answer. On the heap and owned by the look, as gcc 12 objects to large frames.
class AddressLook {
 public:
  AddressLook(const Instruments& instruments, const ProbeRequest& request, const trust::EndpointUrl& url,
              tcp::endpoint at)
      : instruments_(instruments), request_(request), url_(url), endpoint_(std::move(at)) {
    seen_.address = to_text(endpoint_);
    seen_.peer = endpoint_.address();
  }
  AddressLook(const Instruments& instruments, const ProbeRequest& request, const trust::EndpointUrl& url,
              const Proxy& proxy)
      : instruments_(instruments), request_(request), url_(url), proxy_(&proxy) {
    seen_.address = url.authority() + " via " + proxy.host + ":" + std::to_string(proxy.port);
  }

  asio::awaitable<void> run() {
    const SteadyTime half = part_of(request_.until, 2);
    std::unique_ptr<tls::Stream> stream = co_await judged_stream(half);
    if (seen_.tcp) co_return;
    if (!stream) stream = co_await undemanding_stream(part_of(request_.until, 2));
    if (!stream) co_return;
    seen_.chain = stream->peer_chain();
    seen_.verified_chain = stream->verified_chain();
    co_await ask(*stream);
    co_await say_goodbye(*stream);
  }

  AddressSeen& seen() { return seen_; }

 private:
  asio::awaitable<std::unique_ptr<tls::Stream>> judged_stream(SteadyTime until) {
    if (!request_.anchors) {
      seen_.verdict = Error(Errc::no_bootstrap_bundle, "there is no bundle to judge the endpoint's SVID by");
      co_return nullptr;
    }
    const auto options = client_options(*request_.anchors, url_, instruments_.clock);
    Result<ContextPtr> context = tls::ClientContext::create(options);
    if (!context) {
      seen_.verdict = context.error();
      co_return nullptr;
    }
    co_return co_await open(std::move(*context), until, seen_.verdict);
  }

  asio::awaitable<std::unique_ptr<tls::Stream>> undemanding_stream(SteadyTime until) {
    Result<ContextPtr> context = undemanding_context(url_);
    if (!context) {
      seen_.handshake = context.error();
      co_return nullptr;
    }
    co_return co_await open(std::move(*context), until, seen_.handshake);
  }

  // Null where TCP fails (then seen_.tcp says why) or the handshake (then `refusal` does).
  asio::awaitable<std::unique_ptr<tls::Stream>> open(ContextPtr context, SteadyTime until,
                                                     std::optional<Error>& refusal) {
    Result<tcp::socket> socket = co_await connect(until);
    if (!socket) {
      // The second connection of a look: the address accepts some, and what the first one came to stands.
      (reached_ ? refusal : seen_.tcp) = socket.error();
      co_return nullptr;
    }
    reached_ = true;
    auto stream = std::make_unique<tls::Stream>(std::move(*socket), std::move(context));
    tls::Stream& reference = *stream;
    const Deadline deadline(instruments_.executor, until, [&reference] { reference.abort(); });
    const Status done = co_await stream->handshake();
    if (done) co_return stream;
    refusal = done.error();
    co_return nullptr;
  }

  asio::awaitable<Result<tcp::socket>> connect(SteadyTime until) {
    if (proxy_ != nullptr) {
      const Surroundings surroundings{instruments_.executor, instruments_.resolver, instruments_.clock,
                                      instruments_.proxy};
      Result<Tunnel> tunnel = co_await tunnel_through(surroundings, *proxy_, url_, until);
      if (!tunnel) co_return tunnel.error();
      co_return std::move(tunnel->socket);
    }
    std::vector<tcp::endpoint> endpoints{endpoint_};
    Result<Connected> connected =
        co_await connect_any(instruments_.executor, std::move(endpoints), until, instruments_.clock);
    if (!connected) co_return connected.error();
    co_return std::move(connected->socket);
  }

  asio::awaitable<void> ask(tls::Stream& stream) {
    const Deadline deadline(instruments_.executor, request_.until, [&stream] { stream.abort(); });
    ExchangeProgress progress;
    HttpGet get{url_.authority(), url_.target(), "", request_.body_limit};
    Result<HttpAnswer> answer = co_await exchange(stream, std::move(get), progress);
    if (!answer) {
      seen_.http = answer.error();
      co_return;
    }
    keep(*answer);
    if (!request_.ask_again_with_etag || answer->etag.empty() || !answer->keep) co_return;
    HttpGet again{url_.authority(), url_.target(), answer->etag, request_.body_limit};
    const Result<HttpAnswer> second = co_await exchange(stream, std::move(again), progress);
    if (second) seen_.answer->conditional_status = second->status;
  }

  void keep(HttpAnswer& answer) {
    seen_.answer = AnswerSeen{answer.status,
                              std::move(answer.reason),
                              answer.location,
                              answer.etag,
                              answer.date,
                              answer.content_type,
                              std::move(answer.body),
                              instruments_.clock.now(),
                              0};
  }

  asio::awaitable<void> say_goodbye(tls::Stream& stream) {
    const Deadline deadline(instruments_.executor, request_.until, [&stream] { stream.abort(); });
    co_await stream.shutdown();
  }

  const Instruments& instruments_;
  const ProbeRequest& request_;
  const trust::EndpointUrl& url_;
  tcp::endpoint endpoint_;
  const Proxy* proxy_ = nullptr;
  bool reached_ = false;  // TCP has worked
  AddressSeen seen_;
};

using Looks = std::vector<std::unique_ptr<AddressLook>>;

// The addresses of the hop's host that may be asked; none where hop.dns or hop.redirect says why.
asio::awaitable<std::vector<asio::ip::address>> addresses_of(const Instruments& instruments, SteadyTime until,
                                                             Reach reach, HopSeen& hop) {
  auto found = co_await instruments.resolver.resolve(hop.url.host(), until - now_steady());
  if (!found) {
    hop.dns = found.error();
    co_return std::vector<asio::ip::address>();
  }
  auto allowed = within_reach(hop.url.host(), std::move(*found), reach);
  if (!allowed) {
    hop.redirect = allowed.error();
    co_return std::vector<asio::ip::address>();
  }
  co_return std::move(*allowed);
}

asio::awaitable<void> look_at_hop(const Instruments& instruments, const ProbeRequest& request, Reach reach,
                                  HopSeen& hop) {
  Looks looks;
  if (const Proxy* proxy = instruments.proxy.proxy_for(hop.url.host(), hop.url.port())) {
    looks.push_back(std::make_unique<AddressLook>(instruments, request, hop.url, *proxy));
  } else {
    const auto addresses = co_await addresses_of(instruments, part_of(request.until, 2), reach, hop);
    for (const tcp::endpoint& endpoint : in_turns(addresses, hop.url.port()))
      looks.push_back(std::make_unique<AddressLook>(instruments, request, hop.url, endpoint));
  }
  TaskGroup tasks(instruments.executor, instruments.log);
  for (const auto& look : looks) tasks.spawn("look at " + look->seen().address, look->run());
  co_await tasks.drained();
  for (const auto& look : looks) hop.addresses.push_back(std::move(look->seen()));
}

// The first of the addresses that sends the poller elsewhere; null: none.
const AddressSeen* redirecting(const HopSeen& hop) {
  for (const AddressSeen& address : hop.addresses)
    if (address.answer && is_redirect(address.answer->status)) return &address;
  return nullptr;
}

Result<trust::EndpointUrl> target_of(const std::vector<trust::EndpointUrl>& visited, const AnswerSeen& seen) {
  HttpAnswer answer;
  answer.status = seen.status;
  answer.location = seen.location;
  return next_hop(visited, answer);
}

}  // namespace

asio::awaitable<EndpointSeen> look_at(Instruments instruments, ProbeRequest request) {
  EndpointSeen seen;
  std::vector<trust::EndpointUrl> visited{request.url};
  Reach reach = Reach::anywhere;
  for (;;) {
    seen.hops.emplace_back(visited.back());
    HopSeen& hop = seen.hops.back();
    co_await look_at_hop(instruments, request, reach, hop);
    const AddressSeen* from = redirecting(hop);
    if (from == nullptr) co_return seen;
    Result<trust::EndpointUrl> next = target_of(visited, *from->answer);
    if (!next) {
      hop.redirect = next.error();
      co_return seen;
    }
    reach = reach_after(from->peer, request.allow_private_redirects);
    visited.push_back(std::move(*next));
  }
}

}  // namespace entente::syncer::doctor
