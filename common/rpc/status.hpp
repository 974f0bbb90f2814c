// Errors as gRPC statuses, and back.
#pragma once

#include <grpcpp/support/status.h>

#include "common/base/result.hpp"

namespace entente::rpc {

grpc::Status to_status(const Error& error);
// `where`: what was called, for the message.
Error from_status(const grpc::Status& status, std::string_view where);

}  // namespace entente::rpc
