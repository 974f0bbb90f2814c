#include "syncer/publish/publisher.hpp"

#include "common/base/blocking.hpp"
#include "common/base/file.hpp"
#include "common/spiffe/bundle_json.hpp"

namespace entente::syncer {
namespace {

constexpr Duration retry_wait = std::chrono::seconds(5);

Status write_publication(const std::filesystem::path& folder, const spiffe::Bundle& bundle) {
  if (const Status made = ensure_folder(folder, 0755); !made) return made.error();
  const std::filesystem::path path = folder / (bundle.trust_domain.name() + ".json");
  const std::string document = spiffe::write_bundle(bundle);
  const Result<std::string> before = read_file(path);
  if (before && *before == document) return ok();
  return replace_file(path, document, 0644);
}

}  // namespace

Publisher::Publisher(asio::any_io_executor control, std::filesystem::path publish_dir, store::Feed& feed,
                     asio::thread_pool& blocking, Clock& clock, Log& log)
    : publish_dir_(std::move(publish_dir)),
      feed_(feed),
      blocking_(blocking),
      clock_(clock),
      log_(log),
      changed_(std::move(control)),
      subscription_(feed.subscribe([this](const trust::SnapshotPtr&) { changed_.raise(); })) {}

asio::awaitable<Status> Publisher::publish() {
  const trust::RecordPtr own = feed_.current()->own_record();
  if (own && own->bundle == published_) co_return ok();
  if (!own) {
    // For the server, which watches it for the first publication.
    auto make = [folder = publish_dir_] { return ensure_folder(folder, 0755); };
    auto task_of_make = run_blocking(blocking_, std::move(make));
    const Status made = co_await std::move(task_of_make);
    co_return made ? ok() : Status(made.error().within("publish"));
  }
  const spiffe::BundlePtr bundle = own->bundle;
  auto work = [folder = publish_dir_, bundle] { return write_publication(folder, *bundle); };
  auto task_of_work = run_blocking(blocking_, std::move(work));
  const Status written = co_await std::move(task_of_work);
  if (!written) co_return written.error().within("publish");
  published_ = bundle;
  co_return ok();
}

asio::awaitable<void> Publisher::run() {
  bool failing = false;
  for (;;) {
    const Status written = co_await publish();
    if (!written && !failing)
      log_.error("the publication cannot be written; the endpoint serves the last one",
                 {{"event", "publication_not_written"}, {"error", written.error().message()}});
    if (written && failing) log_.info("the publication is written again", {{"event", "publication_written_again"}});
    failing = !written;
    auto next = failing ? clock_.sleep(retry_wait) : changed_.wait();
    const Status waited = co_await std::move(next);
    if (!waited) co_return;
  }
}

}  // namespace entente::syncer
