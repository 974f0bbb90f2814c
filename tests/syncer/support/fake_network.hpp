// Bundle endpoints without a network: what a URL answers is set by the test, and what was asked is kept for it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "syncer/fetch/fetcher.hpp"

namespace entente::test {

// One endpoint. Conditional requests are answered as HTTP has it.
class FakeEndpoint {
 public:
  // What every answer says of where it came from.
  static constexpr const char* address = "192.0.2.1:443";
  static constexpr const char* certificate = "5e1f";

  void serve(std::string body, std::string etag = "");
  void fail(Errc code, std::string message);
  void hang();   // silence until the request's timeout or its cancellation
  void fault();  // an exception: a bug in the fetcher

  const std::vector<syncer::FetchRequest>& requests() const { return requests_; }
  int under_way() const { return under_way_; }
  int cancelled() const { return cancelled_; }

 private:
  friend class FakeFetcher;
  enum class Mood { serving, failing, hanging, faulty };
  Mood mood_ = Mood::failing;
  syncer::FetchedDocument document_;
  Error error_{Errc::connect, "connect: connection refused"};
  std::vector<syncer::FetchRequest> requests_;
  int under_way_ = 0, cancelled_ = 0;
};

// Used from one io_context's thread; outlives its fetchers.
class FakeNetwork {
 public:
  explicit FakeNetwork(Clock& clock) : clock_(clock) {}

  FakeEndpoint& at(const std::string& url) { return endpoints_[url]; }
  std::unique_ptr<syncer::Fetcher> make_fetcher();

 private:
  friend class FakeFetcher;
  Clock& clock_;
  std::map<std::string, FakeEndpoint> endpoints_;
};

}  // namespace entente::test
