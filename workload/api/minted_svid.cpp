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
  return x_svid && x_epoch == epoch && now < x_renew_at && now >= x_svid->chain.front().not_before();
}

void MintedSvid::set_renewal(Time at) {
  x_renew_at = at;
  x_alarm = at.time_since_epoch().count();
}

Result<spiffe::X509SvidPtr> MintedSvid::get(const issuer::Issuer& issuer, std::uint64_t epoch, Time now, Log& log) {
  const std::lock_guard lock(x_mutex);
  if (is_good(epoch, now)) return x_svid;
  Result<spiffe::X509Svid> minted =
      issuer.mint_x509_svid(x_entry.spiffe_id, x_entry.x509_svid_ttl, x_entry.dns_names, x_entry.hint);
  if (minted) {
    x_svid = std::make_shared<const spiffe::X509Svid>(*std::move(minted));
    x_epoch = epoch;
    set_renewal(renewal_of(x_svid->chain.front(), x_entry.id));
    return x_svid;
  }
  log.error("X509-SVID not minted",
            {{"entry", x_entry.id}, {"spiffe_id", x_entry.spiffe_id.str()}, {"why", minted.error().message()}});
  if (!x_svid || now >= x_svid->chain.front().not_after()) {
    return Error(Errc::unavailable, "no X509-SVID can be issued at the moment; the log of entente says why");
  }
  x_epoch = epoch;
  set_renewal(now + std::min<Duration>(longest_retry, (x_svid->chain.front().not_after() - now) / 4));
  return x_svid;
}

}  // namespace entente::workload
