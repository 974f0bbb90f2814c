#include "cli/admin_client.hpp"

#include <grpcpp/grpcpp.h>

#include "common/client/endpoint_socket.hpp"
#include "common/rpc/status.hpp"
#include "entente/v1/admin.grpc.pb.h"

namespace entente::cli {

namespace v1 = entente::v1;

struct AdminClient::Impl {
  std::string target;
  Duration timeout;
  std::unique_ptr<v1::Admin::Stub> stub;

  // One unary call of the stub's, with the deadline and the socket's name in every error.
  template <class Response, class Request, class Method>
  Result<Response> call(Method method, const Request& request) const {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::duration_cast<std::chrono::milliseconds>(timeout));
    Response response;
    const grpc::Status status = (stub.get()->*method)(&context, request, &response);
    if (status.ok()) return response;
    const Error error = rpc::from_status(status, "admin socket " + target);
    if (error.code() != Errc::unavailable) return error;
    return Error(Errc::unavailable,
                 error.message() + "; is an Entente running there, and may this user open its socket?");
  }
};

AdminClient::AdminClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AdminClient::AdminClient(AdminClient&&) noexcept = default;
AdminClient::~AdminClient() = default;

Result<AdminClient> AdminClient::connect(const GlobalOptions& options) {
  Result<std::string> target =
      client::find_endpoint_socket(options.admin_socket, {"--admin-socket", "ENTENTE_ADMIN_SOCKET"});
  if (!target) return Error(Errc::invalid_argument, "admin socket: " + target.error().message());
  auto impl = std::make_unique<Impl>();
  impl->target = *target;
  impl->timeout = options.timeout;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  impl->stub = v1::Admin::NewStub(grpc::CreateCustomChannel(*target, grpc::InsecureChannelCredentials(), arguments));
  return AdminClient(std::move(impl));
}

Result<v1::GetHealthResponse> AdminClient::get_health() const {
  return impl_->call<v1::GetHealthResponse>(&v1::Admin::Stub::GetHealth, v1::GetHealthRequest());
}

Result<v1::GetBundleResponse> AdminClient::get_bundle(const std::string& trust_domain) const {
  v1::GetBundleRequest request;
  request.set_trust_domain(trust_domain);
  return impl_->call<v1::GetBundleResponse>(&v1::Admin::Stub::GetBundle, request);
}

Result<v1::RotateBundleResponse> AdminClient::rotate_bundle(bool x509, bool jwt, bool now) const {
  v1::RotateBundleRequest request;
  request.set_x509(x509);
  request.set_jwt(jwt);
  request.set_now(now);
  return impl_->call<v1::RotateBundleResponse>(&v1::Admin::Stub::RotateBundle, request);
}

Result<v1::ListRelationshipsResponse> AdminClient::list_relationships() const {
  return impl_->call<v1::ListRelationshipsResponse>(&v1::Admin::Stub::ListRelationships,
                                                    v1::ListRelationshipsRequest());
}

Result<v1::GetRelationshipResponse> AdminClient::get_relationship(const std::string& trust_domain) const {
  v1::GetRelationshipRequest request;
  request.set_trust_domain(trust_domain);
  return impl_->call<v1::GetRelationshipResponse>(&v1::Admin::Stub::GetRelationship, request);
}

Result<v1::RefreshRelationshipsResponse> AdminClient::refresh_relationships(
    const std::vector<std::string>& domains) const {
  v1::RefreshRelationshipsRequest request;
  for (const std::string& domain : domains) request.add_trust_domains(domain);
  return impl_->call<v1::RefreshRelationshipsResponse>(&v1::Admin::Stub::RefreshRelationships, request);
}

Status AdminClient::accept_next_bundle(const std::string& trust_domain, const std::string& reason) const {
  v1::AcceptNextBundleRequest request;
  request.set_trust_domain(trust_domain);
  request.set_reason(reason);
  const auto response = impl_->call<v1::AcceptNextBundleResponse>(&v1::Admin::Stub::AcceptNextBundle, request);
  if (!response) return response.error();
  return ok();
}

}  // namespace entente::cli
