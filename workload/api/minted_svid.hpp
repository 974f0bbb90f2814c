// The X509-SVID of one registration entry: minted at first need, shared by all callers, renewed at about half its life.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/issuer/issuer.hpp"
#include "common/trust/registration_entry.hpp"

namespace entente::workload {

// When an SVID is due for renewal: at 45 to 50 % of its life, by the entry's name, so that entries do not all come at
// once.
Time renewal_of(const crypto::Certificate& leaf, const std::string& entry_id);

// Thread-safe.
class MintedSvid {
 public:
  explicit MintedSvid(trust::RegistrationEntry entry) : entry_(std::move(entry)) {}

  const trust::RegistrationEntry& entry() const { return entry_; }

  // The SVID to hand out at `now`: the one there is, or a new one where that is due for renewal or older than `epoch`.
  // Where minting fails, the one there is goes on while it is valid, and minting is tried again a little later.
  Result<spiffe::X509SvidPtr> get(const issuer::Issuer& issuer, std::uint64_t epoch, Time now, Log& log);

  // When callers should be told to ask again; Time::max() while nobody has to be. Does not wait for a mint under way.
  Time alarm() const { return Time(Duration(alarm_.load())); }
  // Only the alarm that was due: one that a mint has set meanwhile stands.
  void silence(Time due) {
    Duration::rep seen = due.time_since_epoch().count();
    alarm_.compare_exchange_strong(seen, Time::max().time_since_epoch().count());
  }

 private:
  bool is_good(std::uint64_t epoch, Time now) const;
  void set_renewal(Time at);

  const trust::RegistrationEntry entry_;
  std::mutex mutex_;  // held while minting: others wait for the result
  spiffe::X509SvidPtr svid_;
  std::uint64_t epoch_ = 0;
  Time renew_at_{};
  std::atomic<Duration::rep> alarm_ = Time::max().time_since_epoch().count();
};

}  // namespace entente::workload
