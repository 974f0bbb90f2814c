#include "syncer/source/file_source.hpp"

#include "common/base/file.hpp"
#include "common/base/file_watch.hpp"
#include "common/spiffe/bundle_json.hpp"

namespace entente::syncer {
namespace {

Result<spiffe::Bundle> read_bundle(const FileSourceOptions& options) {
  const Result<std::string> content = read_file(options.path);
  if (!content) return content.error();
  Result<spiffe::ParsedBundle> parsed = options.format == BundleFormat::pem
                                            ? spiffe::parse_pem_bundle(options.trust_domain, *content)
                                            : spiffe::parse_bundle(options.trust_domain, *content);
  if (!parsed) return parsed.error().within(options.path.string());
  parsed->bundle.refresh_hint = options.refresh_hint;
  return std::move(parsed->bundle);
}

}  // namespace

asio::awaitable<Status> FileSource::take() {
  const auto lock = co_await one_at_a_time_.lock();
  if (!lock) co_return lock.error();
  Result<spiffe::Bundle> bundle = read_bundle(options_);
  if (!bundle) co_return bundle.error();
  co_return co_await own_.offer(std::move(*bundle), options_.path.string());
}

asio::awaitable<Status> FileSource::start() {
  const Status taken = co_await take();
  if (taken || !own_.held(options_.trust_domain)) co_return taken;
  log_.warning("bundle file cannot be used; the last good bundle stays", {{"error", taken.error().message()}});
  co_return ok();
}

asio::awaitable<Status> FileSource::set_refresh_hint(std::chrono::seconds hint) {
  options_.refresh_hint = hint;
  co_return co_await take();
}

asio::awaitable<void> FileSource::run() {
  std::string last_complaint;
  for (;;) {
    Result<FileWatch> watch = FileWatch::create(control_, {options_.path});
    // Taken after the watch stands, so that no change falls between the two.
    const Status taken = co_await take();
    const std::string complaint = taken ? (watch ? "" : watch.error().message()) : taken.error().message();
    if (!complaint.empty() && complaint != last_complaint)
      log_.warning("bundle file cannot be used; the last good bundle stays", {{"error", complaint}});
    last_complaint = complaint;
    FileWatch* const watched = watch ? &*watch : nullptr;
    const Status waited = co_await wait_for_change(watched, clock_);
    if (!waited) co_return;
  }
}

}  // namespace entente::syncer
