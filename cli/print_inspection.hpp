// What `svid id`, `svid verify` and `jwt verify` say: text for people, whose bytes of strangers are harmless, and JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/print.hpp"
#include "common/crypto/certificate_file.hpp"
#include "common/spiffe/jwt_inspection.hpp"
#include "common/spiffe/x509_inspection.hpp"

namespace entente::cli {

// What a verification was made with.
struct UsedBundle {
  spiffe::BundlePtr bundle;
  std::string source;
  bool assumed = false;  // nothing but the ID says that it is this trust domain's
};

struct X509Report {
  std::string file;
  crypto::CertificateFile certificates;
  spiffe::X509Inspection inspection;
  bool verification = false;  // judged whether it is valid; else only what it is
  std::vector<crypto::Certificate> path;
  std::optional<UsedBundle> bundle;
  Time at;
};
std::string x509_text(const X509Report& report, const Paint& paint);
Json x509_json(const X509Report& report);

struct JwtReport {
  std::string source;
  spiffe::JwtInspection inspection;
  std::string audience;
  std::optional<UsedBundle> bundle;
  Time at;
};
std::string jwt_text(const JwtReport& report, const Paint& paint);
Json jwt_json(const JwtReport& report);

// Of a file that could not be read as what was asked for.
Json unreadable_json(const std::string& file, const Error& error);

}  // namespace entente::cli
