// X509-SVIDs: reading an ID from a certificate, and validation against one trust domain's bundle at a given time.
// X509-SVID 2-5.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/certificate.hpp"
#include "common/crypto/key.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/spiffe/spiffe_id.hpp"
#include "common/spiffe/violation.hpp"

namespace entente::spiffe {

// An identity with its key. Immutable and shared by pointer.
struct X509Svid {
  SpiffeId id;
  std::vector<crypto::Certificate> chain;  // leaf first, never empty
  std::shared_ptr<const crypto::PrivateKey> key;
  std::string hint;
};
using X509SvidPtr = std::shared_ptr<const X509Svid>;

// Every rule that the leaf alone breaks (XS-1 to XS-5), in a fixed order; empty for a good one.
Violations check_leaf(const crypto::Certificate& leaf);

// Every rule that a signing certificate, the authority included, breaks (XS-6), in a fixed order.
Violations check_signer(const crypto::Certificate& signer);

// The SPIFFE ID in a certificate's one URI SAN (XS-1). Says nothing about trust.
Result<SpiffeId> id_of(const crypto::Certificate& certificate);

// Validates chain (leaf first) as an X509-SVID: the leaf's and the signers' rules, then the path at `now` with only the
// authorities of the bundle, which must be of the ID's own trust domain (XS-6, XS-7). Returns the ID.
Result<SpiffeId> verify_x509_svid(std::span<const crypto::Certificate> chain, const Bundle& bundle, Time now);

// Builds an X509Svid from a chain and its key: checks the leaf and that the key is the leaf's.
Result<X509Svid> make_x509_svid(std::vector<crypto::Certificate> chain, crypto::PrivateKey key, std::string hint = {});

}  // namespace entente::spiffe
