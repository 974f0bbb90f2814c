// What a file of certificates is, and all that is wrong with it as an X509-SVID: for people and scripts that look at
// one. What guards a connection is verify_x509_svid; both share their rules. Pure; nothing here trusts anything.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "common/crypto/certificate_file.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/spiffe/spiffe_id.hpp"
#include "common/spiffe/violation.hpp"

namespace entente::spiffe {

enum class CertificateRole {
  workload,  // has URI names, and is meant for an X509-SVID, good or bad
  signer,    // a CA: signs, and never authenticates (X509-SVID 3.2)
  web,       // no URI name, but names of hosts
  other,
};
std::string_view to_string(
    CertificateRole role);  // "x509_svid", "signing_certificate", "web_certificate", "certificate"
CertificateRole role_of(const crypto::Certificate& certificate);

// The SPIFFE ID in a certificate's one URI name. Of a signing certificate "spiffe://a.test/" counts as without a path.
std::optional<SpiffeId> spiffe_id_of(const crypto::Certificate& certificate);

struct X509Inspection {
  CertificateRole role;
  std::size_t leaf = 0;        // which certificate of the file is judged: the first that is no signer, else the first
  std::string summary;         // what it is, in the words that a person reads first
  std::optional<SpiffeId> id;  // of that certificate
  Violations violations;       // in a fixed order: the leaf's, the signers', times, path
  Violations notes;            // what validators let pass, and is worth knowing
};

// All that can be said without a bundle, at `at`.
X509Inspection inspect_x509(const crypto::CertificateFile& file, Time at);

struct X509Verification {
  X509Inspection inspection;              // no violations: valid
  std::vector<crypto::Certificate> path;  // leaf first, up to the authority; empty where there is none
};

// Judges with the authorities of the bundle, which is to be the ID's own trust domain's (XS-7). Finds a violation
// exactly where verify_x509_svid refuses the chain.
X509Verification examine_x509_svid(const crypto::CertificateFile& file, const Bundle& bundle, Time at);

}  // namespace entente::spiffe
