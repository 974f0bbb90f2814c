// The connection to an admin socket: blocking calls with a deadline. Included by the sources that speak gRPC alone.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "cli/options.hpp"
#include "common/base/result.hpp"

namespace entente::cli {

class AdminChannel {
 public:
  // --admin-socket, else ENTENTE_ADMIN_SOCKET; Errc::invalid_argument when neither says where.
  static Result<std::shared_ptr<const AdminChannel>> connect(const GlobalOptions& options);

  const std::shared_ptr<grpc::Channel>& grpc() const { return channel_; }
  const std::string& target() const { return target_; }

  // One unary call of a stub's. Errors are what the server said, or which socket did not answer and what to do;
  // Errc::unsupported only where what answers does not know the call at all.
  template <class Response, class Stub, class Request, class Method>
  Result<Response> call(Stub& stub, Method method, const Request& request) const {
    grpc::ClientContext context;
    context.set_deadline(deadline());
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (status.ok()) return response;
    return error_of(status);
  }

  Error error_of(const grpc::Status& status) const;

 private:
  AdminChannel(std::string target, Duration timeout);
  std::chrono::system_clock::time_point deadline() const;

  std::string target_;
  Duration timeout_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace entente::cli
