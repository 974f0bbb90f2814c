#include "common/crypto/handles.hpp"

#include <string>

namespace entente::crypto {

Error drain_errors(std::string_view what, Errc code) {
  const unsigned long first = ERR_get_error();
  ERR_clear_error();
  const char* reason = first == 0 ? nullptr : ERR_reason_error_string(first);
  return Error(code, std::string(what) + ": " + (reason != nullptr ? reason : "openssl gives no reason"));
}

}  // namespace entente::crypto
