#include "server/certificate_files.hpp"

#include "common/base/file.hpp"
#include "common/base/secret.hpp"
#include "common/crypto/certificate.hpp"
#include "common/crypto/signature.hpp"
#include "common/spiffe/x509_svid.hpp"
#include "server/watch_files.hpp"

namespace entente::server {
namespace {

constexpr std::string_view condition = "bundle endpoint certificate";

// The files' bytes; the key's are wiped.
struct Pair {
  std::string certificate;
  SecretBytes key;

  crypto::Sha256 digest() const {
    Bytes digests;
    for (const ByteView part : {as_bytes(certificate), key.view()}) {
      const crypto::Sha256 one = crypto::sha256(part);
      digests.insert(digests.end(), one.begin(), one.end());
    }
    return crypto::sha256(digests);
  }
};

Result<Pair> read_pair(const CertificateFiles& files) {
  Result<std::string> certificate = read_file(files.certificate);
  if (!certificate) return certificate.error();
  Result<std::string> key = read_file(files.key);
  if (!key) return key.error();
  Pair pair{std::move(*certificate), SecretBytes(Bytes(key->begin(), key->end()))};
  wipe(key->data(), key->size());
  return pair;
}

// FS-7: a valid X509-SVID, of the configured ID.
Status check_svid(const crypto::Certificate& leaf, const spiffe::SpiffeId& wanted) {
  if (const auto violations = spiffe::check_leaf(leaf); !violations.empty())
    return Error(Errc::schema, "not an X509-SVID: " + violations.front().message);
  const Result<spiffe::SpiffeId> id = spiffe::id_of(leaf);
  if (!id) return id.error();
  if (*id == wanted) return ok();
  return Error(Errc::wrong_spiffe_id, "it is for " + id->str() + ", and the endpoint is configured as " + wanted.str());
}

// FS-6: a common name alone convinces no client.
Status check_web(const crypto::Certificate& leaf) {
  if (!leaf.dns_names().empty() || !leaf.ip_names().empty()) return ok();
  return Error(Errc::schema, "it names no host: a subjectAltName with the endpoint's DNS name or IP address is needed");
}

Result<std::shared_ptr<const tls::ServerContext>> make_context(const CertificateFiles& files, const Pair& pair) {
  const std::string certificate_name = files.certificate.string();
  auto chain = crypto::certificates_from_pem(pair.certificate);
  if (!chain) return chain.error().within(certificate_name);
  if (chain->empty()) return Error(Errc::syntax, certificate_name + ": no certificate in it");
  const crypto::Certificate& leaf = chain->front();
  const Status checked = files.spiffe_id ? check_svid(leaf, *files.spiffe_id) : check_web(leaf);
  if (!checked) return checked.error().within(certificate_name);
  auto key = crypto::PrivateKey::from_pem(pair.key.text());
  if (!key) return key.error().within(files.key.string());
  tls::Identity identity{std::move(*chain), std::make_shared<const crypto::PrivateKey>(std::move(*key))};
  auto context = tls::ServerContext::create(identity, {});
  if (!context) return context.error().within(certificate_name + " and " + files.key.string());
  return context;
}

class Reloader {
 public:
  Reloader(CertificateFiles files, Endpoint& endpoint, telemetry::Readiness& readiness, Log& log, const Clock& clock)
      : files_(std::move(files)), endpoint_(endpoint), readiness_(readiness), log_(log), clock_(clock) {}

  void reload() {
    const Result<Pair> pair = read_pair(files_);
    if (!pair) return keep(pair.error());
    const crypto::Sha256 digest = pair->digest();
    if (digest != loaded_) {
      auto context = make_context(files_, *pair);
      if (!context) return keep(context.error());
      loaded_ = digest;
      take(std::move(*context));
    }
    complaint_.clear();
  }

 private:
  void take(std::shared_ptr<const tls::ServerContext> context) {
    const Time not_after = context->not_after();
    endpoint_.set_tls(std::move(context));
    readiness_.met(condition);
    const Log::Fields fields = {{"event", "certificate_in_service"},
                                {"file", files_.certificate.string()},
                                {"not_after", format_time(not_after)}};
    if (not_after > clock_.now())
      log_.info("certificate in service", fields);
    else
      log_.warning("certificate in service, but expired: clients will refuse it", fields);
  }

  void keep(const Error& error) {
    if (error.message() == complaint_) return;  // said already
    complaint_ = error.message();
    if (!loaded_) {
      readiness_.unmet(condition, complaint_);
      log_.warning("no certificate yet", {{"event", "certificate_missing"}, {"error", complaint_}});
    } else {
      log_.warning("certificate not usable; the last good one stays in service",
                   {{"event", "certificate_unusable"}, {"error", complaint_}});
    }
  }

  const CertificateFiles files_;
  Endpoint& endpoint_;
  telemetry::Readiness& readiness_;
  Log& log_;
  const Clock& clock_;
  std::optional<crypto::Sha256> loaded_;  // of what is in service
  std::string complaint_;                 // the last one, until it is cured
};

}  // namespace

Result<std::shared_ptr<const tls::ServerContext>> load_certificate(const CertificateFiles& files) {
  const Result<Pair> pair = read_pair(files);
  if (!pair) return pair.error();
  return make_context(files, *pair);
}

asio::awaitable<void> watch_certificate_files(CertificateFiles files, Endpoint& endpoint,
                                              telemetry::Readiness& readiness, Log& log, Clock& clock) {
  Reloader reloader(files, endpoint, readiness, log, clock);
  const std::function<void()> reload = [&reloader] { reloader.reload(); };
  const std::vector<std::filesystem::path> paths = {files.certificate, files.key};
  co_await watch_files(paths, reload, log, clock);
}

}  // namespace entente::server
