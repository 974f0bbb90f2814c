#include "workload/api/workload_api.hpp"

#include "common/rpc/unix_server.hpp"
#include "workload/api/service.hpp"

namespace entente::workload {
namespace {

constexpr mode_t for_everyone = 0666;  // callers are known by their credentials
constexpr std::size_t largest_request = 256U << 10;

rpc::UnixServerOptions server_options(const WorkloadApiOptions& options, grpc::Service& rpcs,
                                      std::shared_ptr<rpc::Callers> callers) {
  rpc::UnixServerOptions wanted;
  wanted.path = options.socket;
  wanted.mode = for_everyone;
  wanted.services = {&rpcs};
  wanted.callers = std::move(callers);
  wanted.max_request_bytes = largest_request;
  wanted.reflection = options.reflection;
  return wanted;
}

}  // namespace

struct WorkloadApi::Impl {
  std::unique_ptr<Service> service;  // outlives the server
  std::unique_ptr<rpc::UnixServer> server;
};

WorkloadApi::WorkloadApi(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WorkloadApi::~WorkloadApi() { stop(Duration::zero()); }

Result<std::unique_ptr<WorkloadApi>> WorkloadApi::start(const WorkloadApiOptions& options, store::Feed& feed,
                                                        IdentitySource* identities, Clock& clock,
                                                        telemetry::Metrics& metrics, Log& log) {
  auto impl = std::make_unique<Impl>();
  const auto callers = std::make_shared<rpc::Callers>();
  impl->service = make_service(options, callers, feed, identities, clock, metrics, log);
  Result<std::unique_ptr<rpc::UnixServer>> server =
      rpc::UnixServer::start(server_options(options, impl->service->rpcs(), callers), log);
  if (!server) return server.error().within("workload api");
  impl->server = *std::move(server);
  return std::unique_ptr<WorkloadApi>(new WorkloadApi(std::move(impl)));
}

void WorkloadApi::stop(Duration grace) {
  impl_->service->end_streams();
  impl_->server->stop(grace);
}

}  // namespace entente::workload
