#include "tests/integration/story/world.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>
#include <stdexcept>

#include "syncer/fetch/anchors.hpp"
#include "tests/integration/story/domain.hpp"

namespace entente::test {
namespace {

class StoryFetcher final : public syncer::Fetcher {
 public:
  explicit StoryFetcher(World& world) : world_(world) {}
  asio::awaitable<Result<syncer::FetchAnswer>> fetch(syncer::FetchRequest request) override {
    co_return world_.answer(request);
  }

 private:
  World& world_;
};

Status check_web(const StoryEndpoint& endpoint, const syncer::WebAnchors& anchors) {
  if (endpoint.svid) return Error(Errc::tls, "the certificate has no DNS name");
  if (!anchors.roots || *anchors.roots != *endpoint.web_roots) return Error(Errc::tls, "no path to a root");
  return ok();
}

}  // namespace

std::unique_ptr<syncer::Fetcher> World::make_fetcher() { return std::make_unique<StoryFetcher>(*this); }

Result<syncer::FetchAnswer> World::answer(const syncer::FetchRequest& request) {
  const StoryEndpoint& endpoint = at(request.url.str());
  if (!endpoint.up) return Error(Errc::connect, "connection refused");
  syncer::FetchAnswer answer;
  answer.url = request.url.str();
  answer.address = "192.0.2.1:443";
  if (const auto* web = std::get_if<syncer::WebAnchors>(&request.anchors)) {
    if (const Status proved = check_web(endpoint, *web); !proved) return proved.error();
  } else {
    if (!endpoint.svid) return Error(Errc::wrong_spiffe_id, "the certificate has no SPIFFE ID");
    const spiffe::X509SvidPtr svid = endpoint.svid();
    const auto& anchors = std::get<syncer::SpiffeAnchors>(request.anchors);
    if (const Status proved = verify_endpoint(svid->chain, anchors, clock.now()); !proved) return proved.error();
  }
  syncer::FetchedDocument document;
  document.body = endpoint.document();
  answer.content = std::move(document);
  return answer;
}

// What the io_context and the pool have to do now; how much that was.
std::size_t World::turn() {
  io.restart();
  std::size_t done = io.poll();
  std::promise<void> drained;
  asio::post(blocking, [&drained] { drained.set_value(); });
  drained.get_future().wait();
  io.restart();
  done += io.poll();
  return done;
}

bool World::quiet() const {
  return std::all_of(domains_.begin(), domains_.end(), [](const StoryDomain* domain) { return domain->quiet(); });
}

void World::settle() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (turn() > 0 || !quiet())
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("the world does not come to rest");
}

void World::pass(Duration time) {
  const Time until = clock.now() + std::chrono::duration_cast<Time::duration>(time);
  while (clock.now() < until) {
    const Duration left = until - clock.now();
    clock.advance(std::min(left, clock.until_next()));
    settle();
  }
}

}  // namespace entente::test
