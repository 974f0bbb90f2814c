// An agent's Delegated Identity API from the delegate's side: what other processes of this host are entitled to.
// SPIRE's spire.api.agent.delegatedidentity.v1, on the agent's admin socket.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "workload/api/identity_source.hpp"

namespace entente::workload {

// Whom the agent is asked about: a process that it attests itself, or whoever has these selectors. One of the two.
struct Subject {
  std::int32_t pid = 0;
  Selectors selectors;
  friend auto operator<=>(const Subject&, const Subject&) = default;
};

struct DelegatedJwt {
  JwtIdentity identity;
  Time issued_at, expires_at;
};

// Thread-safe but for the destructor, which waits for the streams that are still open; let go of them first. It must
// not run on a thread of gRPC's: the last of its channels joins those. Errors keep what the agent said:
// permission_denied, unavailable, invalid_argument, unsupported, timeout, schema (an answer that is not what it should
// be).
class Delegate {
 public:
  using Identities = std::vector<X509Identity>;
  using OnUpdate = std::function<void(Result<Identities>)>;
  using OnEnd = std::function<void(const Error&)>;

  // `target`: a gRPC target, "unix:/run/spire/admin.sock".
  explicit Delegate(const std::string& target);
  ~Delegate();
  Delegate(const Delegate&) = delete;
  Delegate& operator=(const Delegate&) = delete;

  // Follows SubscribeToX509SVIDs once, until the returned object is gone or the stream ends. `on_update` gets each full
  // state (none: entitled to nothing) or what is wrong with it, `on_end` the stream's end; both on a thread of gRPC's,
  // and one call more may come after the object is gone.
  [[nodiscard]] std::shared_ptr<void> follow(const Subject& subject, OnUpdate on_update, OnEnd on_end) const;

  // Blocks until no stream is open and no callback runs: all were let go of before.
  void drain() const;

  // Blocks, at most for `timeout`.
  Result<std::vector<DelegatedJwt>> fetch_jwt(const Subject& subject, const std::vector<std::string>& audience,
                                              Duration timeout) const;

  // Whether there is a connection; begins to make one where there is none.
  bool connected() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace entente::workload
