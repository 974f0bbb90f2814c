#include "syncer/push/file_target.hpp"

#include "common/base/blocking.hpp"
#include "common/base/encoding.hpp"
#include "common/base/file.hpp"
#include "common/crypto/signature.hpp"
#include "common/spiffe/bundle_json.hpp"

namespace entente::syncer {
namespace {

std::string digest_of(std::string_view bytes) { return hex_encode(crypto::sha256(as_bytes(bytes))); }

std::string document_of(const spiffe::Bundle& bundle, PushFileFormat format) {
  return format == PushFileFormat::pem ? crypto::to_pem(bundle.x509_authorities) : spiffe::write_bundle(bundle);
}

std::filesystem::path path_of(const std::filesystem::path& folder, const spiffe::TrustDomain& trust_domain,
                              PushFileFormat format) {
  return folder / (trust_domain.name() + (format == PushFileFormat::pem ? ".pem" : ".json"));
}

// A file that is there and cannot be read is one that differs: it is written anew, or that fails and says why.
Holdings read_all(const std::filesystem::path& folder, PushFileFormat format,
                  const std::set<spiffe::TrustDomain>& trust_domains) {
  Holdings holdings;
  for (const spiffe::TrustDomain& trust_domain : trust_domains) {
    const Result<std::string> bytes = read_file(path_of(folder, trust_domain, format));
    if (!bytes && bytes.error().code() == Errc::not_found) continue;
    holdings.fingerprints.emplace(trust_domain, bytes ? digest_of(*bytes) : "");
  }
  return holdings;
}

std::vector<Status> write_all(const std::filesystem::path& folder, PushFileFormat format,
                              const std::vector<spiffe::BundlePtr>& bundles) {
  std::vector<Status> outcomes;
  for (const spiffe::BundlePtr& bundle : bundles)
    outcomes.push_back(replace_file(path_of(folder, bundle->trust_domain, format), document_of(*bundle, format), 0644));
  return outcomes;
}

std::vector<Status> remove_all(const std::filesystem::path& folder, PushFileFormat format,
                               const std::vector<spiffe::TrustDomain>& trust_domains) {
  std::vector<Status> outcomes;
  for (const spiffe::TrustDomain& each : trust_domains) outcomes.push_back(remove_file(path_of(folder, each, format)));
  return outcomes;
}

}  // namespace

FileTarget::FileTarget(std::filesystem::path folder, PushFileFormat format)
    : folder_(std::move(folder)), format_(format) {}
FileTarget::~FileTarget() = default;

std::string FileTarget::fingerprint(const spiffe::Bundle& bundle) const {
  return digest_of(document_of(bundle, format_));
}

asio::awaitable<Result<Holdings>> FileTarget::look(std::set<spiffe::TrustDomain> trust_domains) {
  auto work = [folder = folder_, format = format_, wanted = std::move(trust_domains)]() -> Result<Holdings> {
    if (const Status made = ensure_folder(folder, 0755); !made) return made.error();
    return read_all(folder, format, wanted);
  };
  auto task_of_work = run_blocking(disk_, std::move(work));
  co_return co_await std::move(task_of_work);
}

asio::awaitable<Result<std::vector<Status>>> FileTarget::set(std::vector<spiffe::BundlePtr> bundles) {
  auto work = [folder = folder_, format = format_, given = std::move(bundles)] {
    return write_all(folder, format, given);
  };
  auto task_of_work = run_blocking(disk_, std::move(work));
  co_return co_await std::move(task_of_work);
}

asio::awaitable<Result<std::vector<Status>>> FileTarget::remove(std::vector<spiffe::TrustDomain> trust_domains) {
  auto work = [folder = folder_, format = format_, gone = std::move(trust_domains)] {
    return remove_all(folder, format, gone);
  };
  auto task_of_work = run_blocking(disk_, std::move(work));
  co_return co_await std::move(task_of_work);
}

}  // namespace entente::syncer
