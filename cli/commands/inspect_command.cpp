// svid id, svid verify and jwt verify: offline, from files alone.
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "cli/commands/commands.hpp"
#include "cli/input.hpp"
#include "cli/print_inspection.hpp"
#include "cli/verification_bundle.hpp"
#include "common/base/secret.hpp"
#include "common/crypto/content_kind.hpp"

namespace entente::cli {
namespace {

using spiffe::TrustDomain;

// What the flags say, read before anything else.
struct Terms {
  std::optional<TrustDomain> trust_domain;
  Time at;
};

Result<Terms> read_terms(const VerificationFlags& flags) {
  Terms terms{.trust_domain = {}, .at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
  if (flags.at) {
    const Result<Time> at = read_moment("--at", *flags.at, terms.at);
    if (!at) return at.error();
    terms.at = *at;
  }
  if (flags.trust_domain) {
    if (!flags.bundle) return Error(Errc::invalid_argument, "--trust-domain: only with --bundle, whose it says");
    Result<TrustDomain> domain = TrustDomain::parse_name_or_id(*flags.trust_domain);
    if (!domain) return Error(Errc::invalid_argument, "--trust-domain: " + domain.error().message());
    terms.trust_domain = *std::move(domain);
  }
  // Even where the SVID names no trust domain whose bundle could be looked for.
  std::error_code failed;
  if (flags.bundle && *flags.bundle != "-" && !std::filesystem::exists(*flags.bundle, failed))
    return Error(Errc::not_found, "--bundle: " + *flags.bundle + ": no such file or folder");
  return terms;
}

// The content may hold a private key, which must not outlive its use.
Result<crypto::CertificateFile> read_certificates(const std::string& path) {
  say_if_waiting(path, "certificates");
  Result<std::string> content = read_whole(path);
  if (!content) return content.error();
  Result<crypto::CertificateFile> file = crypto::read_certificate_file(*content);
  wipe(content->data(), content->size());
  if (!file) return file.error().within(name_of_input(path));
  return file;
}

int fail_unreadable(const GlobalOptions& options, const std::string& file, const Error& error) {
  if (options.output == Output::json) print_json(unreadable_json(file, error));
  return fail_usage(error.message());
}

// The bundle for an ID; without one nothing can be valid, and the report says so.
Result<BundleChoice> bundle_for(const VerificationFlags& flags, const Terms& terms, const TrustDomain& domain) {
  if (flags.bundle) return choose_bundle(*flags.bundle, terms.trust_domain, domain);
  BundleChoice none;
  none.missing = spiffe::Violation{"no_bundle", "SPIFFE Trust Domain and Bundle 3",
                                   "no --bundle was given: who signed it was not judged"};
  return none;
}

std::optional<UsedBundle> used(const BundleChoice& choice) {
  if (!choice.bundle) return std::nullopt;
  return UsedBundle{choice.bundle, choice.source, choice.assumed};
}

template <class Inspection>
void take_over(Inspection& inspection, BundleChoice& choice) {
  if (choice.missing) inspection.violations.push_back(*std::move(choice.missing));
  inspection.notes.insert(inspection.notes.end(), choice.notes.begin(), choice.notes.end());
}

Result<X509Report> verify_file(const std::string& path, const VerificationFlags& flags, const Terms& terms) {
  Result<crypto::CertificateFile> file = read_certificates(path);
  if (!file) return file.error();
  X509Report report{.file = name_of_input(path),
                    .certificates = *std::move(file),
                    .inspection = {},
                    .verification = true,
                    .path = {},
                    .bundle = {},
                    .at = terms.at};
  report.inspection = spiffe::inspect_x509(report.certificates, terms.at);
  if (!report.inspection.id) return report;
  Result<BundleChoice> choice = bundle_for(flags, terms, report.inspection.id->trust_domain());
  if (!choice) return choice.error();
  report.bundle = used(*choice);
  if (choice->bundle) {
    spiffe::X509Verification verified = spiffe::examine_x509_svid(report.certificates, *choice->bundle, terms.at);
    report.inspection = std::move(verified.inspection);
    report.path = std::move(verified.path);
  }
  take_over(report.inspection, *choice);
  return report;
}

// What is no token at all is named for what it is.
Status check_kind(const TypedToken& token) {
  const crypto::ContentKind kind = crypto::kind_of_content(token.text);
  std::string what = token.source + ": no token, but " + std::string(crypto::name_of(kind));
  if (kind == crypto::ContentKind::json)
    return Error(Errc::syntax, what + "; of `jwt fetch --output json` give the member svid alone");
  if (kind == crypto::ContentKind::pem || kind == crypto::ContentKind::certificate_der)
    return Error(Errc::syntax, what + "; for an X509-SVID: entente svid verify");
  if (kind == crypto::ContentKind::empty) return Error(Errc::syntax, token.source + ": no token: it is empty");
  return ok();
}

Result<JwtReport> verify_token(const std::string& argument, const std::string& audience, const VerificationFlags& flags,
                               const Terms& terms) {
  const Result<TypedToken> token = read_token(argument);
  if (!token) return token.error();
  if (const Status token_at_all = check_kind(*token); !token_at_all) return token_at_all.error();
  JwtReport report{.source = token->source, .inspection = {}, .audience = audience, .bundle = {}, .at = terms.at};
  BundleChoice choice;
  if (const auto subject = spiffe::inspect_jwt_svid(token->text).subject) {
    Result<BundleChoice> chosen = bundle_for(flags, terms, subject->trust_domain());
    if (!chosen) return chosen.error();
    choice = *std::move(chosen);
  }
  report.bundle = used(choice);
  report.inspection =
      spiffe::examine_jwt_svid(token->text, choice.bundle.get(), {.audience = audience, .now = terms.at});
  take_over(report.inspection, choice);
  if (token->bearer)
    report.inspection.notes.push_back(
        {"bearer_prefix", "JWT-SVID 5.2", "\"Bearer \" stands before it, as in HTTP's header"});
  return report;
}

bool both_are_stdin(const std::string& input, const VerificationFlags& flags) {
  return input == "-" && flags.bundle && *flags.bundle == "-";
}

}  // namespace

int svid_id(const GlobalOptions& options, const std::vector<std::string>& files, const VerificationFlags& flags) {
  const Result<Terms> terms = read_terms(flags);
  if (!terms) return fail_usage(terms.error().message());
  int code = exit_done;
  Json documents = Json::array();
  const Paint paint = paint_for_stdout();
  for (const std::string& path : files) {
    Result<crypto::CertificateFile> file = read_certificates(path);
    if (!file) {
      code = fail_usage(file.error().message());
      documents.push_back(unreadable_json(name_of_input(path), file.error()));
      continue;
    }
    X509Report report{.file = name_of_input(path),
                      .certificates = *std::move(file),
                      .inspection = {},
                      .verification = false,
                      .path = {},
                      .bundle = {},
                      .at = terms->at};
    report.inspection = spiffe::inspect_x509(report.certificates, terms->at);
    if (!report.inspection.violations.empty()) code = std::max<int>(code, exit_failed);
    if (options.output == Output::json)
      documents.push_back(x509_json(report));
    else
      std::cout << x509_text(report, paint);
  }
  if (options.output == Output::json) print_json(documents);
  return code;
}

int svid_verify(const GlobalOptions& options, const std::string& file, const VerificationFlags& flags) {
  if (both_are_stdin(file, flags)) return fail_usage("FILE and --bundle cannot both be stdin");
  const Result<Terms> terms = read_terms(flags);
  if (!terms) return fail_usage(terms.error().message());
  const Result<X509Report> report = verify_file(file, flags, *terms);
  if (!report) return fail_unreadable(options, name_of_input(file), report.error());
  if (options.output == Output::json)
    print_json(x509_json(*report));
  else
    std::cout << x509_text(*report, paint_for_stdout());
  return report->inspection.violations.empty() ? exit_done : exit_failed;
}

int jwt_verify(const GlobalOptions& options, const std::string& token, const std::string& audience,
               const VerificationFlags& flags) {
  if (both_are_stdin(token, flags)) return fail_usage("TOKEN and --bundle cannot both be stdin");
  if (audience.empty()) return fail_usage("--audience: must not be empty: who we are to the token");
  const Result<Terms> terms = read_terms(flags);
  if (!terms) return fail_usage(terms.error().message());
  const Result<JwtReport> report = verify_token(token, audience, flags, *terms);
  if (!report) return fail_unreadable(options, "token", report.error());
  if (options.output == Output::json)
    print_json(jwt_json(*report));
  else
    std::cout << jwt_text(*report, paint_for_stdout());
  return report->inspection.violations.empty() ? exit_done : exit_failed;
}

}  // namespace entente::cli
