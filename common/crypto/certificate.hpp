// X.509 certificates as values: DER kept as received, the facts that SPIFFE asks about read once. RFC 5280.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/encoding.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/key.hpp"
#include "common/crypto/signature.hpp"

namespace entente::crypto {

// Immutable; copying shares. Equal when the DER bytes are. Thread-safe.
class Certificate {
 public:
  // Exactly one certificate in DER, nothing after it. Refuses malformed or repeated extensions (Errc::syntax), and keys
  // that PublicKey refuses (Errc::unsupported).
  static Result<Certificate> from_der(ByteView der);

  ByteView der() const;  // lives as long as this certificate or a copy of it
  std::string pem() const;
  Sha256 fingerprint() const;  // SHA-256 of the DER

  // Times beyond what Time can hold ("99991231235959Z") are the furthest it can.
  Time not_before() const;
  Time not_after() const;
  std::string subject() const;  // RFC 2253 text; "" when empty
  std::string issuer() const;
  std::string serial_hex() const;  // lower case, whole bytes; "-" before a negative one
  bool subject_empty() const;
  PublicKey public_key() const;                    // read from the DER each time, some 100 us
  const PublicParameters& key_parameters() const;  // kept; as public_key().parameters()
  bool self_issued() const;                        // subject and issuer are the same name

  // Subject alternative names of these three kinds, in order, byte for byte as they are signed: a NUL or a byte that is
  // not ASCII stays in the text, for its reader to refuse.
  std::vector<std::string> uri_names() const;
  std::vector<std::string> dns_names() const;
  std::vector<std::string> ip_names() const;  // "192.0.2.1", "2001:db8::1"; hex where it is no address
  bool san_critical() const;

  // Basic constraints and usages; absent and false are told apart.
  bool has_basic_constraints() const;
  bool is_ca() const;  // cA is true
  std::optional<int> path_length() const;
  struct KeyUsage {
    bool critical = false, digital_signature = false, key_encipherment = false, key_agreement = false,
         key_cert_sign = false, crl_sign = false;
  };
  std::optional<KeyUsage> key_usage() const;
  struct ExtendedKeyUsage {
    bool server_auth = false, client_auth = false, any = false;
  };
  std::optional<ExtendedKeyUsage> extended_key_usage() const;
  Bytes subject_key_id() const;  // empty when absent

  friend bool operator==(const Certificate& a, const Certificate& b);

  // For crypto only.
  struct Facts;
  explicit Certificate(std::shared_ptr<const Facts> facts) : facts_(std::move(facts)) {}

 private:
  // Memory: the DER and the parsed facts above once; OpenSSL's X509 is made again where it is needed (path validation).
  std::shared_ptr<const Facts> facts_;
};

// One or more "CERTIFICATE" blocks, in order; other blocks are an error, text between blocks is not.
Result<std::vector<Certificate>> certificates_from_pem(std::string_view pem);
// Certificates' DER one after another, as the Workload API carries them. Empty input: no certificates.
Result<std::vector<Certificate>> certificates_from_der(ByteView der);
std::string to_pem(const std::vector<Certificate>& certificates);
Bytes to_der(const std::vector<Certificate>& certificates);

}  // namespace entente::crypto
