#include "common/spiffe/x509_inspection.hpp"

#include <algorithm>

#include "common/crypto/path.hpp"
#include "common/spiffe/text.hpp"
#include "common/spiffe/x509_svid.hpp"

namespace entente::spiffe {
namespace {

using crypto::Certificate;
using crypto::CertificateFile;
using crypto::PathProblem;

constexpr std::string_view path_section = "X509-SVID 5.1";  // which means RFC 5280 6

// Real chains have two to four certificates; who hands over a whole folder wants no signature check of every pair.
constexpr std::size_t most_for_order = 32;

std::string named(const Certificate& certificate) {
  return certificate.subject_empty() ? "serial " + certificate.serial_hex() : in_quotes(certificate.subject());
}

// "certificate 2 ("CN=a")", as one counts in the file.
std::string place(const CertificateFile& file, std::size_t i) {
  return "certificate " + std::to_string(i + 1) + " (" + named(file.certificates[i].certificate) + ")";
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string hosts_of(const Certificate& certificate) {
  constexpr std::size_t most = 3;
  std::vector<std::string> names = certificate.dns_names();
  for (std::string& address : certificate.ip_names()) names.push_back(std::move(address));
  std::string text;
  for (std::size_t i = 0; i < std::min(most, names.size()); ++i) text += (i == 0 ? "" : ", ") + in_quotes(names[i]);
  if (names.size() > most) text += " and " + counted(names.size() - most, "more name");
  return text;
}

std::string summary_of_signers(const CertificateFile& file, const std::optional<SpiffeId>& id) {
  if (file.certificates.size() > 1)
    return std::to_string(file.certificates.size()) +
           " signing certificates (CA), as a bundle of authorities has them; no X509-SVID for a workload";
  const std::string whose = id ? " of the trust domain " + id->trust_domain().name() : " without a SPIFFE ID";
  return "a signing certificate (CA)" + whose + "; not an X509-SVID for a workload";
}

std::string summary_of_workload(const Certificate& leaf, const std::optional<SpiffeId>& id) {
  if (id && !id->has_path()) return "a certificate whose SPIFFE ID names a trust domain and no workload";
  if (id) return "an X509-SVID of the trust domain " + id->trust_domain().name();
  const std::vector<std::string> uris = leaf.uri_names();
  if (uris.size() > 1) return "a certificate with " + std::to_string(uris.size()) + " URI names; an X509-SVID has one";
  return "a certificate whose URI name is no SPIFFE ID: " + in_quotes(uris.front());
}

std::string summarise(const CertificateFile& file, const X509Inspection& found) {
  const Certificate& leaf = file.certificates[found.leaf].certificate;
  switch (found.role) {
    case CertificateRole::workload:
      return summary_of_workload(leaf, found.id);
    case CertificateRole::signer:
      return summary_of_signers(file, found.id);
    case CertificateRole::web:
      return "no SPIFFE ID: an ordinary web certificate for " + hosts_of(leaf);
    case CertificateRole::other:
      break;
  }
  return "no SPIFFE ID: a certificate of " + named(leaf);
}

std::size_t leaf_of(const CertificateFile& file) {
  const auto leaf = std::ranges::find_if(file.certificates, [](const crypto::SeenCertificate& seen) {
    return role_of(seen.certificate) != CertificateRole::signer;
  });
  return leaf == file.certificates.end() ? 0 : static_cast<std::size_t>(leaf - file.certificates.begin());
}

// Of what signs only the one rule that matters is told, not all that makes it a CA.
void add_leaf_rules(const Certificate& leaf, X509Inspection& found) {
  if (found.role != CertificateRole::signer) {
    found.violations = check_leaf(leaf);
    return;
  }
  found.violations.push_back({"leaf_is_ca", "X509-SVID 4.1",
                              "a signing certificate vouches for others and never authenticates anybody itself"});
}

void add_key_problems(const CertificateFile& file, X509Inspection& found) {
  for (std::size_t i = 0; i < file.certificates.size(); ++i)
    if (const auto& problem = file.certificates[i].key_problem)
      found.violations.push_back({"key_unsupported", "", place(file, i) + ": " + problem->message()});
}

void add_signer(const std::string& where, const Certificate& signer, Violations& violations) {
  for (Violation& broken : check_signer(signer)) {
    broken.message = where + " " + broken.message;
    violations.push_back(std::move(broken));
  }
}

void add_file_signers(const CertificateFile& file, X509Inspection& found) {
  for (std::size_t i = 0; i < file.certificates.size(); ++i)
    if (i != found.leaf || found.role == CertificateRole::signer)
      add_signer(place(file, i), file.certificates[i].certificate, found.violations);
}

void add_order(X509Inspection& found) {
  if (found.leaf == 0) return;
  found.violations.push_back({"leaf_not_first", "SPIFFE Workload API 5.1",
                              "the leaf is certificate " + std::to_string(found.leaf + 1) + "; it must come first"});
}

// As path validation judges: the last second counts as past.
void add_time(const std::string& where, const Certificate& certificate, Time at, Violations& violations) {
  if (certificate.not_after() <= at)
    violations.push_back({"expired", std::string(path_section),
                          where + " expired " + describe_duration(at - certificate.not_after()) + " ago, at " +
                              format_time(certificate.not_after())});
  else if (at < certificate.not_before())
    violations.push_back({"not_yet_valid", std::string(path_section),
                          where + " is not valid before " + format_time(certificate.not_before()) + ", in " +
                              describe_duration(certificate.not_before() - at)});
}

void add_times(const CertificateFile& file, Time at, X509Inspection& found) {
  for (std::size_t i = 0; i < file.certificates.size(); ++i)
    add_time(place(file, i), file.certificates[i].certificate, at, found.violations);
}

// Whether each certificate after the leaf issued the one before it, which not every validator can do without.
void note_order(const CertificateFile& file, X509Inspection& found) {
  const auto& all = file.certificates;
  if (found.role == CertificateRole::signer || found.leaf != 0 || all.size() > most_for_order) return;
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (crypto::issued(all[i].certificate, all[i - 1].certificate)) continue;
    const bool of_another = std::ranges::any_of(all, [&](const auto& child) {
      return &child != &all[i] && crypto::issued(all[i].certificate, child.certificate);
    });
    if (of_another)
      found.notes.push_back({"chain_order", "SPIFFE Workload API 5.1",
                             place(file, i) + " did not issue the certificate before it, but another one"});
    else
      found.notes.push_back(
          {"chain_unrelated", "SPIFFE Workload API 5.1", place(file, i) + " issued no other certificate of this file"});
  }
}

void note_signers(const CertificateFile& file, X509Inspection& found) {
  for (std::size_t i = 0; i < file.certificates.size(); ++i) {
    if (i == found.leaf && found.role != CertificateRole::signer) continue;
    const Certificate& signer = file.certificates[i].certificate;
    if (const auto usage = signer.key_usage(); usage && !usage->critical)
      found.notes.push_back(
          {"signer_key_usage_not_critical", "X509-SVID 4.3", place(file, i) + ": its key usage is not critical"});
    const std::optional<SpiffeId> id = spiffe_id_of(signer);
    if (id && found.id && !id->member_of(found.id->trust_domain()))
      found.notes.push_back({"signer_other_domain", "X509-SVID 3.2",
                             place(file, i) + " is of the trust domain " + id->trust_domain().name() +
                                 ", the leaf of " + found.id->trust_domain().name()});
    if (found.role != CertificateRole::signer && crypto::issued(signer, signer))
      found.notes.push_back({"root_in_chain", std::string(path_section),
                             place(file, i) + " is a root; a root counts only where a bundle has it"});
  }
}

void note_file(const CertificateFile& file, X509Inspection& found) {
  const Certificate& leaf = file.certificates[found.leaf].certificate;
  if (found.role == CertificateRole::workload && !leaf.extended_key_usage())
    found.notes.push_back({"extended_key_usage_missing", "X509-SVID 4.4",
                           "the leaf has no extended key usage; it should hold serverAuth and clientAuth"});
  note_order(file, found);
  note_signers(file, found);
  if (file.private_key)
    found.notes.push_back({"private_key_in_file", "", "a private key is in the file too; it was not looked at"});
}

X509Inspection begin(const CertificateFile& file) {
  X509Inspection found{
      .role = CertificateRole::other, .leaf = leaf_of(file), .summary = {}, .id = {}, .violations = {}, .notes = {}};
  const Certificate& leaf = file.certificates[found.leaf].certificate;
  found.role = role_of(leaf);
  found.id = spiffe_id_of(leaf);
  found.summary = summarise(file, found);
  add_leaf_rules(leaf, found);
  add_key_problems(file, found);
  add_order(found);
  return found;
}

std::string_view code_of(PathProblem problem) {
  switch (problem) {
    case PathProblem::expired:
      return "expired";
    case PathProblem::not_yet_valid:
      return "not_yet_valid";
    case PathProblem::unknown_authority:
      return "unknown_authority";
    case PathProblem::wrong_signature:
      return "wrong_signature";
    case PathProblem::signer_may_not_sign:
      return "signer_not_ca";
    case PathProblem::path_length:
      return "path_length";
    case PathProblem::name_constraints:
      return "name_constraints";
    case PathProblem::weak_algorithm:
      return "weak_algorithm";
    case PathProblem::critical_extension:
      return "critical_extension";
    case PathProblem::too_complex:
      return "chain_too_complex";
    case PathProblem::other:
      break;
  }
  return "path_invalid";
}

std::vector<Certificate> leaf_first(const CertificateFile& file, std::size_t leaf) {
  std::vector<Certificate> chain = file.chain();
  std::rotate(chain.begin(), chain.begin() + static_cast<std::ptrdiff_t>(leaf),
              chain.begin() + static_cast<std::ptrdiff_t>(leaf) + 1);
  return chain;
}

bool is_of_time(const crypto::PathFault& fault) {
  return fault.problem == PathProblem::expired || fault.problem == PathProblem::not_yet_valid;
}

// Of which certificate of a path, in words: the leaf, one between, the authority.
std::string place_in(const std::vector<Certificate>& path, std::size_t i) {
  if (i == 0) return "the leaf (" + named(path[i]) + ")";
  return (i + 1 == path.size() ? "the authority " : "the intermediate ") + named(path[i]) +
         (i + 1 == path.size() ? " of the bundle" : "");
}

std::string authorities_in(const Bundle& bundle) {
  constexpr std::size_t most = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, bundle.x509_authorities.size()); ++i) {
    const Certificate& authority = bundle.x509_authorities[i];
    text += (i == 0 ? "" : ", ") + named(authority) + " until " + format_time(authority.not_after());
  }
  return bundle.x509_authorities.size() > most ? text + " and more" : text;
}

