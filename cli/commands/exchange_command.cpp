#include <iostream>

#include "cli/admin_client.hpp"
#include "cli/commands/commands.hpp"
#include "cli/print_bundles.hpp"
#include "common/base/file.hpp"

namespace entente::cli {

int bundle_export(const GlobalOptions& options, const std::string& file) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto signed_file = client->entente().export_bundle();
  if (!signed_file) return fail_entente_only(signed_file.error());
  const bool to_stdout = file.empty() || file == "-";
  if (!to_stdout)
    if (const Status written = replace_file(file, signed_file->jws + "\n", 0644); !written)
      return fail(written.error());
  if (options.output == Output::json) {
    Json document = to_json(*signed_file);
    document["file"] = to_stdout ? Json(nullptr) : Json(file);
    if (to_stdout) document["jws"] = signed_file->jws;
    print_json(document);
    return exit_done;
  }
  if (to_stdout) std::cout << signed_file->jws << '\n';
  std::cerr << "bundle of " << printable(signed_file->trust_domain) << ", signed by "
            << printable(signed_file->spiffe_id) << ", to be imported until "
            << (signed_file->expires_at ? format_time(*signed_file->expires_at) : "its certificate ends")
            << "; tell the importer the fingerprint by another way:\n"
            << printable(signed_file->fingerprint) << '\n';
  return exit_done;
}

int bundle_import(const GlobalOptions& options, const std::string& file, const std::string& fingerprint) {
  const auto known =
      fingerprint.empty() ? Result<std::string>(std::string()) : read_digest("--fingerprint", fingerprint, true);
  if (!known) return fail(known.error());
  auto jws = read_input("file", file);
  if (!jws) return fail(jws.error());
  while (!jws->empty() && std::string_view(" \t\r\n").find(jws->back()) != std::string_view::npos) jws->pop_back();
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto imported = client->entente().import_bundle(*jws, *known);
  if (!imported) return fail_entente_only(imported.error());
  if (options.output == Output::json)
    print_json(to_json(*imported));
  else
    std::cout << import_text(*imported, paint_for_stdout());
  return imported->outcome == "held" ? exit_approval : exit_done;
}

}  // namespace entente::cli
