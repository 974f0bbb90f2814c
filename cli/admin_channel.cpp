#include "cli/admin_channel.hpp"

#include "common/client/endpoint_socket.hpp"
#include "common/rpc/status.hpp"

namespace entente::cli {

AdminChannel::AdminChannel(std::string target, Duration timeout) : target_(std::move(target)), timeout_(timeout) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  channel_ = grpc::CreateCustomChannel(target_, grpc::InsecureChannelCredentials(), arguments);
}

Result<std::shared_ptr<const AdminChannel>> AdminChannel::connect(const GlobalOptions& options) {
  Result<std::string> target =
      client::find_endpoint_socket(options.admin_socket, {"--admin-socket", "ENTENTE_ADMIN_SOCKET"});
  if (!target) return Error(Errc::invalid_argument, "admin socket: " + target.error().message());
  return std::shared_ptr<const AdminChannel>(new AdminChannel(std::move(*target), options.timeout));
}

std::chrono::system_clock::time_point AdminChannel::deadline() const {
  return std::chrono::system_clock::now() + std::chrono::duration_cast<std::chrono::milliseconds>(timeout_);
}

Error AdminChannel::error_of(const grpc::Status& status) const {
  const Error error = rpc::from_status(status, "admin socket " + target_);
  if (error.code() != Errc::unavailable) return error;
  return Error(Errc::unavailable,
               error.message() + "; is an Entente running there, and may this user open its socket?");
}

}  // namespace entente::cli