void add_faults(const std::vector<crypto::PathFault>& faults, const Bundle& bundle, X509Verification& result) {
  for (const crypto::PathFault& fault : faults) {
    std::string message = fault.message;
    if (fault.problem == PathProblem::unknown_authority) message += "; the bundle holds " + authorities_in(bundle);
    result.inspection.violations.push_back(
        {std::string(code_of(fault.problem)), std::string(path_section), std::move(message)});
  }
}

// In better words than the path's own, which is asked for nothing but whether there are any.
std::vector<crypto::PathFault> take_times(std::vector<crypto::PathFault> faults, Time at, X509Verification& result) {
  Violations times;
  if (std::ranges::any_of(faults, is_of_time))
    for (std::size_t i = 0; i < result.path.size(); ++i) add_time(place_in(result.path, i), result.path[i], at, times);
  if (times.empty()) return faults;
  std::erase_if(faults, is_of_time);
  for (Violation& time : times) result.inspection.violations.push_back(std::move(time));
  return faults;
}

// XS-6, XS-7, XS-8, with the path's own signers and times in place of the file's where one was found.
void judge_path(const CertificateFile& file, const Bundle& bundle, Time at, X509Verification& result) {
  X509Inspection& found = result.inspection;
  crypto::PathReport report = crypto::examine_path(leaf_first(file, found.leaf), bundle.x509_authorities, at);
  result.path = std::move(report.path);
  add_faults(take_times(std::move(report.faults), at, result), bundle, result);
  if (result.path.empty()) {
    add_file_signers(file, found);
    add_times(file, at, found);
    return;
  }
  if (result.path.size() == 1)
    found.violations.push_back(
        {"leaf_in_bundle", "X509-SVID 3.2", "the leaf is itself in the bundle: no authority signed it"});
  for (std::size_t i = 1; i < result.path.size(); ++i)
    add_signer("the signer " + named(result.path[i]), result.path[i], found.violations);
}

