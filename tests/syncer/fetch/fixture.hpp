// A fetcher against servers on loopback. Certificates are around the real time: OpenSSL judges those of the web by it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "syncer/fetch/https_fetcher.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/syncer/support/run.hpp"
#include "tests/syncer/support/test_authority.hpp"
#include "tests/syncer/support/tls_server.hpp"

namespace entente::test {

using namespace std::chrono_literals;
using syncer::Anchors;
using syncer::FetchAnswer;
using syncer::FetchRequest;
using testing::HasSubstr;

class HttpsFetcherTest : public testing::Test {
 protected:
  static constexpr const char* body = "{\"keys\":[]}";

  FetchRequest request(const std::string& url, Anchors anchors, Duration timeout = 10s) const {
    return {must(trust::EndpointUrl::parse(url)), std::move(anchors), "", timeout, 1U << 20};
  }
  Anchors web() const { return syncer::WebAnchors{authority.roots()}; }
  Anchors spiffe_id(std::string_view id) const { return spiffe_id(id, authority); }
  static Anchors spiffe_id(std::string_view id, const TestAuthority& by) {
    return syncer::SpiffeAnchors{must(spiffe::SpiffeId::parse(id)), by.shared_bundle()};
  }

  Result<FetchAnswer> fetch(FetchRequest wanted) { return run(io, fetcher->fetch(std::move(wanted))); }
  // What a server on 127.0.0.1 with a good web certificate answers, or does.
  Result<FetchAnswer> fetch_from(TlsServer& server, Duration timeout = 10s) {
    return fetch(request(server.url(), web(), timeout));
  }
  std::string body_of(const Result<FetchAnswer>& answer) const {
    if (!answer) return "error: " + answer.error().message();
    const auto* document = std::get_if<syncer::FetchedDocument>(&answer->content);
    return document ? document->body : "not modified";
  }

  // A server that answers every request with this.
  TlsServer serving(const std::string& response) {
    TlsServer server(io, authority.web({"localhost"}), nullptr);
    server.behave(server.answer(response));
    return server;
  }

  asio::io_context io;
  FakeClock clock{std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
  TestAuthority authority{"b.test", clock.now()};
  std::unique_ptr<syncer::Resolver> resolver = must(syncer::Resolver::create(io.get_executor(), {}));
  std::unique_ptr<syncer::Fetcher> fetcher = syncer::make_https_fetcher(io.get_executor(), *resolver, clock);
};

}  // namespace entente::test
