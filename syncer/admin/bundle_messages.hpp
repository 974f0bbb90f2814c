// Bundles as SPIRE's messages, and back. Pure; errors are Errc::invalid_argument and begin with the field.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include "common/base/time.hpp"
#include "common/spiffe/bundle.hpp"
#include "spire/api/types/bundle.pb.h"
#include "syncer/source/extra_authorities.hpp"

namespace entente::syncer {

// A trust domain's name or ID; the error names `field`.
Result<spiffe::TrustDomain> parse_domain(std::string_view field, const std::string& text);

// Without a mask: everything. The trust domain is always told.
spire::api::types::Bundle to_message(const spiffe::Bundle& bundle, const spire::api::types::BundleMask* mask);
spire::api::types::JWTKey to_message(const spiffe::JwtAuthority& authority);

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
