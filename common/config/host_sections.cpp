// What concerns the host rather than trust: log, store, sockets, addresses, polling.
#include "common/config/sections.hpp"
#include "common/config/values.hpp"

namespace entente::config {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

LogConfig read_log(Section& top) {
  LogConfig log;
  const auto node = top.find("log");
  if (!node) return log;
  Section section(*node);
  section.set("level", log.level,
              choice<LogLevel>({{"debug", LogLevel::debug},
                                {"info", LogLevel::info},
                                {"warning", LogLevel::warning},
                                {"error", LogLevel::error}}));
  section.set("format", log.format, choice<LogFormat>({{"text", LogFormat::text}, {"json", LogFormat::json}}));
  return log;
}

StoreConfig read_store(Section& top, const std::filesystem::path& data_dir) {
  SqliteConfig sqlite{data_dir / "entente.db"};
  const auto node = top.find("store");
  if (!node) return sqlite;
  Section section(*node);
  const auto chosen = section.one_of({"sqlite", "memory"}, {"etcd"});
  if (!chosen) return sqlite;
  Section settings(chosen->node);
  if (chosen->key == "memory") return MemoryConfig();
  settings.set("path", sqlite.path, path_in(data_dir));
  return sqlite;
}

ServerConfig read_server(Section& top, const Surroundings& around) {
  ServerConfig server;
  const auto node = top.find("server");
  if (!node) return server;
  Section section(*node);
  section.set("state_dir", server.state_dir, path_in(around.folder));
  section.set("telemetry", server.telemetry, parse_listen);
  return server;
}

std::optional<WorkloadApiConfig> read_workload_api(Section& top, const Surroundings& around) {
  const auto node = top.find("workload_api");
  const DelegatedConfig* const delegated =
      around.agent && around.agent->delegated ? &*around.agent->delegated : nullptr;
  if (!node && delegated != nullptr)
    top.find("local")->mistake_at_head(
        "workload_api.delegated needs a workload_api section: its callers get the identities");
  if (!node) return std::nullopt;
  WorkloadApiConfig api;
  api.allow_unauthenticated_verifiers = !around.has_issuer && delegated == nullptr;
  Section section(*node);
  if (const auto socket = section.get("listen", "the socket, such as unix:///run/entente/workload.sock", parse_socket))
    api.listen = *socket;
  if (around.agent && (api.listen == around.agent->address || (delegated && api.listen == delegated->address)))
    section.find("listen")->mistake("is the agent's own socket: Entente's needs a path of its own");
  section.set("allow_unauthenticated_verifiers", api.allow_unauthenticated_verifiers, parse_bool);
  section.set("discover_path", api.discover_path, parse_bool);
  return api;
}

std::optional<AdminConfig> read_admin(Section& top) {
  const auto node = top.find("admin");
  if (!node) return std::nullopt;
  AdminConfig admin;
  Section section(*node);
  if (const auto socket = section.get("listen", "the socket, such as unix:///run/entente/admin.sock", parse_socket))
    admin.listen = *socket;
  section.set("group", admin.group, existing_group);
  return admin;
}

std::string read_telemetry(Section& top) {
  const auto node = top.find("telemetry");
  if (!node) return "";
  Section section(*node);
  return section.get("listen", "the address, such as 127.0.0.1:9988", parse_listen).value_or("");
}

trust::PollingPolicy read_polling(Section& top) {
  trust::PollingPolicy polling;
  const auto node = top.find("polling");
  if (!node) return polling;
  constexpr hours longest(24 * 365);
  Section section(*node);
  section.set("floor", polling.floor, duration_between(seconds(1), longest));
  section.set("ceiling", polling.ceiling, duration_between(seconds(1), longest));
  section.set("no_hint", polling.no_hint, duration_between(seconds(1), longest));
  section.set("jitter", polling.jitter, fraction_between(0, 0.5));
  section.set("timeout", polling.timeout, duration_between(milliseconds(100), minutes(5)));
  section.set("body_limit", polling.body_limit, size_between(1U << 10, 64U << 20));
  if (polling.ceiling < polling.floor) {
    const auto ceiling = section.find("ceiling");
    (ceiling ? *ceiling : *section.find("floor"))
        .mistake("the ceiling (" + spell(polling.ceiling) + ") is below the floor (" + spell(polling.floor) + ")");
  }
  return polling;
}

}  // namespace entente::config
