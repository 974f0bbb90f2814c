#include "syncer/admin/admin_api.hpp"

#include <grp.h>
#include <grpcpp/impl/service_type.h>

#include "common/rpc/unix_server.hpp"
#include "syncer/admin/bundle_service.hpp"
#include "syncer/admin/call.hpp"
#include "syncer/admin/entente_service.hpp"
#include "syncer/admin/entry_service.hpp"
#include "syncer/admin/health_service.hpp"
#include "syncer/admin/trust_domain_service.hpp"

namespace entente::syncer {
namespace {

// What gRPC's health checks may ask about.
const std::vector<std::string> service_names = {"entente.v1.Admin", "spire.api.server.trustdomain.v1.TrustDomain",
                                                "spire.api.server.bundle.v1.Bundle", "spire.api.server.entry.v1.Entry"};

}  // namespace

// The server stands last: it ends before the services do.
struct AdminApi::Impl {
  std::vector<std::unique_ptr<grpc::Service>> services;
  std::unique_ptr<rpc::UnixServer> server;
};

AdminApi::AdminApi(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AdminApi::~AdminApi() = default;

Result<std::unique_ptr<AdminApi>> AdminApi::start(AdminOptions options, AdminParts parts) {
  auto impl = std::make_unique<Impl>();
  const auto callers = std::make_shared<rpc::Callers>();
  const Calls calls(parts.control, callers, parts.log);
  impl->services.push_back(make_entente_service(parts, calls, std::move(options.version)));
  impl->services.push_back(make_trust_domain_service(parts, calls));
  impl->services.push_back(make_bundle_service(parts, calls));
  impl->services.push_back(make_entry_service(parts, calls));
  impl->services.push_back(make_health_service(parts.readiness, service_names));
  rpc::UnixServerOptions wanted;
  wanted.path = std::move(options.socket);
  wanted.reflection = true;
  wanted.callers = callers;
  for (const auto& service : impl->services) wanted.services.push_back(service.get());
  if (!options.group.empty()) {
    const struct group* found = ::getgrnam(options.group.c_str());
    if (!found) return Error(Errc::invalid_argument, "admin.group: there is no group \"" + options.group + "\"");
    wanted.group = found->gr_gid;
    wanted.mode = 0660;
  }
  Result<std::unique_ptr<rpc::UnixServer>> server = rpc::UnixServer::start(std::move(wanted), parts.log);
  if (!server) return server.error().within("admin socket");
  impl->server = std::move(*server);
  return std::unique_ptr<AdminApi>(new AdminApi(std::move(impl)));
}

void AdminApi::stop(Duration grace) { impl_->server->stop(grace); }

}  // namespace entente::syncer
