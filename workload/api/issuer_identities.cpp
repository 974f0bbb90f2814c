#include "workload/api/issuer_identities.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <set>

#include "common/base/event.hpp"
#include "workload/api/jwt_cache.hpp"
#include "workload/api/listeners.hpp"
#include "workload/api/minted_svid.hpp"

namespace entente::workload {
namespace {

// Renewal is planned by the wall clock and slept for by another: looking again this often bounds how they drift apart.
constexpr std::chrono::minutes look_again(1);

using SlotPtr = std::shared_ptr<MintedSvid>;
using Slots = std::vector<SlotPtr>;

std::vector<SlotPtr> matching(const Slots& slots, const Selectors& selectors) {
  std::vector<SlotPtr> found;
  for (const SlotPtr& slot : slots) {
    if (trust::matches(slot->entry(), selectors)) found.push_back(slot);
  }
  return found;
}

std::vector<std::string> sorted(std::vector<std::string> audience) {
  std::sort(audience.begin(), audience.end());
  audience.erase(std::unique(audience.begin(), audience.end()), audience.end());
  return audience;
}

}  // namespace

struct IssuerIdentities::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::any_io_executor executor, const issuer::Issuer& signer, Clock& time, Log& to)
      : control(executor), issuer(signer), clock(time), log(to), rescheduled(executor) {}

  std::shared_ptr<const Slots> current() const {
    const std::lock_guard lock(mutex);
    return slots;
  }
  // What was minted in another epoch is not handed out again.
  std::uint64_t epoch() const { return (changes.load() << 32) + issuer.generation(); }

  Result<std::string> token_for(const trust::RegistrationEntry& entry, const std::vector<std::string>& audience);
  // From any thread: run() has to look at the alarms again.
  void reschedule();
  Time next_alarm() const;
  bool silence_due(Time now);

  asio::any_io_executor control;
  const issuer::Issuer& issuer;
  Clock& clock;
  Log& log;
  Event rescheduled;
  Listeners listeners;
  JwtCache tokens;
  std::atomic<std::uint64_t> changes = 0;
  mutable std::mutex mutex;
  std::shared_ptr<const Slots> slots = std::make_shared<const Slots>();  // guarded by mutex
};

IssuerIdentities::IssuerIdentities(asio::any_io_executor control, const issuer::Issuer& issuer, Clock& clock, Log& log)
    : impl_(std::make_shared<Impl>(control, issuer, clock, log)) {}
IssuerIdentities::~IssuerIdentities() = default;

void IssuerIdentities::Impl::reschedule() {
  asio::post(control, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->rescheduled.raise();
  });
}

void IssuerIdentities::set_entries(trust::RegistrationEntries entries) {
  const std::shared_ptr<const Slots> before = impl_->current();
  auto after = std::make_shared<Slots>();
  for (trust::RegistrationEntry& entry : entries) {
    const auto same =
        std::find_if(before->begin(), before->end(), [&](const SlotPtr& slot) { return slot->entry() == entry; });
    after->push_back(same != before->end() ? *same : std::make_shared<MintedSvid>(std::move(entry)));
  }
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->slots = std::move(after);
  }
  impl_->tokens.clear();
  impl_->listeners.call();
}

void IssuerIdentities::authority_changed() {
  ++impl_->changes;
  impl_->tokens.clear();
  impl_->listeners.call();
}

Result<std::vector<X509Identity>> IssuerIdentities::x509_identities(const Workload& who) {
  std::vector<X509Identity> identities;
  for (const SlotPtr& slot : matching(*impl_->current(), who.selectors)) {
    const Time alarm_before = slot->alarm();
    Result<spiffe::X509SvidPtr> svid = slot->get(impl_->issuer, impl_->epoch(), impl_->clock.now(), impl_->log);
    if (!svid) return svid.error();
    if (slot->alarm() != alarm_before) impl_->reschedule();
    identities.push_back(X509Identity{*std::move(svid), slot->entry().federates_with});
  }
  return identities;
}

