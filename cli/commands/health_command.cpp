#include <iostream>

#include "cli/admin_client.hpp"
#include "cli/commands/commands.hpp"
#include "cli/print.hpp"
#include "common/telemetry/listener.hpp"

namespace entente::cli {
namespace {

Result<HealthView> ask_url(const GlobalOptions& options, HealthQuestion question, const std::string& url) {
  std::string base = url;
  while (base.ends_with('/')) base.pop_back();
  const auto answer = telemetry::get(base + (question == HealthQuestion::live ? "/live" : "/ready"), options.timeout);
  if (!answer) return answer.error();
  HealthView health{answer->status == 200, {}};
  if (health.ready) return health;
  std::string_view rest = answer->body;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (const auto line = rest.substr(0, end); !line.empty()) health.reasons.emplace_back(line);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return health;
}

Result<HealthView> ask_admin(const GlobalOptions& options, HealthQuestion question) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return client.error();
  const auto answer = client->entente().health();
  if (!answer) return answer.error();
  if (question == HealthQuestion::ready) return *answer;
  return HealthView{true, {}};
}

}  // namespace

int health(const GlobalOptions& options, HealthQuestion question, const std::optional<std::string>& url) {
  const Result<HealthView> health = url ? ask_url(options, question, *url) : ask_admin(options, question);
  if (!health) return fail(health.error());
  const std::string good = question == HealthQuestion::live ? "live" : "ready";
  if (options.output == Output::json) {
    print_json({{good, health->ready}, {"reasons", health->reasons}});
  } else {
    std::cout << (health->ready ? toned(good, Tone::good) : toned("not " + good, Tone::bad)) << '\n';
    for (const std::string& reason : health->reasons) std::cout << "  " << printable(reason) << '\n';
  }
  if (health->ready) return exit_done;
  return fail(Error(Errc::unavailable, "not " + good));
}

}  // namespace entente::cli
