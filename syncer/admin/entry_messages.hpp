// Registration entries as SPIRE's messages, and back. Pure; errors are Errc::invalid_argument and begin with the field.
// What an entry is to be as a whole (of our trust domain, lifetimes in bounds) is for syncer::Entries to say.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include "common/trust/registration_entry.hpp"
#include "spire/api/types/entry.pb.h"

namespace entente::syncer {

Result<spiffe::SpiffeId> id_from(std::string_view field, const spire::api::types::SPIFFEID& message);
Result<std::vector<trust::Selector>> selectors_from(
    std::string_view field, const google::protobuf::RepeatedPtrField<spire::api::types::Selector>& messages);
Result<std::vector<spiffe::TrustDomain>> domains_from(std::string_view field,
                                                      const google::protobuf::RepeatedPtrField<std::string>& names);

// Without a mask: everything. The id is always told. An entry that federates with every trust domain has an empty
// federates_with, since it names none.
spire::api::types::Entry to_message(const trust::RegistrationEntry& entry, const spire::api::types::EntryMask* mask);

// A new one. An empty federates_with is the configuration's default: every federated trust domain.
Result<trust::RegistrationEntry> entry_from(const spire::api::types::Entry& message);

// `entry` with what the mask names (null: all) taken from the message. An empty federates_with leaves an entry that
// federates with every trust domain as it is, and makes any other federate with none: an update never widens trust.
Result<trust::RegistrationEntry> changed(trust::RegistrationEntry entry, const spire::api::types::Entry& message,
                                         const spire::api::types::EntryMask* mask);

}  // namespace entente::syncer
