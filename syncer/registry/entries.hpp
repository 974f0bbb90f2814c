// Which registration entries there are: those of the configuration, those that the admin API made, and the endpoint's.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/store/ledger.hpp"
#include "common/trust/history.hpp"
#include "common/trust/registration_entry.hpp"

namespace entente::syncer {

namespace asio = boost::asio;

// Makes the issuer ready for the entries, then has them served: streams that are open see them at once. Called on the
// control thread, one call at a time. An error: nothing changed.
using ApplyEntries = std::function<asio::awaitable<Status>(trust::RegistrationEntries)>;

// What an entry is measured against, besides its own form.
struct EntryBounds {
  // How many relationships there are: from 1,000 on an entry has to say with whom it federates. Null: none.
  std::function<std::size_t()> relationships = nullptr;
  // An authority must outlive what it signs.
  Duration longest_svid_ttl = std::chrono::hours(24 * 3650);
};

// Lives on the control thread; one change at a time. An entry is validated as a whole before anything is stored:
// Errc::invalid_argument names the field. Errc::permission_denied for one of the configuration.
class Entries {
 public:
  Entries(asio::any_io_executor control, spiffe::TrustDomain own, store::Ledger& ledger, ApplyEntries apply,
          Clock& clock, Log& log, EntryBounds bounds = {});

  // At the start and at SIGHUP: `of_config` first, then the API's in the order of creation, then `implied`. One of the
  // API's like one of the configuration's is left out, with a warning.
  asio::awaitable<Status> configure(trust::RegistrationEntries of_config, trust::RegistrationEntries implied,
                                    std::string config_file);

  // The id is given here where it is empty; created_at and revision always are. Errc::already_exists for an id in use,
  // and for an entry like another (same SPIFFE ID and selectors, and hint), which the message names.
  asio::awaitable<Result<trust::RegistrationEntry>> create(trust::RegistrationEntry entry, trust::Actor by);
  asio::awaitable<Result<trust::RegistrationEntry>> update(trust::RegistrationEntry entry, trust::Actor by);
  asio::awaitable<Status> erase(std::string id, trust::Actor by);

  const trust::RegistrationEntries& all() const;                      // in the order in which identities are handed out
  const trust::RegistrationEntry* find(const std::string& id) const;  // also one left out; valid until the next change
  // Those that federate with it by name.
  std::vector<std::string> federating_with(const spiffe::TrustDomain& trust_domain) const;
  bool of_config(const std::string& id) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace entente::syncer
