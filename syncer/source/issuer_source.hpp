// The embedded issuer as the local source: runs its rotation, publishes each new authority before it is used.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <vector>

#include "common/base/async_mutex.hpp"
#include "common/base/clock.hpp"
#include "common/base/event.hpp"
#include "common/issuer/issuer.hpp"
#include "syncer/source/extra_authorities.hpp"
#include "syncer/source/local_source.hpp"
#include "syncer/source/own_bundle.hpp"

namespace entente::syncer {

// Lives on the control thread; the issuer's slow work (keys, disk) is done on `blocking`, one step at a time.
class IssuerSource final : public LocalSource {
 public:
  // `authority_changed` is called on the control thread after minting changed over to another authority.
  IssuerSource(asio::any_io_executor control, issuer::Issuer& issuer, OwnBundle& own, asio::thread_pool& blocking,
               Clock& clock, Log& log, std::function<void()> authority_changed);

  asio::awaitable<Status> start() override;
  asio::awaitable<void> run() override;

  // `bundle rotate`. With `now` the new authorities are published first and used right after. `by`: who asked.
  asio::awaitable<Result<std::vector<issuer::AuthorityInfo>>> rotate(bool x509, bool jwt, bool now,
                                                                     std::optional<trust::Actor> by = std::nullopt);

  // `AppendBundle`: publishes these beside the issuer's own until they end, over restarts too (in the issuer's folder).
  // Errc::already_exists for a key ID that another key has; Errc::invalid_argument for more than a bundle may hold.
  asio::awaitable<Status> append(ExtraAuthorities more, trust::Actor by);

  // SIGHUP: a changed refresh hint, or longer SVID lifetimes of new entries (before the entries are used).
  asio::awaitable<Status> reconfigure(std::chrono::seconds refresh_hint, Duration longest_x509, Duration longest_jwt);

 private:
  asio::awaitable<Status> publish(std::optional<trust::Actor> by = std::nullopt);
  asio::awaitable<Status> step();
  std::filesystem::path extra_file() const;

  issuer::Issuer& issuer_;
  OwnBundle& own_;
  asio::thread_pool& blocking_;
  Clock& clock_;
  Log& log_;
  std::function<void()> authority_changed_;
  AsyncMutex one_at_a_time_;
  ExtraAuthorities extra_;
  std::uint64_t generation_seen_ = 0;
};

}  // namespace entente::syncer
