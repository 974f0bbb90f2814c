// Certificates as people hand them over: PEM or DER, alone or in a chain, with keys and text around them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/certificate.hpp"

namespace entente::crypto {

struct SeenCertificate {
  Certificate certificate;
  std::string key;                   // "EC P-256"; also of a key that no Certificate of use may have: "ED25519"
  std::optional<Error> key_problem;  // why such a key is not supported; then the certificate is to be looked at alone
};

struct CertificateFile {
  std::vector<SeenCertificate> certificates;  // as they stand; never empty
  bool pem = true;                            // else DER
  bool private_key = false;                   // there is one besides, which was not read
  std::vector<std::string> passed_over;       // labels of other PEM blocks

  std::vector<Certificate> chain() const;
};

// A stranger decides how many there are, and each costs a tenth of a millisecond or more.
inline constexpr std::size_t max_certificates = 1000;

// PEM blocks that are no certificates are passed over, private keys without a look into them; a file without any
// certificate is Errc::syntax, which says what it is instead. Whoever read the content wipes it where it has a private
// key. More than max_certificates is Errc::too_large.
Result<CertificateFile> read_certificate_file(std::string_view content);

}  // namespace entente::crypto
