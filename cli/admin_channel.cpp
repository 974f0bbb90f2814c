#include "cli/admin_channel.hpp"

#include "common/client/endpoint_socket.hpp"
#include "common/rpc/status.hpp"

namespace entente::cli {
namespace {

// Whether nobody at the other end knows the call, in the words of gRPC's implementations (C++ and Rust say nothing). A
// server that knows it and cannot do it says why in words of its own.
bool nobody_knows_the_call(const grpc::Status& status) {
  if (status.error_code() != grpc::StatusCode::UNIMPLEMENTED) return false;
  const std::string& text = status.error_message();
  return text.empty() || text.starts_with("unknown service") || text.starts_with("unknown method") ||
         text.starts_with("Method not found");
}

// Whether the message is the server's own word about what was asked, and no news of the way there.
bool refusal(const grpc::Status& status) {
  const grpc::StatusCode code = status.error_code();
  return !status.error_message().empty() && code != grpc::StatusCode::UNAVAILABLE &&
         code != grpc::StatusCode::DEADLINE_EXCEEDED && code != grpc::StatusCode::INTERNAL &&
         code != grpc::StatusCode::UNKNOWN && !nobody_knows_the_call(status);
}

}  // namespace

AdminChannel::AdminChannel(std::string target, Duration timeout) : target_(std::move(target)), timeout_(timeout) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  channel_ = grpc::CreateCustomChannel(target_, grpc::InsecureChannelCredentials(), arguments);
}

Result<std::string> admin_target(const GlobalOptions& options) {
  Result<std::string> target =
      client::find_endpoint_socket(options.admin_socket, {"--admin-socket", "ENTENTE_ADMIN_SOCKET"});
  if (!target) return Error(Errc::invalid_argument, "admin socket: " + target.error().message());
  return target;
}

Result<std::shared_ptr<const AdminChannel>> AdminChannel::connect(const GlobalOptions& options) {
  Result<std::string> target = admin_target(options);
  if (!target) return target.error();
  return std::shared_ptr<const AdminChannel>(new AdminChannel(std::move(*target), options.timeout));
}

std::chrono::system_clock::time_point AdminChannel::deadline() const {
  return std::chrono::system_clock::now() + std::chrono::duration_cast<std::chrono::milliseconds>(timeout_);
}

Error AdminChannel::error_of(const grpc::Status& status) const {
  const Error error = rpc::from_status(status, "admin socket " + target_);
  if (refusal(status))
    return Error(error.code() == Errc::unsupported ? Errc::internal : error.code(), status.error_message());
  if (error.code() != Errc::unavailable) return error;
  return Error(Errc::unavailable,
               error.message() + "; is an Entente running there, and may this user open its socket?");
}

}  // namespace entente::cli
