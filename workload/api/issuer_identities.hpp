// Identities from the embedded issuer: one X509-SVID an entry, minted at first need, shared by all callers of the
// entry, renewed at about half its life; JWT-SVIDs kept by entry and audience until half their life.
#pragma once

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/base/task.hpp"
#include "common/issuer/issuer.hpp"
#include "workload/api/identity_source.hpp"

namespace entente::workload {

// Thread-safe but for the constructor, the destructor and run(), which belong to the control thread.
class IssuerIdentities final : public IdentitySource {
 public:
  IssuerIdentities(asio::any_io_executor control, const issuer::Issuer& issuer, Clock& clock, Log& log);
  ~IssuerIdentities() override;

  // Replaces the entries; callers hear of it (`entries` on SIGHUP). SVIDs of entries that stay the same stay.
  void set_entries(trust::RegistrationEntries entries);
  // The issuer changed its authority: mint everything anew and tell the callers.
  void authority_changed();

  // Everything is at hand here.
  std::shared_ptr<void> attend(const Workload&) override { return nullptr; }
  Result<std::vector<X509Identity>> x509_identities(const Workload& who) override;
  Result<std::vector<JwtIdentity>> jwt_identities(const Workload& who, const std::vector<std::string>& audience,
                                                  const std::optional<spiffe::SpiffeId>& wanted) override;
  Result<Entitlement> entitlement(const Workload& who) override;
  [[nodiscard]] std::shared_ptr<void> on_change(std::function<void()> listener) override;

  // Renews what is due until cancelled.
  asio::awaitable<void> run();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace entente::workload
