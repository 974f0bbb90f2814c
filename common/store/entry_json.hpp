// A registration entry that the admin API made, as its stored definition. Internal to common/store.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/trust/registration_entry.hpp"

namespace entente::store {

std::string write_entry(const trust::RegistrationEntry& entry);
Result<trust::RegistrationEntry> parse_entry(const std::string& id, std::string_view text);

}  // namespace entente::store
