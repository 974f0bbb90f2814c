// The extensions of a certificate that is being made. For the sources of crypto only.
#pragma once

#include "common/crypto/handles.hpp"
#include "common/crypto/issue.hpp"

namespace entente::crypto {

// `issuer_key_id` empty: no authority key identifier (RFC 5280 4.2.1.1 lets a self-signed certificate omit it).
Status add_extensions(X509* x509, const CertificateTemplate& wanted, const PublicKey& key, const Bytes& issuer_key_id);

}  // namespace entente::crypto
