// RFC 5280 path validation at a given time.
#pragma once

#include <span>
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

}  // namespace entente::crypto
