// Finding the Workload API: a flag or SPIFFE_ENDPOINT_SOCKET. Workload Endpoint 4; WE-4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace entente::client {

// A gRPC target from `unix:///path` (absolute path, no authority) or `tcp://IP:port`; nothing else is legal.
Result<std::string> parse_endpoint_socket(std::string_view text);

// How a user says which socket: by a flag or an environment variable. An error names both.
struct SocketNames {
  const char* flag = "--socket";
  const char* variable = "SPIFFE_ENDPOINT_SOCKET";
};

// The flag's value where given (a bare absolute path is accepted too), else the variable's.
Result<std::string> find_endpoint_socket(const std::optional<std::string>& given, SocketNames names = {});

}  // namespace entente::client
