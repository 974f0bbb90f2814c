// Where federated bundles are pushed: a true edge. A SPIRE server, a folder of files; fakes in tests.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/spiffe/bundle.hpp"

namespace entente::syncer {

namespace asio = boost::asio;

// What a target holds at one moment.
struct Holdings {
  std::map<spiffe::TrustDomain, std::string> fingerprints;  // of each bundle there, as PushTarget::fingerprint()
  // Trust domains that are somebody else's to manage there, and why in words.
  std::map<spiffe::TrustDomain, std::string> reserved;
};

// Lives on the control thread; one call at a time. Every call ends within a bounded time, or with Errc::cancelled. An
// error is the target's as a whole: nothing is known of what became of the call. Else there is one Status an item, in
// the order of the items.
class PushTarget {
 public:
  virtual ~PushTarget() = default;

  // What tells whether the target holds just this: all of the bundle that the target can hold.
  virtual std::string fingerprint(const spiffe::Bundle& bundle) const = 0;

  // What it holds of these trust domains (more may be told), and what is reserved.
  virtual asio::awaitable<Result<Holdings>> look(std::set<spiffe::TrustDomain> trust_domains) = 0;

  // Puts bundles there, new or in place of others; an empty one withdraws trust. At most most_in_a_batch of them.
  virtual asio::awaitable<Result<std::vector<Status>>> set(std::vector<spiffe::BundlePtr> bundles) = 0;

  // Ends the relationship there; ok() where there was nothing. At most most_in_a_batch of them.
  virtual asio::awaitable<Result<std::vector<Status>>> remove(std::vector<spiffe::TrustDomain> trust_domains) = 0;

  static constexpr std::size_t most_in_a_batch = 100;
};

}  // namespace entente::syncer
