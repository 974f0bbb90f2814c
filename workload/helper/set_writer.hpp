// Puts sets of files into a directory, so that readers see one set or the next and never a mixture.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/base/file.hpp"
#include "common/base/result.hpp"
#include "workload/helper/render.hpp"

namespace entente::helper {

// Layout::set:   DIR/svid.pem -> ..data/svid.pem, DIR/..data -> ..set.N, DIR/..set.N/svid.pem
// One rename of `..data` is the switch. Whoever opens `..data` once and reads through that sees one set to its end:
// sets that were replaced stay for a while, see prune(). Regular files under the same names, from another life, are
// replaced by the links; files that are not ours stay.
// Layout::files: each file is replaced atomically, one after the other in the order of the set; DIR/..files says which
// are ours.
// All calls block, on one thread at a time. After an error the set that was there before is still in use.
class SetWriter {
 public:
  SetWriter(std::filesystem::path directory, mode_t directory_mode, Layout layout);

  // Makes the directory where it is missing. Durable once it has returned.
  Status write(const FileSet& set);
  // Whether everything that was last written is where it should be.
  bool intact() const;
  // Removes the sets that had been replaced at the last call already, and those of a helper that was killed. Whether
  // some that were replaced since are left, for another call.
  bool prune();
  // Removes what is ours, whoever wrote it; the directory itself stays.
  Status remove();

  const std::filesystem::path& directory() const { return directory_; }

 private:
  Status write_set(int directory, const FileSet& set);
  Status write_files(int directory, const FileSet& set);

  std::filesystem::path directory_;
  mode_t directory_mode_;
  Layout layout_;
  std::string current_;                // the folder of the set in use; "" where there is none
  std::vector<std::string> replaced_;  // since the last prune()
  std::vector<std::string> names_;     // of the set in use
};

}  // namespace entente::helper
