#include "cli/arguments/arguments.hpp"
#include "cli/commands/commands.hpp"

namespace entente::cli {
namespace {

struct Values {
  std::string id, spiffe_id, parent_id, x509_svid_ttl, jwt_svid_ttl, hint;
  std::vector<std::string> selectors, dns_names, federates_with;
};
using ValuesPtr = std::shared_ptr<Values>;

void add_definition(CLI::App& command, const ValuesPtr& v) {
  command.add_option("--spiffe-id", v->spiffe_id, "the identity to give");
  command.add_option("--selector", v->selectors, "like unix:uid:1000; several must all match")->expected(1)->take_all();
  command.add_option("--parent-id", v->parent_id, "the agent that gives it, where a server has several");
  command.add_option("--x509-svid-ttl", v->x509_svid_ttl, "like 30m; 0s: the default");
  command.add_option("--jwt-svid-ttl", v->jwt_svid_ttl, "like 5m; 0s: the default");
  command.add_option("--dns-name", v->dns_names, "in the X509-SVID; may be given several times")
      ->expected(1)
      ->take_all();
  command
      .add_option("--federates-with", v->federates_with,
                  "a trust domain; may be given several times; an Entente's default: all")
      ->expected(1)
      ->take_all();
  command.add_option("--hint", v->hint, "what tells the workload which identity is for what");
}

EntryFlags flags_of(const CLI::App& command, const Values& v) {
  EntryFlags flags;
  flags.spiffe_id = given(command, "--spiffe-id", v.spiffe_id);
  flags.parent_id = given(command, "--parent-id", v.parent_id);
  flags.x509_svid_ttl = given(command, "--x509-svid-ttl", v.x509_svid_ttl);
  flags.jwt_svid_ttl = given(command, "--jwt-svid-ttl", v.jwt_svid_ttl);
  flags.hint = given(command, "--hint", v.hint);
  flags.selectors = v.selectors;
  flags.dns_names = v.dns_names;
  flags.federates_with = v.federates_with;
  return flags;
}

}  // namespace

void add_entry(CLI::App& app, CommandLine& line) {
  CLI::App* entry = app.add_subcommand("entry",
                                       "registration entries of the embedded issuer: list, show, create, "
                                       "update, delete")
                        ->require_subcommand(1);
  const auto v = std::make_shared<Values>();
  entry->add_subcommand("list", "all of them, one line each")->callback([&line] {
    line.command = [&line] { return entry_list(line.global); };
  });
  CLI::App* show = entry->add_subcommand("show", "everything about one");
  show->add_option("id", v->id, "which")->required();
  show->callback([&line, v] { line.command = [&line, v] { return entry_show(line.global, v->id); }; });
  CLI::App* create = entry->add_subcommand("create", "gives an identity to whoever matches, from now on");
  add_definition(*create, v);
  create->callback([&line, v, create] {
    line.command = [&line, v, create] { return entry_create(line.global, flags_of(*create, *v)); };
  });
  CLI::App* update = entry->add_subcommand("update", "changes what is named; the rest stays");
  update->add_option("id", v->id, "which")->required();
  add_definition(*update, v);
  update->callback([&line, v, update] {
    line.command = [&line, v, update] { return entry_update(line.global, v->id, flags_of(*update, *v)); };
  });
  CLI::App* remove = entry->add_subcommand("delete", "takes the identity back");
  remove->add_option("id", v->id, "which")->required();
  remove->callback([&line, v] { line.command = [&line, v] { return entry_delete(line.global, v->id); }; });
}

}  // namespace entente::cli
