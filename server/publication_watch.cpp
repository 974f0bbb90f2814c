#include "server/publication_watch.hpp"

#include "common/base/file.hpp"
#include "server/watch_files.hpp"

namespace entente::server {
namespace {

constexpr std::string_view condition = "bundle endpoint publication";

class Reloader {
 public:
  Reloader(std::filesystem::path path, spiffe::TrustDomain trust_domain, Endpoint& endpoint,
           telemetry::Readiness& readiness, Log& log)
      : path_(std::move(path)),
        trust_domain_(std::move(trust_domain)),
        endpoint_(endpoint),
        readiness_(readiness),
        log_(log) {}

  void reload() {
    const Result<std::string> document = read_file(path_);
    if (!document) return keep(document.error());
    Result<PublicationPtr> publication = prepare_publication(trust_domain_, *document);
    if (!publication) return keep(publication.error().within(path_.string()));
    complaint_.clear();
    if ((*publication)->etag == etag_) return;
    etag_ = (*publication)->etag;
    endpoint_.set_publication(std::move(*publication));
    readiness_.met(condition);
    log_.info("publication in service",
              {{"event", "publication_in_service"}, {"file", path_.string()}, {"bytes", document->size()}});
  }

 private:
  void keep(const Error& error) {
    if (error.message() == complaint_) return;  // said already
    complaint_ = error.message();
    if (etag_.empty()) {
      readiness_.unmet(condition, complaint_ + "; the syncer writes this file");
      log_.warning("no publication yet", {{"event", "publication_missing"}, {"error", complaint_}});
    } else {
      log_.warning("publication not usable; the last good one stays in service",
                   {{"event", "publication_unusable"}, {"error", complaint_}});
    }
  }

  const std::filesystem::path path_;
  const spiffe::TrustDomain trust_domain_;
  Endpoint& endpoint_;
  telemetry::Readiness& readiness_;
  Log& log_;
  std::string etag_;       // of what is in service
  std::string complaint_;  // the last one, until it is cured
};

}  // namespace

asio::awaitable<void> watch_publication(std::filesystem::path path, spiffe::TrustDomain trust_domain,
                                        Endpoint& endpoint, telemetry::Readiness& readiness, Log& log, Clock& clock) {
  Reloader reloader(path, std::move(trust_domain), endpoint, readiness, log);
  const std::function<void()> reload = [&reloader] { reloader.reload(); };
  const std::vector<std::filesystem::path> paths(1, path);
  co_await watch_files(paths, reload, log, clock);
}

}  // namespace entente::server
