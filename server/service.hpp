// What the endpoint and its connections share. Lives on one io_context's thread; the connections keep it alive.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "common/base/event.hpp"
#include "common/base/log.hpp"
#include "common/base/timer_wheel.hpp"
#include "common/tls/context.hpp"
#include "server/answer_bytes.hpp"
#include "server/connection_table.hpp"
#include "server/endpoint_metrics.hpp"
#include "server/limits.hpp"
#include "server/poller_table.hpp"
#include "server/publication.hpp"

namespace entente::server {

class Connection;

struct Service {
  Service(asio::any_io_executor executor, std::string served_path, Limits lim, telemetry::Metrics& m, Log& l)
      : path(std::move(served_path)),
        limits(lim),
        log(l),
        metrics(m),
        wheel(executor),
        table(lim.connections, lim.connections_per_address),
        ended(executor),
        pollers(std::make_shared<PollerTable>(std::chrono::system_clock::now())) {}

  const std::string path;
  const Limits limits;
  Log& log;
  EndpointMetrics metrics;
  TimerWheel wheel;
  ConnectionTable table;
  std::unordered_map<ConnectionTable::Id, Connection*> open;  // each until its destruction
  Event ended;                                                // raised when a connection has ended
  std::shared_ptr<PollerTable> pollers;
  bool stopping = false;  // the answer under way is a connection's last

  std::shared_ptr<const tls::ServerContext> tls;  // for the next handshake; null: it waits
  PublicationPtr publication;                     // for the next answer
  AnswerBytes answers;
};

}  // namespace entente::server
