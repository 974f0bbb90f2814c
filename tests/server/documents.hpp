// Bundle documents for the endpoint's tests: one EC key, as SPIFFE's format has it.
#pragma once

#include <string>

#include "common/spiffe/trust_domain.hpp"
#include "server/publication.hpp"
#include "tests/common/tls/pki.hpp"

namespace entente::test {

inline spiffe::TrustDomain a_test() { return must(spiffe::TrustDomain::parse("a.test")); }

// RFC 7517 A.1's EC key.
inline std::string document(int sequence, const std::string& hint = ",\"spiffe_refresh_hint\":60") {
  return "{\"keys\":[{\"use\":\"jwt-svid\",\"kty\":\"EC\",\"kid\":\"one\",\"crv\":\"P-256\","
         "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
         "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}],\"spiffe_sequence\":" +
         std::to_string(sequence) + hint + "}";
}

inline server::PublicationPtr publication(int sequence) {
  return must(server::prepare_publication(a_test(), document(sequence)));
}

}  // namespace entente::test
