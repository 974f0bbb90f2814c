// The state that a stream is to show at this moment.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "common/base/log.hpp"
#include "common/store/feed.hpp"
#include "workload/api/access.hpp"
#include "workload/api/message_cache.hpp"
#include "workload/api/subscribers.hpp"

namespace entente::workload {

// Thread-safe.
class States {
 public:
  States(const Access& access, store::Feed& feed, Log& log) : access_(access), feed_(feed), log_(log) {}

  Result<MessagePtr> state_for(StreamKind kind, const Workload& who);
  void next_round();

 private:
  using IdentityKey = std::vector<std::pair<spiffe::X509SvidPtr, std::optional<std::vector<spiffe::TrustDomain>>>>;
  template <class Key, class Make>
  Result<MessagePtr> shared(MessageCache<Key>& cache, const Key& key, const Make& make);

  const Access& access_;
  store::Feed& feed_;
  Log& log_;
  MessageCache<IdentityKey> svids_;
  MessageCache<Visibility> x509_bundles_, jwt_bundles_;
};

}  // namespace entente::workload
