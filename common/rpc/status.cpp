#include "common/rpc/status.hpp"

namespace entente::rpc {
namespace {

grpc::StatusCode to_code(Errc code) {
  switch (code) {
    case Errc::invalid_argument:
    case Errc::syntax:
    case Errc::schema:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case Errc::not_found:
      return grpc::StatusCode::NOT_FOUND;
    case Errc::already_exists:
      return grpc::StatusCode::ALREADY_EXISTS;
    case Errc::permission_denied:
      return grpc::StatusCode::PERMISSION_DENIED;
    case Errc::unavailable:
      return grpc::StatusCode::UNAVAILABLE;
    case Errc::conflict:
      return grpc::StatusCode::ABORTED;
    case Errc::unsupported:
      return grpc::StatusCode::UNIMPLEMENTED;
    case Errc::cancelled:
      return grpc::StatusCode::CANCELLED;
    case Errc::timeout:
      return grpc::StatusCode::DEADLINE_EXCEEDED;
    default:
      return grpc::StatusCode::INTERNAL;
  }
}

Errc from_code(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
      return Errc::invalid_argument;
    case grpc::StatusCode::NOT_FOUND:
      return Errc::not_found;
    case grpc::StatusCode::ALREADY_EXISTS:
      return Errc::already_exists;
    case grpc::StatusCode::PERMISSION_DENIED:
      return Errc::permission_denied;
    case grpc::StatusCode::UNAVAILABLE:
      return Errc::unavailable;
    case grpc::StatusCode::ABORTED:
      return Errc::conflict;
    case grpc::StatusCode::UNIMPLEMENTED:
      return Errc::unsupported;
    case grpc::StatusCode::CANCELLED:
      return Errc::cancelled;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Errc::timeout;
    default:
      return Errc::internal;
  }
}

std::string said_nothing(grpc::StatusCode code) {
  if (code == grpc::StatusCode::UNIMPLEMENTED)
    return "what answers there does not serve this API; is it the right socket?";
  return "the server gave no reason";
}

}  // namespace

grpc::Status to_status(const Error& error) { return grpc::Status(to_code(error.code()), error.message()); }

Error from_status(const grpc::Status& status, std::string_view where) {
  const std::string message =
      status.error_message().empty() ? said_nothing(status.error_code()) : status.error_message();
  return Error(from_code(status.error_code()), std::string(where) + ": " + message);
}

}  // namespace entente::rpc
