// Identities as a test sets them: entries with a selector each, changed at will.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/workload/support/fake_domain.hpp"
#include "workload/api/identity_source.hpp"
#include "workload/api/listeners.hpp"

namespace entente::test {

// Thread-safe.
class FakeIdentities final : public workload::IdentitySource {
 public:
  struct Entry {
    std::string selector;  // "unix:uid:0"
    spiffe::X509SvidPtr svid;
    std::optional<std::vector<spiffe::TrustDomain>> federates_with;
  };

  explicit FakeIdentities(const FakeDomain& issuer) : issuer_(issuer) {}

  // Replaces all entries and tells the listeners.
  void set(std::vector<Entry> entries);
  // From now on minting fails, or works again; tells the listeners.
  void fail(bool failing);

  std::shared_ptr<void> attend(const workload::Workload& who) override;
  int attended() const { return attended_; }  // how many are at the moment
  // From now on nothing is known, as of an agent that is away; tells the listeners.
  void lose(bool lost);

  Result<std::vector<workload::X509Identity>> x509_identities(const workload::Workload& who) override;
  Result<std::vector<workload::JwtIdentity>> jwt_identities(const workload::Workload& who,
                                                            const std::vector<std::string>& audience,
                                                            const std::optional<spiffe::SpiffeId>& wanted) override;
  Result<Entitlement> entitlement(const workload::Workload& who) override;
  std::shared_ptr<void> on_change(std::function<void()> listener) override {
    return listeners_.add(std::move(listener));
  }

 private:
  std::vector<Entry> matching(const workload::Selectors& selectors) const;

  const FakeDomain& issuer_;
  workload::Listeners listeners_;
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  bool failing_ = false, lost_ = false;
  std::atomic<int> attended_ = 0;
};

// Of this process.
std::string own_uid_selector();

}  // namespace entente::test
