// What a Certificate holds. For the sources of crypto only.
#pragma once

#include "common/crypto/certificate.hpp"
#include "common/crypto/handles.hpp"

namespace entente::crypto {

// The flags are packed: a node holds the authorities of tens of thousands of peers.
struct Certificate::Facts {
  Bytes der;
  Time not_before, not_after;
  std::string subject, issuer;
  std::vector<std::string> uri_names, dns_names, ip_names;
  PublicParameters key;          // empty where the key is none that PublicKey takes
  Bytes serial, subject_key_id;  // the serial's magnitude
  std::optional<int> path_length;
  std::optional<KeyUsage> key_usage;
  std::optional<ExtendedKeyUsage> extended_key_usage;
  bool subject_empty = false, self_issued = false, san_critical = false, has_basic_constraints = false, ca = false,
       serial_negative = false;
};

// One certificate's object again, from DER that was accepted before; null only where memory is short.
X509Ptr to_x509(const Certificate& certificate);

// The certificate at the start of `der`; `length` says how much of it that is.
struct CertificatePrefix {
  Certificate certificate;
  std::size_t length;
};
Result<CertificatePrefix> read_certificate(ByteView der);

// The same with whatever key it has: for those who look at a certificate and use it for nothing.
struct AnyCertificatePrefix {
  Certificate certificate;
  std::size_t length;
  std::string key;                   // "EC P-256", "ED25519"
  std::optional<Error> key_problem;  // why read_certificate() refuses it
};
Result<AnyCertificatePrefix> read_any_certificate(ByteView der);

}  // namespace entente::crypto
