#include "cli/arguments/arguments.hpp"
#include "cli/commands/commands.hpp"

namespace entente::cli {
namespace {

struct Values {
  std::string trust_domain, reason, digest, roots, endpoint_id, bundle, policy, sequence;
  std::vector<std::string> trust_domains, urls, pins;
  std::uint64_t from = 0, to = 0, first = 0, last = 0;
  std::uint32_t limit = 100;
  bool https_web = false, https_spiffe = false, private_redirects = false;
};
using ValuesPtr = std::shared_ptr<Values>;

CLI::App* about_one(CLI::App& federation, const std::string& name, const std::string& what, const ValuesPtr& v) {
  CLI::App* command = federation.add_subcommand(name, what);
  command->add_option("trust_domain", v->trust_domain, "which")->required();
  return command;
}

void add_definition(CLI::App& command, const ValuesPtr& v) {
  command.add_option("--url", v->urls, "the peer's bundle endpoint; several are tried in order")
      ->expected(1)
      ->take_all();
  command.add_flag("--https-web", v->https_web, "it proves itself with a web certificate");
  command.add_option("--roots", v->roots, "PEM file with the roots for it; default: the system's");
  command.add_option("--pin", v->pins, "sha256/BASE64 of a public key in its chain; may be given several times")
      ->expected(1)
      ->take_all();
  command.add_flag("--https-spiffe", v->https_spiffe, "it proves itself with an X509-SVID");
  command.add_option("--endpoint-id", v->endpoint_id, "of exactly this SPIFFE ID");
  command.add_option("--bundle", v->bundle, "the bundle to begin with: SPIFFE format or PEM; - is stdin");
  command.add_option(
      "--policy", v->policy,
      "which of its changes wait for approval: accept, overlap, approve, or default: the configuration's");
  command.add_option("--sequence", v->sequence,
                     "what a reused or missing sequence does: warn, which is the default, or strict: it is refused");
  command.add_flag("--allow-private-redirects,!--no-private-redirects", v->private_redirects,
                   "a public endpoint may redirect to a private address");
}

RelationshipFlags flags_of(const CLI::App& command, const Values& v) {
  RelationshipFlags flags;
  flags.trust_domain = v.trust_domain;
  flags.urls = v.urls;
  flags.pins = v.pins;
  flags.https_web = v.https_web;
  flags.https_spiffe = v.https_spiffe;
  flags.roots = given(command, "--roots", v.roots);
  flags.endpoint_id = given(command, "--endpoint-id", v.endpoint_id);
  flags.bundle = given(command, "--bundle", v.bundle);
  flags.policy = given(command, "--policy", v.policy);
  flags.sequence = given(command, "--sequence", v.sequence);
  flags.allow_private_redirects = given(command, "--allow-private-redirects", v.private_redirects);
  return flags;
}

void add_changing(CLI::App& federation, CommandLine& line, const ValuesPtr& v) {
  CLI::App* create = about_one(federation, "create", "federates with a trust domain from now on", v);
  add_definition(*create, v);
  create->callback([&line, v, create] {
    line.command = [&line, v, create] { return federation_create(line.global, flags_of(*create, *v)); };
  });
  CLI::App* update = about_one(federation, "update", "changes what is named; the rest, and the bundle held, stays", v);
  add_definition(*update, v);
  update->callback([&line, v, update] {
    line.command = [&line, v, update] { return federation_update(line.global, flags_of(*update, *v)); };
  });
  about_one(federation, "delete", "ends it, and withdraws its bundle from every workload", v)->callback([&line, v] {
    line.command = [&line, v] { return federation_delete(line.global, v->trust_domain); };
  });
}

void add_status(CLI::App& federation, CommandLine& line, const ValuesPtr& v) {
  federation.add_subcommand("list", "all of them, one line each")->callback([&line] {
    line.command = [&line] { return federation_list(line.global); };
  });
  about_one(federation, "show", "everything about one, and what awaits approval", v)->callback([&line, v] {
    line.command = [&line, v] { return federation_show(line.global, v->trust_domain); };
  });
  CLI::App* refresh = federation.add_subcommand("refresh", "polls now: the named ones, or all");
  refresh->add_option("trust_domain", v->trust_domains, "which");
  refresh->callback(
      [&line, v] { line.command = [&line, v] { return federation_refresh(line.global, v->trust_domains); }; });
}

void add_record(CLI::App& federation, CommandLine& line, const ValuesPtr& v) {
  CLI::App* history = about_one(federation, "history", "what happened to its bundle, oldest first", v);
  history->add_option("--limit", v->limit, "the newest so many; default 100")->check(CLI::Range(1, 1000));
  history->add_option("--first", v->first, "no entry with a lower number")->check(CLI::PositiveNumber);
  history->add_option("--last", v->last, "no entry with a higher number")->check(CLI::PositiveNumber);
  history->callback([&line, v] {
    line.command = [&line, v] {
      return federation_history(line.global, v->trust_domain, {v->limit, v->first, v->last});
    };
  });
  CLI::App* diff =
      about_one(federation, "diff", "what awaits approval against what is in use, else the last change", v);
  diff->add_option("--to", v->to, "number of a history entry; default: what is in use");
  diff->add_option("--from", v->from, "number of a history entry; default: what is in use");
  diff->callback([&line, v, diff] {
    line.command = [&line, v, diff] {
      return federation_diff(line.global, v->trust_domain, given(*diff, "--from", v->from),
                             given(*diff, "--to", v->to));
    };
  });
}

void add_deciding(CLI::App& federation, CommandLine& line, const ValuesPtr& v) {
  CLI::App* approve = about_one(federation, "approve", "puts what awaits approval in use", v);
  approve->add_option("--digest", v->digest, "what was reviewed: see `federation show`")->required();
  approve->callback([&line, v] {
    line.command = [&line, v] { return federation_approve(line.global, v->trust_domain, v->digest); };
  });
  CLI::App* reject = about_one(federation, "reject", "drops what awaits approval; it is not held again", v);
  reject->add_option("--digest", v->digest, "what was reviewed: see `federation show`")->required();
  reject->callback(
      [&line, v] { line.command = [&line, v] { return federation_reject(line.global, v->trust_domain, v->digest); }; });
  CLI::App* rollback = about_one(federation, "rollback", "puts an earlier bundle in use again", v);
  rollback->add_option("--to", v->to, "number of a history entry")->required();
  rollback->add_option("--reason", v->reason, "why; it goes on record")->required();
  rollback->callback([&line, v] {
    line.command = [&line, v] { return federation_rollback(line.global, v->trust_domain, v->to, v->reason); };
  });
  CLI::App* accept = about_one(federation, "accept", "takes the next good fetch whatever its sequence, once", v);
  accept->add_option("--reason", v->reason, "why; it goes on record")->required();
  accept->callback(
      [&line, v] { line.command = [&line, v] { return federation_accept(line.global, v->trust_domain, v->reason); }; });
}

}  // namespace

void add_federation(CLI::App& app, CommandLine& line) {
  CLI::App* federation =
      app.add_subcommand("federation",
                         "relationships: list, show, refresh, create, update, delete, history, diff, approve, reject, "
                         "rollback, accept")
          ->require_subcommand(1);
  const auto values = std::make_shared<Values>();
  add_status(*federation, line, values);
  add_changing(*federation, line, values);
  add_record(*federation, line, values);
  add_deciding(*federation, line, values);
}

}  // namespace entente::cli
