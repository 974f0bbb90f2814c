#include "tests/syncer/support/fake_network.hpp"

#include <stdexcept>

namespace entente::test {

namespace asio = boost::asio;
using syncer::FetchAnswer;
using syncer::FetchedDocument;
using syncer::FetchRequest;

class FakeFetcher final : public syncer::Fetcher {
 public:
  explicit FakeFetcher(FakeNetwork& network) : network_(network) {}

  asio::awaitable<Result<FetchAnswer>> fetch(FetchRequest request) override {
    FakeEndpoint& endpoint = network_.at(request.url.str());
    endpoint.requests_.push_back(request);
    if (endpoint.mood_ == FakeEndpoint::Mood::hanging) co_return co_await silence(endpoint, request.timeout);
    if (endpoint.mood_ == FakeEndpoint::Mood::faulty) throw std::runtime_error("the fetcher has a bug");
    if (endpoint.mood_ == FakeEndpoint::Mood::failing) co_return endpoint.error_;
    FetchAnswer answer;
    answer.content = endpoint.document_;
    answer.address = FakeEndpoint::address;
    answer.url = request.url.str();
    answer.certificate = FakeEndpoint::certificate;
    if (!request.etag.empty() && request.etag == endpoint.document_.etag) answer.content = syncer::NotModified{};
    co_return answer;
  }

 private:
  asio::awaitable<Result<FetchAnswer>> silence(FakeEndpoint& endpoint, Duration timeout) {
    ++endpoint.under_way_;
    const Status slept = co_await network_.clock_.sleep(timeout);
    --endpoint.under_way_;
    if (slept) co_return Error(Errc::timeout, "no answer within " + describe_duration(timeout));
    ++endpoint.cancelled_;
    co_return slept.error();
  }

  FakeNetwork& network_;
};

void FakeEndpoint::serve(std::string body, std::string etag) {
  mood_ = Mood::serving;
  document_ = {std::move(body), std::move(etag)};
}

void FakeEndpoint::fail(Errc code, std::string message) {
  mood_ = Mood::failing;
  error_ = Error(code, std::move(message));
}

void FakeEndpoint::hang() { mood_ = Mood::hanging; }
void FakeEndpoint::fault() { mood_ = Mood::faulty; }

std::unique_ptr<syncer::Fetcher> FakeNetwork::make_fetcher() { return std::make_unique<FakeFetcher>(*this); }

}  // namespace entente::test
