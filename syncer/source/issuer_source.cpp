#include "syncer/source/issuer_source.hpp"

#include <algorithm>

#include "common/base/blocking.hpp"

namespace entente::syncer {
namespace {

// Rotation is planned in hours; looking again this often bounds what a jump of the wall clock or a full disk can do.
constexpr Duration longest_wait = std::chrono::minutes(1);
constexpr Duration shortest_wait = std::chrono::seconds(1);

}  // namespace

IssuerSource::IssuerSource(asio::any_io_executor control, issuer::Issuer& issuer, OwnBundle& own,
                           asio::thread_pool& blocking, Clock& clock, Log& log, std::function<void()> authority_changed)
    : issuer_(issuer),
      own_(own),
      blocking_(blocking),
      clock_(clock),
      log_(log),
      authority_changed_(std::move(authority_changed)),
      one_at_a_time_(std::move(control)),
      generation_seen_(issuer.generation()) {}

// The bundle first, then those who mint: nobody may hold an SVID whose authority is not published.
asio::awaitable<Status> IssuerSource::publish() {
  spiffe::Bundle bundle = issuer_.bundle();
  const Status offered = co_await own_.offer(std::move(bundle), "issuer");
  if (offered && generation_seen_ != issuer_.generation()) {
    generation_seen_ = issuer_.generation();
    authority_changed_();
  }
  co_return offered;
}

asio::awaitable<Status> IssuerSource::start() {
  const auto lock = co_await one_at_a_time_.lock();
  if (!lock) co_return lock.error();
  co_return co_await publish();
}

asio::awaitable<Status> IssuerSource::step() {
  const auto lock = co_await one_at_a_time_.lock();
  if (!lock) co_return lock.error();
  auto work = [this] { return issuer_.tick(); };
  auto task_of_work = run_blocking(blocking_, std::move(work));
  const Result<bool> changed = co_await std::move(task_of_work);
  // Also after an error: one use may have been prepared before the other failed, and has to be public before it is
  // used.
  const Status published = co_await publish();
  if (!changed) co_return changed.error();
  co_return published;
}

asio::awaitable<void> IssuerSource::run() {
  bool failing = false;
  for (;;) {
    const Duration until = issuer_.next_due() - clock_.now();
    const Status slept = co_await clock_.sleep(std::clamp(until, shortest_wait, longest_wait));
    if (!slept) co_return;
    const Status stepped = co_await step();
    if (!stepped && stepped.error().code() == Errc::cancelled) co_return;
    if (!stepped && !failing)
      log_.error("issuer cannot rotate; what is in use goes on", {{"error", stepped.error().message()}});
    if (stepped && failing) log_.info("issuer rotates again");
    failing = !stepped;
  }
}

asio::awaitable<Result<std::vector<issuer::AuthorityInfo>>> IssuerSource::rotate(bool x509, bool jwt, bool now) {
  using Rotated = Result<std::vector<issuer::AuthorityInfo>>;
  const auto lock = co_await one_at_a_time_.lock();
  if (!lock) co_return lock.error();
  auto prepare = [this, x509, jwt] { return issuer_.rotate(x509, jwt, false); };
  auto task_of_prepare = run_blocking(blocking_, std::move(prepare));
  Rotated prepared = co_await std::move(task_of_prepare);
  if (!prepared) co_return prepared.error();
  const Status published = co_await publish();
  if (!published) co_return published.error();
  if (!now) co_return prepared;
  auto activate = [this, x509, jwt] { return issuer_.rotate(x509, jwt, true); };
  auto task_of_activate = run_blocking(blocking_, std::move(activate));
  Rotated activated = co_await std::move(task_of_activate);
  if (!activated) co_return activated.error();
  const Status used = co_await publish();
  if (!used) co_return used.error();
  co_return activated;
}

asio::awaitable<Status> IssuerSource::reconfigure(std::chrono::seconds refresh_hint, Duration longest_x509,
                                                  Duration longest_jwt) {
  const auto lock = co_await one_at_a_time_.lock();
  if (!lock) co_return lock.error();
  issuer_.set_refresh_hint(refresh_hint);
  auto work = [this, longest_x509, longest_jwt] { return issuer_.allow_ttls(longest_x509, longest_jwt); };
  auto task_of_work = run_blocking(blocking_, std::move(work));
  const Status allowed = co_await std::move(task_of_work);
  if (!allowed) co_return allowed.error();
  co_return co_await publish();
}

}  // namespace entente::syncer
