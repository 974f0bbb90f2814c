#include "syncer/source/issuer_source.hpp"

#include <algorithm>

#include "common/base/blocking.hpp"
#include "common/spiffe/bundle_json.hpp"

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
asio::awaitable<Status> IssuerSource::publish(std::optional<trust::Actor> by) {
  spiffe::Bundle bundle = issuer_.bundle();
  add_extra_authorities(clock_.now(), extra_, bundle);
  const Status offered = co_await own_.offer(std::move(bundle), "issuer", std::move(by));
  if (offered && generation_seen_ != issuer_.generation()) {
    generation_seen_ = issuer_.generation();
    authority_changed_();
  }
  co_return offered;
}

std::filesystem::path IssuerSource::extra_file() const { return issuer_.options().folder / "appended.json"; }

asio::awaitable<Status> IssuerSource::start() {
  const auto lock = co_await one_at_a_time_.lock();
  if (!lock) co_return lock.error();
  Result<ExtraAuthorities> extra = load_extra_authorities(extra_file(), issuer_.options().trust_domain);
  if (!extra) co_return extra.error();
  extra_ = std::move(*extra);
  co_return co_await publish();
}

asio::awaitable<Status> IssuerSource::append(ExtraAuthorities more, trust::Actor by) {
  const auto lock = co_await one_at_a_time_.lock();
  if (!lock) co_return lock.error();
  spiffe::Bundle bundle = issuer_.bundle();
  Result<ExtraAuthorities> all = syncer::append(clock_.now(), bundle, extra_, more);
  if (!all) co_return all.error();
  add_extra_authorities(clock_.now(), *all, bundle);
  if (bundle.x509_authorities.size() + bundle.jwt_authorities.size() > spiffe::max_keys)
    co_return Error(Errc::invalid_argument,
                    "a bundle holds at most " + std::to_string(spiffe::max_keys) + " authorities");
  auto work = [file = extra_file(), domain = bundle.trust_domain, extra = *all] {
    return save_extra_authorities(file, domain, extra);
  };
  auto task_of_work = run_blocking(blocking_, std::move(work));
  const Status saved = co_await std::move(task_of_work);
  if (!saved) co_return saved.error();
  extra_ = std::move(*all);
  co_return co_await publish(std::move(by));
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
      log_.error("issuer cannot rotate; what is in use goes on",
                 {{"event", "rotation_failed"}, {"error", stepped.error().message()}});
    if (stepped && failing) log_.info("issuer rotates again", {{"event", "rotation_recovered"}});
    failing = !stepped;
  }
}

asio::awaitable<Result<std::vector<issuer::AuthorityInfo>>> IssuerSource::rotate(bool x509, bool jwt, bool now,
                                                                                 std::optional<trust::Actor> by) {
  using Rotated = Result<std::vector<issuer::AuthorityInfo>>;
  const auto lock = co_await one_at_a_time_.lock();
  if (!lock) co_return lock.error();
  auto prepare = [this, x509, jwt] { return issuer_.rotate(x509, jwt, false); };
  auto task_of_prepare = run_blocking(blocking_, std::move(prepare));
  Rotated prepared = co_await std::move(task_of_prepare);
  if (!prepared) co_return prepared.error();
  const Status published = co_await publish(by);
  if (!published) co_return published.error();
  if (!now) co_return prepared;
  auto activate = [this, x509, jwt] { return issuer_.rotate(x509, jwt, true); };
  auto task_of_activate = run_blocking(blocking_, std::move(activate));
  Rotated activated = co_await std::move(task_of_activate);
  if (!activated) co_return activated.error();
  const Status used = co_await publish(std::move(by));
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
