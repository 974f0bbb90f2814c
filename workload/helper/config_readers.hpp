// The two languages of a helper's configuration, read into one struct. Internal to helper.
#pragma once

#include "common/config/yaml_reader.hpp"
#include "workload/helper/helper_config.hpp"

namespace entente::helper {

// config.file is set. Both report mistakes where they stand, and add warnings.
void read_own_keys(config::Section& top, HelperConfig& config);
void read_spiffe_helper_keys(config::Section& top, HelperConfig& config);

// Warnings that both need.
void warn_of_unheard_renewal(HelperConfig& config);
void warn_of_wide_mode(const FileRule& rule, HelperConfig& config);
void warn_of_merged_bundles(const std::string& file, HelperConfig& config);

}  // namespace entente::helper
