// Splitting spiffe-helper's `cmd_args` into arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace entente::helper {

// Exactly as spiffe-helper does, which reads them as one record of CSV with spaces for commas: every space separates,
// so that two in a row hold an empty argument between them; a whole argument may stand in double quotes, with "" for
// one of them; a quotation mark inside an unquoted argument is an error, and so is anything but a space behind the
// closing one. The record ends with its line.
Result<std::vector<std::string>> split_arguments(std::string_view text);

}  // namespace entente::helper
