// RFC 5280 path validation at a given time.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/certificate.hpp"

namespace entente::crypto {

// Finds a path from chain[0] over the other certificates of `chain` to one of `roots` (a root that is an intermediate
// ends a path as well: X509-SVID bundles may hold those), each valid at `now`, and returns it, leaf first.
// The purpose of the leaf (EKU) is not judged here. Errc::expired when the time alone stands in the way, else
// untrusted; the message names the certificate at fault and OpenSSL's reason.
Result<std::vector<Certificate>> validate_path(std::span<const Certificate> chain, std::span<const Certificate> roots,
                                               Time now);

// What can stand in a path's way.
enum class PathProblem {
  expired,
  not_yet_valid,
  unknown_authority,    // no root of the issuer's name and key identifier
  wrong_signature,      // there is one, and its key did not make the signature
  signer_may_not_sign,  // no CA certificate, or no keyCertSign
  path_length,          // RFC 5280 4.2.1.9
  name_constraints,     // RFC 5280 4.2.1.10
  weak_algorithm,       // below 112 bits: SHA-1 or MD5 signatures, RSA 1024
  critical_extension,   // one that nobody here understands
  too_complex,          // longer than 10 certificates, or more candidates than are tried
  other,
};

struct PathFault {
  PathProblem problem;
  std::string message;  // names the certificate at fault, and OpenSSL's reason
};

// A path and all that is wrong with it: what validate_path() decides by. Of several bad paths the one that only time
// stands in the way of, else the first.
struct PathReport {
  std::vector<Certificate> path;  // leaf first; empty where none leads to a root
  std::vector<PathFault> faults;  // empty: the path holds
};
PathReport examine_path(std::span<const Certificate> chain, std::span<const Certificate> roots, Time now);

// Whether the issuer's name and key identifier fit the certificate and its key made the signature. Says nothing about
// trust, time or usages.
bool issued(const Certificate& issuer, const Certificate& certificate);

}  // namespace entente::crypto
