// A certificate authority for tests, and leaves of it. Setting up throws where it fails: a broken test set-up is a bug.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/crypto/certificate.hpp"
#include "common/crypto/issue.hpp"
#include "common/crypto/key.hpp"
#include "common/tls/context.hpp"

namespace entente::test {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

inline Time in_hours(int hours) { return std::chrono::system_clock::now() + std::chrono::hours(hours); }

inline crypto::CertificateTemplate leaf_template() {
  crypto::CertificateTemplate wanted;
  wanted.subject = {{"CN", "localhost"}};
  wanted.dns_names = {"localhost"};
  wanted.ip_names = {"127.0.0.1"};
  wanted.not_before = in_hours(-1);
  wanted.not_after = in_hours(1);
  return wanted;
}

class Authority {
 public:
  explicit Authority(const std::string& name = "test authority")
      : key_(must(crypto::PrivateKey::generate(crypto::KeyType::ec_p256))), certificate_(root(name, key_)) {}

  const crypto::Certificate& certificate() const { return certificate_; }
  std::shared_ptr<const std::vector<crypto::Certificate>> roots() const {
    return std::make_shared<const std::vector<crypto::Certificate>>(1, certificate_);
  }

  tls::Identity issue(const crypto::CertificateTemplate& wanted = leaf_template()) const {
    auto key = std::make_shared<const crypto::PrivateKey>(must(crypto::PrivateKey::generate(crypto::KeyType::ec_p256)));
    return {{must(crypto::issue_certificate(wanted, key->public_key(), certificate_, key_))}, key};
  }

 private:
  static crypto::Certificate root(const std::string& name, const crypto::PrivateKey& key) {
    crypto::CertificateTemplate wanted;
    wanted.subject = {{"CN", name}};
    wanted.not_before = in_hours(-1);
    wanted.not_after = in_hours(2);
    wanted.ca = true;
    return must(crypto::issue_root(wanted, key));
  }

  crypto::PrivateKey key_;
  crypto::Certificate certificate_;
};

inline std::shared_ptr<const tls::ServerContext> server_context(const tls::Identity& identity,
                                                                tls::ServerContext::Options options = {}) {
  return must(tls::ServerContext::create(identity, std::move(options)));
}

inline std::shared_ptr<const tls::ClientContext> web_client(const Authority& authority,
                                                            const std::string& host = "127.0.0.1") {
  tls::ClientContext::Options options;
  options.trust = tls::WebTrust{host, authority.roots()};
  options.server_name = host;
  return must(tls::ClientContext::create(std::move(options)));
}

}  // namespace entente::test
