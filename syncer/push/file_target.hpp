// A folder as a push target: a file for each federated trust domain, in the SPIFFE format or PEM, for programs that
// read trust from files.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <filesystem>

#include "syncer/push/target.hpp"

namespace entente::syncer {

enum class PushFileFormat { spiffe, pem };

// The file is <folder>/<trust domain>.json or .pem, 0644, replaced atomically. A bundle without authorities is an empty
// JWK Set, and one without X.509 authorities an empty PEM file: it says that nothing of the trust domain is to be
// trusted, and whoever cannot load it must stop trusting too. Other files in the folder are left alone. The disk is
// used by a thread of its own, so that a folder on a file system that hangs holds up nothing else.
class FileTarget final : public PushTarget {
 public:
  FileTarget(std::filesystem::path folder, PushFileFormat format);
  ~FileTarget() override;

  std::string fingerprint(const spiffe::Bundle& bundle) const override;
  asio::awaitable<Result<Holdings>> look(std::set<spiffe::TrustDomain> trust_domains) override;
  asio::awaitable<Result<std::vector<Status>>> set(std::vector<spiffe::BundlePtr> bundles) override;
  asio::awaitable<Result<std::vector<Status>>> remove(std::vector<spiffe::TrustDomain> trust_domains) override;

 private:
  std::filesystem::path folder_;
  PushFileFormat format_;
  asio::thread_pool disk_{1};
};

}  // namespace entente::syncer
