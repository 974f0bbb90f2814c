// The files of tests/data/crypto, and certificates that a test makes for itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/certificate.hpp"
#include "common/crypto/issue.hpp"

namespace entente::crypto {

// A time at which every vector is valid: 2027-01-15T08:00:00Z.
inline constexpr std::int64_t vector_seconds = 1'800'000'000;
Time vector_time();

// These end the test program when the file is not as it should be.
std::string data_file(std::string_view name);
Certificate vector(std::string_view name);  // "root" for root.pem

// An authority with its key.
struct Authority {
  PrivateKey key;
  Certificate certificate;
};

// Valid for an hour around vector_time().
CertificateTemplate ca_template(std::string_view common_name);
CertificateTemplate leaf_template(std::string_view uri = "spiffe://a.test/web");
Authority make_root(const CertificateTemplate& wanted, KeyType type = KeyType::ec_p256);
Authority make_intermediate(const CertificateTemplate& wanted, const Authority& issuer);
Certificate make_leaf(const CertificateTemplate& wanted, const Authority& issuer);

}  // namespace entente::crypto
