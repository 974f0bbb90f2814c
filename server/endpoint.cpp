#include "server/endpoint.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

#include "common/base/listen.hpp"
#include "common/base/task.hpp"
#include "server/connection.hpp"
#include "server/service.hpp"

namespace entente::server {
namespace {

using asio::ip::tcp;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds accept_pause(100);
constexpr std::chrono::seconds warning_interval(60);

void close_yielding(Service& service, ConnectionTable::Id id) {
  service.metrics.yielded();
  if (const auto found = service.open.find(id); found != service.open.end()) found->second->abort();
}

void abort_where(Service& service, bool (*which)(const Connection&)) {
  for (const auto& [id, connection] : service.open)
    if (which(*connection)) connection->abort();
}

bool any(const Connection&) { return true; }
bool not_answering(const Connection& connection) { return !connection.answering(); }

}  // namespace

struct Endpoint::Impl {
  Impl(tcp::acceptor listening, EndpointOptions options, telemetry::Metrics& metrics, Log& log)
      : acceptor(std::move(listening)),
        pause(acceptor.get_executor()),
        service(
            std::make_shared<Service>(acceptor.get_executor(), std::move(options.path), options.limits, metrics, log)),
        tasks(acceptor.get_executor(), log) {}

  // Over a limit the oldest idle connection yields; where there is none, the newcomer is closed before its handshake.
  void admit(tcp::socket socket, const tcp::endpoint& peer) {
    const ClientAddress from = ClientAddress::of(peer.address());
    const ConnectionTable::Admission admission = service->table.admit(from);
    if (admission.yields) close_yielding(*service, *admission.yields);
    if (!admission.id) {
      service->metrics.refused();
      return;
    }
    auto connection = std::make_unique<Connection>(service, std::move(socket), *admission.id, from);
    tasks.spawn("endpoint connection", run_connection(std::move(connection)));
  }

  // Mostly: out of descriptors. An idle connection frees one, and a pause keeps the loop from spinning meanwhile.
  void accept_failed(const boost::system::error_code& error) {
    if (const auto idle = service->table.yield_oldest_idle()) close_yielding(*service, *idle);
    const auto now = std::chrono::steady_clock::now();
    if (now < next_warning) return;
    next_warning = now + warning_interval;
    service->log.warning("endpoint: connections cannot be accepted; raise the limit of open files (LimitNOFILE)",
                         {{"error", error.message()}});
  }

  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::shared_ptr<Service> service;
  TaskGroup tasks;
  std::chrono::steady_clock::time_point next_warning;
};

Endpoint::Endpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Endpoint::~Endpoint() { abort_where(*impl_->service, any); }

Result<std::unique_ptr<Endpoint>> Endpoint::bind(asio::any_io_executor executor, EndpointOptions options,
                                                 telemetry::Metrics& metrics, Log& log) {
  Result<tcp::acceptor> acceptor = listen_on(std::move(executor), options.listen);
  if (!acceptor) return acceptor.error().within("bundle endpoint");
  auto impl = std::make_unique<Impl>(std::move(*acceptor), std::move(options), metrics, log);
  return std::unique_ptr<Endpoint>(new Endpoint(std::move(impl)));
}

std::uint16_t Endpoint::port() const {
  boost::system::error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

void Endpoint::set_tls(std::shared_ptr<const tls::ServerContext> context) {
  Service& service = *impl_->service;
  service.tls = std::move(context);
  if (!service.tls) return;
  service.metrics.certificate_not_after(service.tls->not_after());
  for (const auto& [id, connection] : service.open) connection->tls_arrived();
}

void Endpoint::set_publication(PublicationPtr publication) {
  if (publication) impl_->service->pollers->publish(publication->etag, std::chrono::system_clock::now());
  impl_->service->publication = std::move(publication);
}

std::shared_ptr<const PollerTable> Endpoint::pollers() const { return impl_->service->pollers; }

bool Endpoint::ready() const { return impl_->service->tls && impl_->service->publication; }

std::size_t Endpoint::connections() const { return impl_->service->open.size(); }

asio::awaitable<void> Endpoint::run() {
  Impl& impl = *impl_;
  while (!impl.service->stopping) {
    tcp::socket socket(impl.acceptor.get_executor());
    tcp::endpoint peer;
    const auto [error] = co_await impl.acceptor.async_accept(socket, peer, as_result);
    if (!error) {
      impl.admit(std::move(socket), peer);
      continue;
    }
    if (error == asio::error::operation_aborted) break;
    impl.accept_failed(error);
    impl.pause.expires_after(accept_pause);
    const auto [cancelled] = co_await impl.pause.async_wait(as_result);
    if (cancelled) break;
  }
  if (impl.service->stopping)
    co_await impl.tasks.drained();
  else
    abort_where(*impl.service, any);  // cancelled: nothing may be waited for any more
}

asio::awaitable<void> Endpoint::stop(Duration grace) {
  Impl& impl = *impl_;
  const std::shared_ptr<Service> service = impl.service;
  service->stopping = true;
  boost::system::error_code ignored;
  impl.acceptor.close(ignored);
  impl.pause.cancel();
  abort_where(*service, not_answering);
  TimerWheel::Deadline end(service->wheel, [&service] { abort_where(*service, any); });
  end.expire_after(grace);
  while (!service->open.empty()) {
    const Status ended = co_await service->ended.wait();
    if (!ended) co_return;
  }
}

}  // namespace entente::server
