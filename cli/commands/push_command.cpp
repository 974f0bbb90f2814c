#include <iostream>

#include "cli/admin_client.hpp"
#include "cli/commands/commands.hpp"
#include "cli/print_push.hpp"

namespace entente::cli {

int push_list(const GlobalOptions& options) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto targets = client->entente().push_targets();
  if (!targets) return fail_entente_only(targets.error());
  if (options.output == Output::json) {
    Json document = Json::array();
    for (const PushTargetView& target : *targets) document.push_back(to_json(target));
    print_json(document);
  } else {
    std::cout << push_targets_text(*targets, std::chrono::system_clock::now(), paint_for_stdout(), terminal_width());
  }
  return exit_done;
}

}  // namespace entente::cli
