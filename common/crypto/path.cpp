#include "common/crypto/path.hpp"

#include <algorithm>
#include <optional>

#include "common/crypto/certificate_facts.hpp"
#include "common/crypto/path_search.hpp"

namespace entente::crypto {
namespace {

// 112 bits: RSA 2048, P-256 and SHA-256 pass; SHA-1 and MD5 signatures and RSA 1024 do not.
constexpr int security_level = 2;
constexpr std::size_t most_faults = 32;

// What OpenSSL's validation of one given path has to say.
struct Verdict {
  const Path& path;
  Time now;
  std::vector<PathFault> faults;

  void add(PathFault fault) {
    const bool known = std::ranges::any_of(faults, [&](const PathFault& one) { return one.message == fault.message; });
    if (!known && faults.size() < most_faults) faults.push_back(std::move(fault));
  }
};

bool is_of_time(const PathFault& fault) {
  return fault.problem == PathProblem::expired || fault.problem == PathProblem::not_yet_valid;
}

// Keeps OpenSSL on the path that was found: certificates of one name would let it choose others.
int check_issued(X509_STORE_CTX* context, X509* subject, X509* issuer) {
  const auto& verdict = *static_cast<Verdict*>(X509_STORE_CTX_get_app_data(context));
  for (std::size_t i = 0; i + 1 < verdict.path.size(); ++i)
    if (X509_cmp(subject, verdict.path[i]->x509.get()) == 0)
      return X509_cmp(issuer, verdict.path[i + 1]->x509.get()) == 0 ? 1 : 0;
  return 0;
}

PathProblem problem_of(int reason) {
  switch (reason) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return PathProblem::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return PathProblem::not_yet_valid;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return PathProblem::wrong_signature;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return PathProblem::signer_may_not_sign;
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
      return PathProblem::path_length;
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
      return PathProblem::name_constraints;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return PathProblem::weak_algorithm;
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
      return PathProblem::critical_extension;
    default:
      return PathProblem::other;
  }
}

PathFault fault_of(const Certificate& certificate, int reason) {
  const PathProblem problem = problem_of(reason);
  std::string what = X509_verify_cert_error_string(reason);
  if (problem == PathProblem::expired) what += " at " + format_time(certificate.not_after());
  if (problem == PathProblem::not_yet_valid) what += ", not before " + format_time(certificate.not_before());
  return {problem, name_for_people(certificate) + ": " + what};
}

// Notes what is wrong and goes on, so that all of it is found: run() returns no good path that has a fault.
int judge_step(int good, X509_STORE_CTX* context) {
  if (good == 1) return 1;
  auto& verdict = *static_cast<Verdict*>(X509_STORE_CTX_get_app_data(context));
  const auto depth = static_cast<std::size_t>(X509_STORE_CTX_get_error_depth(context));
  const Certificate& at = *verdict.path[depth < verdict.path.size() ? depth : 0]->certificate;
  verdict.add(fault_of(at, X509_STORE_CTX_get_error(context)));
  return 1;
}

// RFC 5280 6.1.4 (k), for the anchor too: OpenSSL would let certificates of version 1 pass.
void check_signers(Verdict& verdict) {
  for (std::size_t i = 1; i < verdict.path.size(); ++i) {
    const Certificate& signer = *verdict.path[i]->certificate;
    if (!signer.is_ca())
      verdict.add({PathProblem::signer_may_not_sign, name_for_people(signer) + ": not a CA certificate"});
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

std::vector<PathFault> judge(const Path& path, Time now) {
  Verdict verdict{path, now, {}};
  const bool good = run(verdict);
  if (std::ranges::all_of(verdict.faults, is_of_time)) check_signers(verdict);
  if (!good && verdict.faults.empty())
    verdict.add({PathProblem::other, drain_errors("path validation", Errc::untrusted).message()});
  return std::move(verdict.faults);
}

std::vector<Certificate> certificates_of(const Path& path) {
  std::vector<Certificate> certificates;
  for (const PathNode* node : path) certificates.push_back(*node->certificate);
  return certificates;
}

}  // namespace

PathReport examine_path(std::span<const Certificate> chain, std::span<const Certificate> roots, Time now) {
  const ErrorQueueScope errors;
  if (chain.empty()) return {{}, {{PathProblem::other, "path validation: no certificate was given"}}};
  PathSearch search(chain, roots);
  std::optional<PathReport> best;
  bool best_needs_time_alone = false;
  search.each([&](const Path& path) {
    std::vector<PathFault> faults = judge(path, now);
    const bool good = faults.empty(), time_alone = std::ranges::all_of(faults, is_of_time);
    if (!best || good || (time_alone && !best_needs_time_alone)) {
      best = PathReport{certificates_of(path), std::move(faults)};
      best_needs_time_alone = time_alone;
    }
    return good;
  });
  if (!best) return {{}, {search.dead_end()}};
  return *std::move(best);
}

Result<std::vector<Certificate>> validate_path(std::span<const Certificate> chain, std::span<const Certificate> roots,
                                               Time now) {
  if (chain.empty()) return Error(Errc::invalid_argument, "path validation: no certificate was given");
  PathReport report = examine_path(chain, roots, now);
  if (report.faults.empty()) return std::move(report.path);
  const auto worse = std::ranges::find_if_not(report.faults, is_of_time);
  if (worse == report.faults.end()) return Error(Errc::expired, report.faults.front().message);
  return Error(Errc::untrusted, worse->message);
}

}  // namespace entente::crypto
