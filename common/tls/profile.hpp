// What both kinds of context share: Mozilla's intermediate profile, and an identity to present. For tls's own sources.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/handles.hpp"
#include "common/tls/context.hpp"

namespace entente::tls {

// A context of `method` under the profile (FS-2), without certificate and trust.
Result<crypto::SslCtxPtr> make_context(const SSL_METHOD* method);

// The chain is sent as it is. Errc::invalid_argument where it is empty or the key is another's.
Status use_identity(SSL_CTX& context, const Identity& identity);

// RFC 7301 3.1: each name behind a byte with its length. Errc::invalid_argument for a name of 0 or over 255 bytes.
Result<std::string> alpn_wire(const std::vector<std::string>& protocols);

}  // namespace entente::tls