// The one hint that a bundle gives of whose it is. No more than a hint: TB-12.
void note_bundle(const Bundle& bundle, X509Inspection& found) {
  std::optional<SpiffeId> other;
  for (const Certificate& authority : bundle.x509_authorities) {
    const std::optional<SpiffeId> id = spiffe_id_of(authority);
    if (!id || id->member_of(bundle.trust_domain)) return;
    other = id;
  }
  if (other)
    found.notes.push_back({"authorities_of_another_domain", "X509-SVID 3.2",
                           "the bundle is used as that of " + bundle.trust_domain.name() +
                               ", but its authorities name the trust domain " + other->trust_domain().name()});
}

}  // namespace

std::string_view to_string(CertificateRole role) {
  switch (role) {
    case CertificateRole::workload:
      return "x509_svid";
    case CertificateRole::signer:
      return "signing_certificate";
    case CertificateRole::web:
      return "web_certificate";
    case CertificateRole::other:
      break;
  }
  return "certificate";
}

CertificateRole role_of(const Certificate& certificate) {
  const std::vector<std::string> uris = certificate.uri_names();
  const std::optional<SpiffeId> id = spiffe_id_of(certificate);
  const auto usage = certificate.key_usage();
  const bool signs = certificate.is_ca() || (usage && usage->key_cert_sign);
  const bool of_workload = id && id->has_path();
  const bool hosts = !certificate.dns_names().empty() || !certificate.ip_names().empty();
  // `openssl req -x509` sets cA on what is meant for a web server.
  const bool web = uris.empty() && hosts && !(usage && usage->key_cert_sign);
  if (signs && !of_workload && !web && (certificate.is_ca() || id)) return CertificateRole::signer;
  if (!uris.empty()) return CertificateRole::workload;
  return hosts ? CertificateRole::web : CertificateRole::other;
}

