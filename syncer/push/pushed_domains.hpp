// Which trust domains were pushed to a target: kept over restarts, so that what ended meanwhile is withdrawn there, and
// nothing is that somebody else put there.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "common/base/result.hpp"
#include "common/spiffe/trust_domain.hpp"

namespace entente::syncer {

// The file of a target in data_dir/push, by the target's name.
std::filesystem::path pushed_domains_file(const std::filesystem::path& folder, const std::string& target);

// None where there is no file. Errc::schema and the like, naming the file, for what is none of ours.
Result<std::set<spiffe::TrustDomain>> load_pushed_domains(const std::filesystem::path& file);
// Replaces the file, 0600, durably; makes its folder. Blocks.
Status save_pushed_domains(const std::filesystem::path& file, const std::string& target,
                           const std::set<spiffe::TrustDomain>& trust_domains);

// Targets that have a file with trust domains in the folder and are not among `targets`: what was pushed there stays
// there, and nobody looks after it.
std::vector<std::string> abandoned_targets(const std::filesystem::path& folder, const std::set<std::string>& targets);

}  // namespace entente::syncer
