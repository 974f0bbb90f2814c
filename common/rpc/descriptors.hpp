// Descriptor numbers for connections, handed out upward so that a number comes back only after many others.
#pragma once

#include "common/base/file.hpp"

namespace entente::rpc {

// For one thread.
class AscendingDescriptors {
 public:
  // Uses numbers from a quarter of the process's limit (at most 65,536) upward, then starts over.
  AscendingDescriptors();

  // The same open file under the next free number; an invalid one, and errno, when there is none.
  UniqueFd renumber(UniqueFd fd);

 private:
  int first_, end_, next_;
};

}  // namespace entente::rpc
