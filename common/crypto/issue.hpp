// Making certificates. What is issued here is what X509-SVID 2-4 asks of a signing certificate and of a leaf; the
// SPIFFE meaning of the URI is the caller's (spiffe, issuer).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/certificate.hpp"
#include "common/crypto/key.hpp"

namespace entente::crypto {

struct CertificateTemplate {
  // Distinguished name, as RDNs in order: {"C","US"}, {"O","SPIFFE"}, {"CN","web"}. Empty: the SAN becomes critical.
  std::vector<std::pair<std::string, std::string>> subject;
  std::vector<std::string> uri_names, dns_names, ip_names;
  Time not_before, not_after;
  bool ca = false;
  // Defaults follow from `ca`: keyCertSign+cRLSign, or digitalSignature (+keyEncipherment for RSA) with serverAuth and
  // clientAuth. Key usage and basic constraints are critical. The serial number is random, 127 bits.
  std::optional<int> path_length;
  // Departures from the defaults, to make certificates that a test wants refused. An extended key usage with nothing
  // set becomes codeSigning alone: the extension cannot be empty.
  struct Overrides {
    std::optional<Certificate::KeyUsage> key_usage;
    std::optional<Certificate::ExtendedKeyUsage> extended_key_usage;
    bool no_key_usage = false, no_extended_key_usage = false, no_basic_constraints = false;
    std::optional<bool> san_critical;
  } overrides;
};

// Self-signed.
Result<Certificate> issue_root(const CertificateTemplate& wanted, const PrivateKey& key);
// Signed by `issuer`, whose key `issuer_key` is; validity is not clipped to the issuer's.
Result<Certificate> issue_certificate(const CertificateTemplate& wanted, const PublicKey& subject_key,
                                      const Certificate& issuer, const PrivateKey& issuer_key);

}  // namespace entente::crypto
