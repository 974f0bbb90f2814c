#include "workload/api/minted_svid.hpp"

#include <algorithm>
#include <functional>

namespace entente::workload {
namespace {

constexpr Duration longest_retry = std::chrono::seconds(30);

}  // namespace

Time renewal_of(const crypto::Certificate& leaf, const std::string& entry_id) {
  const Duration life = leaf.not_after() - leaf.not_before();
  const auto spread = static_cast<Duration::rep>(std::hash<std::string>()(entry_id) % 1000);
  return leaf.not_before() + life / 20 * 9 + life / 20000 * spread;
}

bool MintedSvid::is_good(std::uint64_t epoch, Time now) const {
  // Before it began: the clock was set back.
  return svid_ && epoch_ == epoch && now < renew_at_ && now >= svid_->chain.front().not_before();
}

void MintedSvid::set_renewal(Time at) {
  renew_at_ = at;
  alarm_ = at.time_since_epoch().count();
}

Result<spiffe::X509SvidPtr> MintedSvid::get(const issuer::Issuer& issuer, std::uint64_t epoch, Time now, Log& log) {
  const std::lock_guard lock(mutex_);
  if (is_good(epoch, now)) return svid_;
  Result<spiffe::X509Svid> minted =
      issuer.mint_x509_svid(entry_.spiffe_id, entry_.x509_svid_ttl, entry_.dns_names, entry_.hint);
  if (minted) {
    svid_ = std::make_shared<const spiffe::X509Svid>(*std::move(minted));
    epoch_ = epoch;
    set_renewal(renewal_of(svid_->chain.front(), entry_.id));
    return svid_;
  }
  log.error("X509-SVID not minted",
            {{"entry", entry_.id}, {"spiffe_id", entry_.spiffe_id.str()}, {"why", minted.error().message()}});
  if (!svid_ || now >= svid_->chain.front().not_after()) {
    return Error(Errc::unavailable, "no X509-SVID can be issued at the moment; the log of entente says why");
  }
  epoch_ = epoch;
  set_renewal(now + std::min<Duration>(longest_retry, (svid_->chain.front().not_after() - now) / 4));
  return svid_;
}

}  // namespace entente::workload
