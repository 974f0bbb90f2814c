// Bundles as SPIRE's messages, and back: for whoever serves its bundle API and whoever asks it. Pure; errors are
// Errc::invalid_argument and begin with the field.
#pragma once

#include <string>

#include "common/spiffe/bundle.hpp"
#include "spire/api/types/bundle.pb.h"

namespace entente::spire_api {

// Without a mask: everything. The trust domain is always told.
spire::api::types::Bundle to_message(const spiffe::Bundle& bundle, const spire::api::types::BundleMask* mask = nullptr);
spire::api::types::JWTKey to_message(const spiffe::JwtAuthority& authority);

// A whole bundle as it is told: authorities that are tainted or have ended included, as what a server says of its own
// is trusted until it is left out. A sequence or hint of 0 is none.
Result<spiffe::Bundle> bundle_from(const spire::api::types::Bundle& message);
// `bundle` with the fields that the mask names (null: all) taken from the message.
Result<spiffe::Bundle> changed(spiffe::Bundle bundle, const spire::api::types::Bundle& message,
                               const spire::api::types::BundleMask* mask);

// What is appended to a bundle, one by one; `field` is what an error calls it.
Result<spiffe::JwtAuthority> authority_from(const spire::api::types::JWTKey& message, const std::string& field);
// One certificate, or several in a row.
Result<std::vector<crypto::Certificate>> authorities_from(const spire::api::types::X509Certificate& message,
                                                          const std::string& field);

// What holds of every bundle that is put in use: at most spiffe::max_keys authorities, a WIT key's ID unique across
// both kinds (TB-13), and no absurd hint.
Status check_bundle(const spiffe::Bundle& bundle);

// Tells two bundles apart by what SPIRE keeps of a federated one: X.509 and JWT authorities in whatever order, hint and
// sequence. It has no WIT keys there. (SPIRE v1.15.3, BatchSetFederatedBundle.) Reads no key: cheap.
std::string fingerprint(const spire::api::types::Bundle& message);

// "jwt_authorities[2]".
std::string place(const char* list, int index);

}  // namespace entente::spire_api
