// A trust domain for tests: an X.509 authority, a JWT key, and what they sign. Setting up throws: a broken set-up is a
// bug.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "common/crypto/key.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/spiffe/x509_svid.hpp"

namespace entente::test {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

spiffe::TrustDomain domain(std::string_view name);
spiffe::SpiffeId id(std::string_view text);

class FakeDomain {
 public:
  // Authorities and SVIDs are valid for a day from an hour before `now`.
  FakeDomain(std::string_view name, Time now);

  const spiffe::TrustDomain& trust_domain() const { return trust_domain_; }
  spiffe::Bundle bundle() const;
  spiffe::X509SvidPtr svid(std::string_view path, std::string hint = {}) const;
  std::string token(std::string_view path,
                    const std::vector<std::string>& audience) const;  // expires an hour after `now`

 private:
  crypto::Certificate issue_authority() const;

  spiffe::TrustDomain trust_domain_;
  Time now_;
  crypto::PrivateKey key_;
  crypto::Certificate authority_;
};

}  // namespace entente::test
