// A certificate authority for tests: of a trust domain, or of the web. Setting up throws: a broken set-up is a bug.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/crypto/issue.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/tls/context.hpp"

namespace entente::test {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

spiffe::TrustDomain domain(std::string_view name);

class TestAuthority {
 public:
  // Valid from an hour before `now` to a day after it.
  TestAuthority(std::string_view trust_domain, Time now);

  const crypto::Certificate& certificate() const { return *certificate_; }
  std::shared_ptr<const std::vector<crypto::Certificate>> roots() const;
  // The bundle of the trust domain with this authority alone.
  spiffe::Bundle bundle(std::optional<std::uint64_t> sequence = std::nullopt,
                        std::optional<std::chrono::seconds> hint = std::nullopt) const;
  spiffe::BundlePtr shared_bundle() const;

  // An X509-SVID, valid for an hour around `now`, or until `not_after`.
  tls::Identity svid(std::string_view spiffe_id, std::optional<Time> not_after = std::nullopt) const;
  // A certificate for these DNS names and 127.0.0.1.
  tls::Identity web(std::vector<std::string> dns_names, std::optional<Time> not_after = std::nullopt) const;

 private:
  tls::Identity issue(crypto::CertificateTemplate wanted, std::optional<Time> not_after) const;

  spiffe::TrustDomain trust_domain_;
  Time now_;
  crypto::PrivateKey key_;
  std::optional<crypto::Certificate> certificate_;
};

}  // namespace entente::test
