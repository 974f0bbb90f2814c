#include "common/crypto/path_search.hpp"

#include <algorithm>

#include "common/crypto/certificate_facts.hpp"

namespace entente::crypto {
namespace {

// A stranger chooses the chain. These bound what it can cost: real paths have two to four certificates.
constexpr std::size_t longest_path = 10;
constexpr std::size_t most_intermediates = 32;
constexpr int most_signature_checks = 100;

bool among(std::span<const Certificate> certificates, const Certificate& wanted) {
  return std::ranges::find(certificates, wanted) != certificates.end();
}

}  // namespace

std::string name_for_people(const Certificate& certificate) {
  return certificate.subject_empty() ? "serial " + certificate.serial_hex() : "\"" + certificate.subject() + "\"";
}

PathSearch::PathSearch(std::span<const Certificate> chain, std::span<const Certificate> roots)
    : leaf_{&chain.front(), to_x509(chain.front()), among(roots, chain.front())}, checks_left_(most_signature_checks) {
  for (const Certificate& root : roots) issuers_.push_back({&root, to_x509(root), true});
  for (const Certificate& intermediate : chain.subspan(1, std::min(chain.size() - 1, most_intermediates)))
    if (!among(roots, intermediate)) issuers_.push_back({&intermediate, to_x509(intermediate), false});
}

void PathSearch::each(const std::function<bool(const Path&)>& judge) {
  Path path{&leaf_};
  extend(path, judge);
}

bool PathSearch::extend(Path& path, const std::function<bool(const Path&)>& judge) {
  const PathNode& last = *path.back();
  if (last.root) return judge(path);
  if (path.size() == longest_path) {
    note(last, PathProblem::too_complex, "the path is too long", 5);
    return false;
  }
  note(last, PathProblem::unknown_authority, "no authority named \"" + last.certificate->issuer() + "\" is trusted", 1);
  for (const PathNode& issuer : issuers_) {
    const bool seen =
        std::ranges::any_of(path, [&](const PathNode* node) { return *node->certificate == *issuer.certificate; });
    if (seen || !issued(last, issuer)) continue;
    path.push_back(&issuer);
    if (extend(path, judge)) return true;
    path.pop_back();
  }
  return false;
}

bool PathSearch::issued(const PathNode& child, const PathNode& issuer) {
  const int reason = X509_check_issued(issuer.x509.get(), child.x509.get());
  if (reason == X509_V_ERR_SUBJECT_ISSUER_MISMATCH) return false;
  if (reason != X509_V_OK) {
    const bool usage = reason == X509_V_ERR_KEYUSAGE_NO_CERTSIGN;
    const std::string what =
        usage ? "its issuer does not fit: " : "the trusted authority of its issuer's name has another key: ";
    note(child, usage ? PathProblem::signer_may_not_sign : PathProblem::unknown_authority,
         what + X509_verify_cert_error_string(reason), 2);
    return false;
  }
  if (checks_left_-- <= 0) {
    note(child, PathProblem::too_complex, "too many certificates that may have issued it", 4);
    return false;
  }
  EVP_PKEY* key = X509_get0_pubkey(issuer.x509.get());
  if (X509_verify(child.x509.get(), key) == 1) return true;
  note(child, PathProblem::wrong_signature,
       "its signature is not by the trusted key of \"" + issuer.certificate->subject() + "\"", 3);
  return false;
}

void PathSearch::note(const PathNode& at, PathProblem problem, std::string_view reason, int rank) {
  if (rank <= dead_end_rank_) return;
  dead_end_rank_ = rank;
  dead_end_ = {problem, name_for_people(*at.certificate) + ": " + std::string(reason)};
}

bool issued(const Certificate& issuer, const Certificate& certificate) {
  const ErrorQueueScope errors;
  const X509Ptr parent = to_x509(issuer), child = to_x509(certificate);
  if (!parent || !child) return false;
  const int fit = X509_check_issued(parent.get(), child.get());
  if (fit != X509_V_OK && fit != X509_V_ERR_KEYUSAGE_NO_CERTSIGN) return false;
  EVP_PKEY* key = X509_get0_pubkey(parent.get());
  return key != nullptr && X509_verify(child.get(), key) == 1;
}

}  // namespace entente::crypto
