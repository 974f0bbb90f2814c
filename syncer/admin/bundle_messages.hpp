// What callers of the admin API say of bundles and of what is appended to ours, judged. Pure; errors are
// Errc::invalid_argument and begin with the field. The messages themselves are common/spire_api's.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include "common/base/time.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/spire_api/bundle_messages.hpp"
#include "spire/api/types/bundle.pb.h"
#include "syncer/source/extra_authorities.hpp"

namespace entente::syncer {

using spire_api::to_message;

// A trust domain's name or ID; the error names `field`.
Result<spiffe::TrustDomain> parse_domain(std::string_view field, const std::string& text);

// A whole bundle. An authority that is tainted or has ended is refused: what is put in use here is trusted, and SPIFFE
// bundles have no place for the end of a JWT key. A sequence or hint of 0 is none.
Result<spiffe::Bundle> bundle_from(const spire::api::types::Bundle& message, Time now);
// `bundle` with the fields that the mask names (null: all) taken from the message.
Result<spiffe::Bundle> changed(spiffe::Bundle bundle, const spire::api::types::Bundle& message,
                               const spire::api::types::BundleMask* mask, Time now);

// What is appended to our own bundle keeps the end that SPIRE gave it.
Result<ExtraJwtAuthority> jwt_authority_from(const spire::api::types::JWTKey& message, const std::string& field,
                                             Time now);
Result<ExtraAuthorities> extra_authorities_from(
    const google::protobuf::RepeatedPtrField<spire::api::types::X509Certificate>& x509_authorities,
    const google::protobuf::RepeatedPtrField<spire::api::types::JWTKey>& jwt_authorities, Time now);

}  // namespace entente::syncer