Result<std::string> IssuerIdentities::Impl::token_for(const trust::RegistrationEntry& entry,
                                                      const std::vector<std::string>& audience) {
  const JwtCache::Key key{entry.id, audience};
  const std::uint64_t now_epoch = epoch();
  if (std::optional<std::string> kept = tokens.find(key, clock.now(), now_epoch)) return *std::move(kept);
  Result<issuer::Issuer::MintedJwt> minted = issuer.mint_jwt_svid(entry.spiffe_id, entry.jwt_svid_ttl, audience);
  if (!minted) {
    log.error("JWT-SVID not minted", {{"entry", entry.id}, {"why", minted.error().message()}});
    return Error(Errc::unavailable, "no JWT-SVID can be issued at the moment; the log of entente says why");
  }
  const Time half_life = minted->issued_at + (minted->expires_at - minted->issued_at) / 2;
  tokens.put(key, minted->token, minted->issued_at, half_life, now_epoch);
  return std::move(minted->token);
}

Result<std::vector<JwtIdentity>> IssuerIdentities::jwt_identities(const Workload& who,
                                                                  const std::vector<std::string>& audience,
                                                                  const std::optional<spiffe::SpiffeId>& wanted) {
  const std::vector<std::string> canonical = sorted(audience);
  std::vector<JwtIdentity> identities;
  const std::vector<SlotPtr> entitled = matching(*impl_->current(), who.selectors);
  for (const SlotPtr& slot : entitled) {
    const trust::RegistrationEntry& entry = slot->entry();
    if (wanted && *wanted != entry.spiffe_id) continue;
    Result<std::string> token = impl_->token_for(entry, canonical);
    if (!token) return token.error();
    identities.push_back(JwtIdentity{entry.spiffe_id, *std::move(token), entry.hint});
  }
  if (wanted && identities.empty() && !entitled.empty()) {
    return Error(Errc::permission_denied, "the caller is not entitled to " + wanted->str());
  }
  return identities;
}

Result<IdentitySource::Entitlement> IssuerIdentities::entitlement(const Workload& who) {
  Entitlement entitlement;
  std::set<spiffe::TrustDomain> federated;
  for (const SlotPtr& slot : matching(*impl_->current(), who.selectors)) {
    const auto& names = slot->entry().federates_with;
    entitlement.any = true;
    if (!names) return Entitlement{true, true, {}};
    federated.insert(names->begin(), names->end());
  }
  entitlement.federated.assign(federated.begin(), federated.end());
  return entitlement;
}

std::shared_ptr<void> IssuerIdentities::on_change(std::function<void()> listener) {
  return impl_->listeners.add(std::move(listener));
}

Time IssuerIdentities::Impl::next_alarm() const {
  Time next = Time::max();
  for (const SlotPtr& slot : *current()) next = std::min(next, slot->alarm());
  return next;
}

bool IssuerIdentities::Impl::silence_due(Time now) {
  bool any = false;
  for (const SlotPtr& slot : *current()) {
    const Time alarm = slot->alarm();
    if (alarm > now) continue;
    slot->silence(alarm);  // who still wants it asks, and sets it anew
    any = true;
  }
  return any;
}

// Minting is left to those who ask: an SVID that nobody holds any more is not renewed.
asio::awaitable<void> IssuerIdentities::run() {
  using namespace asio::experimental::awaitable_operators;
  const std::shared_ptr<Impl> impl = impl_;
  for (;;) {
    const Time now = impl->clock.now();
    if (impl->silence_due(now)) impl->listeners.call();
    const Time next = impl->next_alarm();
    auto rescheduled = impl->rescheduled.wait();
    if (next == Time::max()) {
      const Status waited = co_await std::move(rescheduled);
      if (!waited) co_return;
    } else {
      auto due = impl->clock.sleep(std::min<Duration>(next - now, look_again));
      const auto first = co_await (std::move(due) || std::move(rescheduled));
      const bool waited = std::visit([](const Status& status) { return status.has_value(); }, first);
      if (!waited) co_return;
    }
    const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) co_return;
  }
}

}  // namespace entente::workload
