#include "common/crypto/path.hpp"

#include <optional>

#include "common/crypto/certificate_facts.hpp"
#include "common/crypto/path_search.hpp"

namespace entente::crypto {
namespace {

// 112 bits: RSA 2048, P-256 and SHA-256 pass; SHA-1 and MD5 signatures and RSA 1024 do not.
constexpr int security_level = 2;

// What OpenSSL's validation of one given path has to say.
struct Verdict {
  const Path& path;
  Time now;
  std::optional<Error> expired, untrusted;
};

// Keeps OpenSSL on the path that was found: certificates of one name would let it choose others.
int check_issued(X509_STORE_CTX* context, X509* subject, X509* issuer) {
  const auto& verdict = *static_cast<Verdict*>(X509_STORE_CTX_get_app_data(context));
  for (std::size_t i = 0; i + 1 < verdict.path.size(); ++i)
    if (X509_cmp(subject, verdict.path[i]->x509.get()) == 0)
      return X509_cmp(issuer, verdict.path[i + 1]->x509.get()) == 0 ? 1 : 0;
  return 0;
}

Error time_error(const Certificate& certificate, int reason) {
  const bool late = reason == X509_V_ERR_CERT_HAS_EXPIRED;
  return Error(Errc::expired,
               name_for_people(certificate) + ": " +
                   (late ? "certificate has expired at " + format_time(certificate.not_after())
                         : "certificate is not yet valid, not before " + format_time(certificate.not_before())));
}

// Goes on after what only time has against the path, so that a worse fault behind it is found; stops at any other
// fault.
int judge_step(int good, X509_STORE_CTX* context) {
  if (good == 1) return 1;
  auto& verdict = *static_cast<Verdict*>(X509_STORE_CTX_get_app_data(context));
  const int reason = X509_STORE_CTX_get_error(context);
  const auto depth = static_cast<std::size_t>(X509_STORE_CTX_get_error_depth(context));
  const Certificate& at = *verdict.path[depth < verdict.path.size() ? depth : 0]->certificate;
  if (reason == X509_V_ERR_CERT_HAS_EXPIRED || reason == X509_V_ERR_CERT_NOT_YET_VALID) {
    if (!verdict.expired) verdict.expired = time_error(at, reason);
    return 1;
  }
  verdict.untrusted = Error(Errc::untrusted, name_for_people(at) + ": " + X509_verify_cert_error_string(reason));
  return 0;
}

// RFC 5280 6.1.4 (k), for the anchor too: OpenSSL would let certificates of version 1 pass.
void check_signers(Verdict& verdict) {
  for (std::size_t i = 1; i < verdict.path.size(); ++i) {
    const Certificate& signer = *verdict.path[i]->certificate;
    if (!signer.is_ca()) verdict.untrusted = Error(Errc::untrusted, name_for_people(signer) + ": not a CA certificate");
  }
}

bool run(Verdict& verdict) {
  const Path& path = verdict.path;
  const X509StorePtr store(X509_STORE_new());
  const X509StoreCtxPtr context(X509_STORE_CTX_new());
  const X509StackPtr between(sk_X509_new_null());
  if (!store || !context || !between || X509_STORE_add_cert(store.get(), path.back()->x509.get()) != 1) return false;
  for (std::size_t i = 1; i + 1 < path.size(); ++i)
    if (X509_add_cert(between.get(), path[i]->x509.get(), X509_ADD_FLAG_UP_REF) != 1) return false;
  X509_STORE_set_check_issued(store.get(), check_issued);
  if (X509_STORE_CTX_init(context.get(), store.get(), path.front()->x509.get(), between.get()) != 1) return false;
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_time(parameters, unix_seconds(verdict.now));
  X509_VERIFY_PARAM_set_auth_level(parameters, security_level);
  X509_STORE_CTX_set_app_data(context.get(), &verdict);
  X509_STORE_CTX_set_verify_cb(context.get(), judge_step);
  return X509_verify_cert(context.get()) == 1;
}

Verdict judge(const Path& path, Time now) {
  Verdict verdict{path, now, {}, {}};
  if (!run(verdict) && !verdict.untrusted) verdict.untrusted = drain_errors("path validation", Errc::untrusted);
  if (!verdict.untrusted) check_signers(verdict);
  return verdict;
}

std::vector<Certificate> certificates_of(const Path& path) {
  std::vector<Certificate> certificates;
  for (const PathNode* node : path) certificates.push_back(*node->certificate);
  return certificates;
}

}  // namespace

Result<std::vector<Certificate>> validate_path(std::span<const Certificate> chain, std::span<const Certificate> roots,
                                               Time now) {
  const ErrorQueueScope errors;
  if (chain.empty()) return Error(Errc::invalid_argument, "path validation: no certificate was given");
  PathSearch search(chain, roots);
  std::vector<Certificate> good;
  std::optional<Error> expired, untrusted;
  search.each([&](const Path& path) {
    Verdict verdict = judge(path, now);
    if (verdict.untrusted) {
      if (!untrusted) untrusted = std::move(verdict.untrusted);
    } else if (verdict.expired) {
      if (!expired) expired = std::move(verdict.expired);
    } else {
      good = certificates_of(path);
    }
    return !good.empty();
  });
  if (!good.empty()) return good;
  if (expired) return *expired;
  if (untrusted) return *untrusted;
  return Error(Errc::untrusted, search.dead_end());
}

}  // namespace entente::crypto
