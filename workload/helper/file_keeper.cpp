#include "workload/helper/file_keeper.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <variant>

#include "common/base/blocking.hpp"
#include "common/base/file_watch.hpp"

namespace entente::helper {
namespace {

using std::chrono::seconds;

constexpr Duration first_retry = seconds(1), longest_retry = seconds(30);
constexpr Duration readers_time = seconds(30);                 // for who still reads a set that was replaced
constexpr Duration settling = std::chrono::milliseconds(200);  // a rotation comes in several answers
constexpr Duration longest_sleep = std::chrono::hours(1);
constexpr Duration guard_pause = std::chrono::milliseconds(500);  // a busy folder is looked at no more often

}  // namespace

FileKeeper::FileKeeper(const HelperConfig& config, MaterialSource& source, asio::any_io_executor executor,
                       Event& changed, asio::thread_pool& disk, Clock& clock, Log& log, telemetry::Readiness& readiness,
                       telemetry::Metrics& metrics, Listener listener)
    : config_(config),
      source_(source),
      changed_(changed),
      disk_(disk),
      clock_(clock),
      log_(log),
      readiness_(readiness),
      written_sets_(metrics.counter("entente_helper_sets_total", "Sets of files that were put in place.")),
      failed_writes_(metrics.counter("entente_helper_write_failures_total", "Sets that could not be written.")),
      expiry_(metrics.gauge("entente_helper_expiry_timestamp_seconds",
                            "When the first SVID in the files ends; 0 without one.")),
      listener_(std::move(listener)),
      written_(std::move(executor)),
      writer_(config.directory, config.directory_mode, config.layout),
      retry_pause_(first_retry) {
  readiness_.unmet("files", "no complete set yet");
}

asio::awaitable<void> FileKeeper::run(bool once) {
  using namespace boost::asio::experimental::awaitable_operators;
  for (;;) {
    auto looking = look();
    co_await std::move(looking);
    if (once && has_set() && trouble_.empty()) co_return;
    say_readiness(clock_.now());
    auto changed = changed_.wait();
    auto sleeping = clock_.sleep(next_look(clock_.now()));
    const auto first = co_await (std::move(changed) || std::move(sleeping));
    const Status waited = std::visit([](const Status& status) { return status; }, first);
    if (!waited) co_return;  // cancelled
    if (!current_ || first.index() == 1) continue;
    auto settled = clock_.sleep(settling);
    const Status slept = co_await std::move(settled);
    if (!slept) co_return;
  }
}

Duration FileKeeper::next_look(Time now) const {
  Duration wait = longest_sleep;
  const auto consider = [&](std::optional<Time> at) {
    if (at) wait = std::clamp<Duration>(*at - now, Duration::zero(), wait);
  };
  consider(retry_at_);
  consider(prune_at_);
  if (current_ && current_->expires_at && *current_->expires_at >= now) consider(*current_->expires_at + seconds(1));
  const auto denied = source_.denied_since();
  if (denied && config_.remove_when_denied && !withdrawn_ && !retry_at_)
    consider(*denied + *config_.remove_when_denied);
  return wait;
}

bool FileKeeper::to_be_withdrawn(Time now) const {
  const auto denied = source_.denied_since();
  return denied && config_.remove_when_denied && now - *denied >= *config_.remove_when_denied;
}

void FileKeeper::in_trouble(const Error& error) {
  const std::string& what = error.message();
  const bool starting = !current_ && error.code() == Errc::unavailable;
  if (trouble_ == what) return;
  trouble_ = what;
  if (starting)
    log_.info("there are no files yet", {{"directory", config_.directory.string()}, {"reason", what}});
  else
    log_.warning(current_ ? "the files stay as they are" : "there are no files",
                 {{"directory", config_.directory.string()}, {"reason", what}});
}

asio::awaitable<void> FileKeeper::look() {
  const Time now = clock_.now();
  if (prune_at_ && *prune_at_ <= now) {
    auto pruning = prune();
    co_await std::move(pruning);
  }
  if (retry_at_ && now < *retry_at_) co_return;  // new material waits with what failed
  retry_at_.reset();
  if (to_be_withdrawn(now)) {
    auto withdrawing = withdraw();
    co_await std::move(withdrawing);
    co_return;
  }
  if (source_.denied_since()) co_return in_trouble(Error(Errc::permission_denied, source_.trouble()));
  const Result<const Material*> material = source_.material();
  if (!material) co_return in_trouble(material.error());
  Result<FileSet> set = render(config_, **material, now);
  if (!set) {
    const std::string why = source_.trouble();
    co_return in_trouble(why.empty() ? set.error() : Error(set.error().code(), set.error().message() + "; " + why));
  }
  trouble_.clear();
  if (current_ && current_->digest == set->digest) {
    auto checking = intact();
    const bool good = co_await std::move(checking);
    if (good) co_return;
    log_.warning("files have gone: they are written again", {{"directory", config_.directory.string()}});
  }
  auto writing = write(std::move(*set));
  co_await std::move(writing);
}

asio::awaitable<void> FileKeeper::write(FileSet set) {
  Current fresh{set.digest, set.expires_at};
  const std::string spiffe_id = set.spiffe_id;
  const std::size_t count = set.files.size();
  auto work = [this, set = std::make_shared<const FileSet>(std::move(set))] { return writer_.write(*set); };
  auto task = run_blocking(disk_, std::move(work));
  const Status written = co_await std::move(task);
  const Time now = clock_.now();
  if (!written) {
    in_trouble(written.error());
    write_failed_ = true;
    failed_writes_.add();
    retry_at_ = now + retry_pause_;
    retry_pause_ = std::min(retry_pause_ * 2, longest_retry);
    co_return;
  }
  write_failed_ = false;
  retry_pause_ = first_retry;
  if (!prune_at_) prune_at_ = now + readers_time;
  withdrawn_ = false;
  const bool news = !current_ || current_->digest != fresh.digest;
  const std::string until = fresh.expires_at ? format_time(*fresh.expires_at) : "";
  current_ = std::move(fresh);
  written_.raise();
  written_sets_.add();
  expiry_.set(current_->expires_at ? static_cast<double>(unix_seconds(*current_->expires_at)) : 0);
  log_.info("files are in place", {{"event", "files_written"},
                                   {"directory", config_.directory.string()},
                                   {"files", count},
                                   {"spiffe_id", spiffe_id},
                                   {"valid_until", until}});
  if (news) listener_.set_in_place();
}

asio::awaitable<void> FileKeeper::withdraw() {
  if (withdrawn_) co_return;
  auto work = [this] { return writer_.remove(); };
  auto task = run_blocking(disk_, std::move(work));
  const Status removed = co_await std::move(task);
  if (!removed) {
    in_trouble(removed.error());
    retry_at_ = clock_.now() + longest_retry;
    co_return;
  }
  withdrawn_ = true;
  current_.reset();
  expiry_.set(0);
  prune_at_.reset();
  write_failed_ = false;
  trouble_ = source_.trouble();
  log_.warning("the identity is withdrawn: its files are removed",
               {{"event", "files_withdrawn"}, {"directory", config_.directory.string()}, {"reason", trouble_}});
  listener_.set_removed();
}

asio::awaitable<void> FileKeeper::prune() {
  prune_at_.reset();
  auto work = [this] { return writer_.prune(); };
  auto task = run_blocking(disk_, std::move(work));
  const bool more = co_await std::move(task);
  if (more) prune_at_ = clock_.now() + readers_time;
}

asio::awaitable<bool> FileKeeper::intact() {
  auto work = [this] { return writer_.intact(); };
  auto task = run_blocking(disk_, std::move(work));
  const bool good = co_await std::move(task);
  co_return good;
}

asio::awaitable<void> FileKeeper::guard() {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  for (;;) {
    while (!current_) {  // there may be no directory yet
      auto first_set = written_.wait();
      const Status there = co_await std::move(first_set);
      if (!there) co_return;
    }
    const std::vector<std::filesystem::path> paths{config_.directory / "..data", config_.directory};
    Result<FileWatch> watch = FileWatch::create(executor, paths);
    // After the watch has begun, so that nothing slips through.
    auto checking = intact();
    const bool good = co_await std::move(checking);
    if (!good) changed_.raise();
    auto waiting = wait_for_change(watch ? &*watch : nullptr, clock_);
    const Status changed = co_await std::move(waiting);
    if (!changed) co_return;
    auto pausing = clock_.sleep(guard_pause);
    const Status slept = co_await std::move(pausing);
    if (!slept) co_return;
  }
}

asio::awaitable<void> FileKeeper::remove_all() {
  auto work = [this] { return writer_.remove(); };
  auto task = run_blocking(disk_, std::move(work));
  const Status removed = co_await std::move(task);
  if (!removed) log_.warning("the files could not be removed", {{"error", removed.error().message()}});
}

void FileKeeper::say_readiness(Time now) {
  if (!current_ || write_failed_) {
    readiness_.unmet("files", trouble_.empty() ? "no complete set yet" : trouble_);
  } else {
    readiness_.met("files");
  }
  if (current_ && current_->expires_at && *current_->expires_at < now) {
    readiness_.unmet("svid", "expired at " + format_time(*current_->expires_at) + "; " + trouble_);
  } else {
    readiness_.met("svid");
  }
  if (const auto denied = source_.denied_since()) {
    readiness_.unmet("identity", "denied since " + format_time(*denied) + ": " + source_.trouble());
  } else {
    readiness_.met("identity");
  }
}

}  // namespace entente::helper
