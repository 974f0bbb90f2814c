// A world of trust domains on one thread and one clock: each domain is whole but for its network, which hands over
// published bytes after the real check of who serves them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/log.hpp"
#include "common/spiffe/x509_svid.hpp"
#include "syncer/fetch/fetcher.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::test {

namespace asio = boost::asio;

// What answers at a URL.
struct StoryEndpoint {
  bool up = true;
  std::function<std::string()> document;
  // https_spiffe: what it proves itself with; null: https_web, by a certificate of `web_roots`.
  std::function<spiffe::X509SvidPtr()> svid;
  std::shared_ptr<const std::vector<crypto::Certificate>> web_roots;
};

class StoryDomain;

// Used from one thread.
class World {
 public:
  StoryEndpoint& at(const std::string& url) { return endpoints_[url]; }
  std::unique_ptr<syncer::Fetcher> make_fetcher();
  Result<syncer::FetchAnswer> answer(const syncer::FetchRequest& request);

  // Time passes, event by event: everything that is due happens, and is over, before the next.
  void pass(Duration time);
  // Until nothing is left to do at this moment. Throws where that takes longer than any step should.
  void settle();

  void enter(StoryDomain& domain) { domains_.push_back(&domain); }

  asio::io_context io;
  asio::thread_pool blocking{1};
  FakeClock clock;
  Log log{LogLevel::error};
  TempFolder folder;

 private:
  std::size_t turn();
  bool quiet() const;

  std::map<std::string, StoryEndpoint> endpoints_;
  std::vector<StoryDomain*> domains_;
};

}  // namespace entente::test
