// The C++ client of the Workload API: one-off calls, and sources that keep themselves current.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/log.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/spiffe/bundle_set.hpp"
#include "common/spiffe/x509_svid.hpp"

namespace entente::client {

// The full state of a FetchX509SVID message. Immutable.
struct X509Context {
  std::vector<spiffe::X509Svid> svids;  // the first is the default identity (WA-12)
  spiffe::BundleSet bundles;            // X.509 authorities only: own trust domains' and the federated ones
};
using X509ContextPtr = std::shared_ptr<const X509Context>;

struct JwtSvid {
  spiffe::SpiffeId id;
  std::string token;
  std::string hint;
};

struct ValidatedJwt {
  spiffe::SpiffeId id;
  std::string claims_json;
};

// Blocking calls, each with a deadline; thread-safe. Errors keep what the server said: permission_denied, unavailable
// (the socket, and why nothing answered), invalid_argument, unsupported, timeout, schema (the answer is not what the
// standard says).
class WorkloadClient {
 public:
  // `target`: from find_endpoint_socket().
  explicit WorkloadClient(std::string target);
  ~WorkloadClient();

  Result<X509Context> fetch_x509(Duration timeout) const;
  Result<spiffe::BundleSet> fetch_x509_bundles(Duration timeout) const;
  Result<std::vector<JwtSvid>> fetch_jwt(const std::vector<std::string>& audience,
                                         const std::optional<spiffe::SpiffeId>& id, Duration timeout) const;
  Result<spiffe::BundleSet> fetch_jwt_bundles(Duration timeout) const;
  Result<ValidatedJwt> validate_jwt(const std::string& audience, const std::string& token, Duration timeout) const;

  // Follows FetchX509SVID on a thread of its own, reconnecting with back-off (1 s doubling to 30 s, at once after the
  // first loss), until the watch is destroyed. `on_update` gets each full state, `on_error` each failure to reach it;
  // both on that thread, never after the destructor has returned. On PermissionDenied what was held must be dropped
  // (WA-3): `on_error` then carries Errc::permission_denied.
  class Watch {
   public:
    virtual ~Watch() = default;
  };
  std::unique_ptr<Watch> watch_x509(std::function<void(X509ContextPtr)> on_update,
                                    std::function<void(const Error&)> on_error) const;
  // The same for bundles alone: X.509 or JWT.
  std::unique_ptr<Watch> watch_x509_bundles(std::function<void(std::shared_ptr<const spiffe::BundleSet>)> on_update,
                                            std::function<void(const Error&)> on_error) const;
  std::unique_ptr<Watch> watch_jwt_bundles(std::function<void(std::shared_ptr<const spiffe::BundleSet>)> on_update,
                                           std::function<void(const Error&)> on_error) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace entente::client
