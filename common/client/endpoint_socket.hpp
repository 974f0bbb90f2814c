// Finding the Workload API: a flag or SPIFFE_ENDPOINT_SOCKET. Workload Endpoint 4; WE-4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace entente::client {

// A gRPC target from `unix:///path` (absolute path, no authority) or `tcp://IP:port`; nothing else is legal.
Result<std::string> parse_endpoint_socket(std::string_view text);

// `flag` where given (a bare absolute path is accepted too), else the environment variable; an error names both.
Result<std::string> find_endpoint_socket(const std::optional<std::string>& flag,
                                         const char* variable = "SPIFFE_ENDPOINT_SOCKET");

}  // namespace entente::client
