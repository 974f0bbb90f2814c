// How a peer's chain is judged during the handshake, and where the verdict goes. For tls's own sources.
#pragma once

#include <optional>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/certificate.hpp"
#include "common/crypto/handles.hpp"
#include "common/tls/context.hpp"

namespace entente::tls {

// Each connection's SSL carries one as its app data, so that the reason for a refusal survives OpenSSL.
struct Verdict {
  std::optional<Error> refusal;
};

// `judge` decides alone. It must outlive the context.
void verify_by_function(SSL_CTX& context, const VerifyChain& judge, int mode);

// OpenSSL decides, by the trust's roots, host and the present time. `trust` must outlive the context.
Status verify_by_web_trust(SSL_CTX& context, const WebTrust& trust);

// Leaf first. Null is an empty chain.
Result<std::vector<crypto::Certificate>> to_certificates(const STACK_OF(X509) * stack);

// Whether text is an IP address, not a name.
bool is_address(const std::string& text);

}  // namespace entente::tls
