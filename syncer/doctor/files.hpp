// What can be seen of this host's own files. Blocking; opens nothing but folders.
#pragma once

#include "syncer/doctor/facts.hpp"

namespace entente::syncer::doctor {

FileSeen look_at_file(FileKind kind, const std::filesystem::path& path);

}  // namespace entente::syncer::doctor