std::optional<SpiffeId> spiffe_id_of(const Certificate& certificate) {
  const std::vector<std::string> uris = certificate.uri_names();
  if (uris.size() != 1) return std::nullopt;
  std::string_view text = uris.front();
  if (certificate.is_ca() && text.ends_with('/')) text.remove_suffix(1);
  const Result<SpiffeId> id = SpiffeId::parse(text);
  return id ? std::optional(*id) : std::nullopt;
}

X509Inspection inspect_x509(const CertificateFile& file, Time at) {
  X509Inspection found = begin(file);
  add_file_signers(file, found);
  add_times(file, at, found);
  note_file(file, found);
  return found;
}

X509Verification examine_x509_svid(const CertificateFile& file, const Bundle& bundle, Time at) {
  X509Verification result{begin(file), {}};
  X509Inspection& found = result.inspection;
  const auto broken = [&found](std::string code, std::string section, std::string message) {
    found.violations.push_back({std::move(code), std::move(section), std::move(message)});
  };
  const bool usable =
      std::ranges::none_of(file.certificates, [](const auto& seen) { return seen.key_problem.has_value(); });
  const std::string& domain = bundle.trust_domain.name();
  bool judged = false;
  if (found.id && !found.id->member_of(bundle.trust_domain)) {
    broken("no_bundle", "X509-SVID 5.1", "the ID is not in the trust domain " + domain + ", whose the bundle is");
  } else if (found.id && bundle.x509_authorities.empty()) {  // TB-6
    broken("no_x509_authority", "X509-SVID 6.2", "the bundle of " + domain + " holds no X.509 authority");
  } else if (found.id && found.role != CertificateRole::signer && usable) {
    judge_path(file, bundle, at, result);
    judged = true;
  }
  if (!judged) {
    add_file_signers(file, found);
    add_times(file, at, found);
  }
  note_file(file, found);
  note_bundle(bundle, found);
  return result;
}

}  // namespace entente::spiffe
