#include <iostream>

#include "cli/admin_client.hpp"
#include "cli/commands/commands.hpp"
#include "cli/print_entries.hpp"

namespace entente::cli {
namespace {

int print(const Result<EntryView>& entry, Output output) {
  if (!entry) return fail_refused(entry.error());
  if (output == Output::json)
    print_json(to_json(*entry));
  else
    std::cout << entry_text(*entry, std::chrono::system_clock::now());
  return exit_done;
}

}  // namespace

int entry_list(const GlobalOptions& options) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto entries = client->spire().entries();
  if (!entries) return fail_refused(entries.error());
  if (options.output == Output::json) {
    Json document = Json::array();
    for (const EntryView& entry : *entries) document.push_back(to_json(entry));
    print_json(document);
  } else {
    std::cout << entries_text(*entries);
  }
  return exit_done;
}

int entry_show(const GlobalOptions& options, const std::string& id) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  return print(client->spire().entry(id), options.output);
}

int entry_create(const GlobalOptions& options, const EntryFlags& flags) {
  const auto request = read_new_entry(flags);
  if (!request) return fail(request.error());
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  return print(client->spire().create_entry(*request), options.output);
}

int entry_update(const GlobalOptions& options, const std::string& id, const EntryFlags& flags) {
  const auto request = read_entry_update(id, flags);
  if (!request) return fail(request.error());
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  return print(client->spire().update_entry(*request), options.output);
}

int entry_delete(const GlobalOptions& options, const std::string& id) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const Status deleted = client->spire().delete_entry(id);
  if (!deleted) return fail_refused(deleted.error());
  if (options.output == Output::json)
    print_json({{"id", id}, {"deleted", true}});
  else
    std::cout << "entry " << printable(id) << ": deleted\n";
  return exit_done;
}

}  // namespace entente::cli
