#include "cli/server_app.hpp"

#include <boost/asio/co_spawn.hpp>

#include "common/client/endpoint_socket.hpp"
#include "server/certificate_files.hpp"
#include "server/publication_watch.hpp"
#include "server/svid/svid_certificate.hpp"

namespace entente::cli {
namespace {

constexpr Duration stop_grace = std::chrono::seconds(3);

server::EndpointOptions endpoint_options(const config::BundleEndpointConfig& config) {
  server::EndpointOptions options;
  options.listen = config.listen;
  options.path = config.path;
  options.limits.connections = config.limits.connections;
  options.limits.connections_per_address = config.limits.connections_per_address;
  options.limits.request_timeout = config.limits.request_timeout;
  options.limits.idle_timeout = config.limits.idle_timeout;
  return options;
}

// After this many polls every peer that polls at all knows a new authority (FS-1).
Duration settle_time(const config::BundleEndpointConfig& config) { return 5 * config.refresh_hint; }

std::filesystem::path state_dir_of(const config::Config& config) {
  return config.server.state_dir.empty() ? config.data_dir / "server" : config.server.state_dir;
}

}  // namespace

std::filesystem::path publish_dir_of(const config::Config& config) {
  const std::filesystem::path& folder = config.bundle_endpoint->publish_dir;
  return folder.empty() ? config.data_dir / "publish" : folder;
}

// Members are destroyed in reverse order: who refers to something stands below it.
struct ServerApp::Impl {
  Impl(asio::io_context& ctx, Clock& clk, telemetry::Metrics& m, telemetry::Readiness& r, telemetry::Pages& p, Log& l)
      : executor(ctx.get_executor()), clock(clk), metrics(m), readiness(r), pages(p), log(l) {}

  asio::any_io_executor executor;
  Clock& clock;
  telemetry::Metrics& metrics;
  telemetry::Readiness& readiness;
  telemetry::Pages& pages;
  Log& log;

  std::unique_ptr<server::Endpoint> endpoint;
  std::unique_ptr<server::SvidCertificate> svid;
  std::unique_ptr<telemetry::Listener> telemetry;
  std::unique_ptr<TaskGroup> tasks;
  TaskGroup::Handle file_task;

  Status open(const config::Config& config, Role role);
  Status open_certificate(const config::Config& config);
  void follow_files(const config::ServingProfile& profile);
};

// Begins to follow the certificate files that the profile names, in place of those before; none where the SVID comes
// from a Workload API.
void ServerApp::Impl::follow_files(const config::ServingProfile& profile) {
  server::CertificateFiles files;
  if (const auto* web = std::get_if<config::KeyPairFiles>(&profile)) {
    files = {web->certificate, web->key, std::nullopt};
  } else {
    const auto& spiffe = std::get<config::HttpsSpiffeServing>(profile);
    const auto* pair = std::get_if<config::KeyPairFiles>(&spiffe.svid);
    if (!pair) return;
    files = {pair->certificate, pair->key, spiffe.spiffe_id};
  }
  file_task.cancel();
  file_task = tasks->spawn("certificate files",
                           server::watch_certificate_files(std::move(files), *endpoint, readiness, log, clock));
}

Status ServerApp::Impl::open_certificate(const config::Config& config) {
  const config::ServingProfile& profile = config.bundle_endpoint->profile;
  const auto* spiffe = std::get_if<config::HttpsSpiffeServing>(&profile);
  const auto* socket = spiffe ? std::get_if<std::string>(&spiffe->svid) : nullptr;
  if (!socket) {
    follow_files(profile);
    return ok();
  }
  const Result<std::string> target = client::parse_endpoint_socket(*socket);
  if (!target) return target.error();
  svid = std::make_unique<server::SvidCertificate>(
      executor,
      server::SvidCertificateOptions{spiffe->spiffe_id, *target, state_dir_of(config),
                                     settle_time(*config.bundle_endpoint)},
      [this](std::shared_ptr<const tls::ServerContext> context) { endpoint->set_tls(std::move(context)); }, clock,
      metrics, readiness, log);
  return svid->start();
}

Status ServerApp::Impl::open(const config::Config& config, Role role) {
  const config::BundleEndpointConfig& wanted = *config.bundle_endpoint;
  Result<std::unique_ptr<server::Endpoint>> bound =
      server::Endpoint::bind(executor, endpoint_options(wanted), metrics, log);
  if (!bound) return bound.error().within("bundle_endpoint.listen");
  endpoint = std::move(*bound);
  pages.add(pollers_path, [table = endpoint->pollers()] { return table->json(); });
  if (role == Role::alone && !config.server.telemetry.empty()) {
    Result<std::unique_ptr<telemetry::Listener>> listener =
        telemetry::Listener::bind(executor, config.server.telemetry, metrics, readiness, log, &pages);
    if (!listener) return listener.error().within("server.telemetry");
    telemetry = std::move(*listener);
    log.info("telemetry listens", {{"port", telemetry->port()}});
  }
  tasks = std::make_unique<TaskGroup>(executor, log);
  if (const Status certificate = open_certificate(config); !certificate) return certificate.error();
  tasks->spawn("publication",
               server::watch_publication(server::publication_path(publish_dir_of(config), *config.trust_domain),
                                         *config.trust_domain, *endpoint, readiness, log, clock));
  tasks->spawn("endpoint", endpoint->run());
  if (telemetry) tasks->spawn("telemetry", telemetry->run());
  log.info("bundle endpoint listens", {{"address", wanted.listen}, {"port", endpoint->port()}, {"path", wanted.path}});
  return ok();
}

ServerApp::ServerApp(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ServerApp::~ServerApp() = default;

Result<std::unique_ptr<ServerApp>> ServerApp::start(const config::Config& config, Role role, asio::io_context& context,
                                                    Clock& clock, telemetry::Metrics& metrics,
                                                    telemetry::Readiness& readiness, telemetry::Pages& pages,
                                                    Log& log) {
  auto impl = std::make_unique<Impl>(context, clock, metrics, readiness, pages, log);
  if (const Status opened = impl->open(config, role); !opened) return opened.error();
  return std::unique_ptr<ServerApp>(new ServerApp(std::move(impl)));
}

asio::awaitable<void> ServerApp::reload(config::Config fresh) {
  if (!fresh.bundle_endpoint) co_return;
  if (impl_->svid)
    impl_->svid->set_settle(settle_time(*fresh.bundle_endpoint));
  else
    impl_->follow_files(fresh.bundle_endpoint->profile);
}

asio::awaitable<void> ServerApp::stop() {
  co_await impl_->endpoint->stop(stop_grace);
  impl_->svid.reset();
  impl_->tasks->cancel();
  co_await impl_->tasks->drained();
}

}  // namespace entente::cli
