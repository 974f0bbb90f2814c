#include "syncer/admin/entente_endpoint_svid.hpp"

#include "common/base/blocking.hpp"
#include "common/base/file.hpp"
#include "common/base/secret.hpp"

namespace entente::syncer {
namespace {

constexpr Duration longest = std::chrono::hours(24 * 365);  // the issuer cuts it to what it allows

Result<crypto::PrivateKey> read_key(const std::filesystem::path& path) {
  Result<std::string> pem = read_file(path);
  if (!pem) return pem.error();
  Result<crypto::PrivateKey> key = crypto::PrivateKey::from_pem(*pem);
  wipe(pem->data(), pem->size());
  if (!key) return key.error().within(path.string());
  return key;
}

Result<spiffe::X509Svid> read_svid(const std::filesystem::path& certificate, const std::filesystem::path& key_file,
                                   const spiffe::SpiffeId& id, Time now) {
  const Result<std::string> pem = read_file(certificate);
  if (!pem) return pem.error();
  Result<std::vector<crypto::Certificate>> chain = crypto::certificates_from_pem(*pem);
  if (!chain) return chain.error().within(certificate.string());
  Result<crypto::PrivateKey> key = read_key(key_file);
  if (!key) return key.error();
  Result<spiffe::X509Svid> svid = spiffe::make_x509_svid(*std::move(chain), *std::move(key));
  if (!svid) return svid.error().within(certificate.string());
  if (svid->id != id)
    return Error(Errc::wrong_spiffe_id, certificate.string() + ": it is for " + svid->id.str() +
                                            ", and the endpoint is configured as " + id.str());
  const Time ends = svid->chain.front().not_after();
  if (ends < now)
    return Error(Errc::expired,
                 certificate.string() + ": it ended at " + format_time(ends) + "; nobody would accept what it signs");
  return svid;
}

asio::awaitable<Result<spiffe::X509Svid>> mint(const issuer::Issuer& issuer, spiffe::SpiffeId id,
                                               asio::thread_pool& blocking) {
  auto work = [&issuer, id = std::move(id)] { return issuer.mint_x509_svid(id, longest, {}, ""); };
  auto task = run_blocking(blocking, std::move(work));
  co_return co_await std::move(task);
}

asio::awaitable<Result<spiffe::X509Svid>> read(std::filesystem::path certificate, std::filesystem::path key,
                                               spiffe::SpiffeId id, asio::thread_pool& blocking, Time now) {
  auto work = [certificate = std::move(certificate), key = std::move(key), id = std::move(id), now] {
    return read_svid(certificate, key, id, now);
  };
  auto task = run_blocking(blocking, std::move(work));
  co_return co_await std::move(task);
}

Result<spiffe::X509Svid> choose(Result<std::vector<spiffe::X509Svid>> svids, const spiffe::SpiffeId& id) {
  if (!svids) return svids.error();
  for (spiffe::X509Svid& svid : *svids)
    if (svid.id == id) return std::move(svid);
  return Error(Errc::not_found,
               "the Workload API does not give us " + id.str() + "; an entry for it must match this process's user");
}

asio::awaitable<Result<spiffe::X509Svid>> fetch(AskForSvids ask, spiffe::SpiffeId id, asio::thread_pool& blocking) {
  auto work = [ask = std::move(ask), id = std::move(id)] { return choose(ask(), id); };
  auto task = run_blocking(blocking, std::move(work));
  co_return co_await std::move(task);
}

}  // namespace

EndpointSvid svid_from_workload_api(AskForSvids ask, spiffe::SpiffeId id, asio::thread_pool& blocking) {
  return [ask = std::move(ask), id = std::move(id), &blocking] { return fetch(ask, id, blocking); };
}

EndpointSvid svid_from_issuer(const issuer::Issuer& issuer, spiffe::SpiffeId id, asio::thread_pool& blocking) {
  return [&issuer, id = std::move(id), &blocking] { return mint(issuer, id, blocking); };
}

EndpointSvid svid_from_files(std::filesystem::path certificate, std::filesystem::path key, spiffe::SpiffeId id,
                             asio::thread_pool& blocking, const Clock& clock) {
  return [certificate = std::move(certificate), key = std::move(key), id = std::move(id), &blocking, &clock] {
    return read(certificate, key, id, blocking, clock.now());
  };
}

}  // namespace entente::syncer
