// The program: its command line, and nothing else. Each command is a function of cli/commands or cli/daemon.
#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>

#include "cli/commands/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/print.hpp"
#include "cli/version.hpp"

namespace entente::cli {
namespace {

// Values that CLI11 fills in; they live as long as the parse and the command that follows it.
struct Arguments {
  GlobalOptions global;
  std::string output = "text", timeout = "30s";
  std::string config, trust_domain, format, reason, url, audience, token, folder, spiffe_id;
  std::vector<std::string> trust_domains, audiences;
  bool x509 = false, jwt = false, now = false, live = false, ready = false;
  std::function<int()> command;
};

template <class T>
std::optional<T> given(const CLI::App& app, const std::string& name, const T& value) {
  return app.count(name) > 0 ? std::optional<T>(value) : std::nullopt;
}

void add_daemons(CLI::App& app, Arguments& a) {
  const std::pair<const char*, const char*> daemons[] = {
      {"run", "syncer and server in one process"},
      {"server", "the bundle endpoint: what faces the internet"},
      {"syncer", "polls, issues, serves the Workload API, writes the publication"}};
  const DaemonKind kinds[] = {DaemonKind::run, DaemonKind::server, DaemonKind::syncer};
  for (std::size_t i = 0; i < std::size(daemons); ++i) {
    CLI::App* command = app.add_subcommand(daemons[i].first, daemons[i].second);
    command->add_option("-c,--config", a.config, "configuration file")->required();
    command->callback([&a, kind = kinds[i]] { a.command = [&a, kind] { return run_daemon(kind, a.config); }; });
  }
  CLI::App* check = app.add_subcommand("check", "every mistake of a configuration at once; starts nothing");
  check->add_option("-c,--config", a.config, "configuration file")->required();
  check->callback([&a] { a.command = [&a] { return check_config(a.config); }; });
}

void add_health(CLI::App& app, Arguments& a) {
  CLI::App* health_app = app.add_subcommand("health", "whether a running Entente is live and ready");
  CLI::Option* live = health_app->add_flag("--live", a.live, "only that it answers");
  health_app->add_flag("--ready", a.ready, "that it can do its work (the default)")->excludes(live);
  health_app->add_option("--url", a.url,
                         "ask a telemetry listener, like http://127.0.0.1:9988, in place of the admin socket");
  health_app->callback([&a, health_app] {
    a.command = [&a, health_app] {
      return health(a.global, a.live ? HealthQuestion::live : HealthQuestion::ready,
                    given(*health_app, "--url", a.url));
    };
  });
}

void add_bundle(CLI::App& app, Arguments& a) {
  CLI::App* bundle = app.add_subcommand("bundle", "trust bundles")->require_subcommand(1);
  CLI::App* show = bundle->add_subcommand("show", "a bundle in use; our own without a trust domain");
  show->add_option("trust_domain", a.trust_domain, "whose bundle");
  show->add_option("--format", a.format, "spiffe, pem or text")->check(CLI::IsMember({"spiffe", "pem", "text"}));
  show->callback([&a] {
    a.command = [&a] {
      std::optional<BundleFormat> format;
      if (a.format == "spiffe") format = BundleFormat::spiffe;
      if (a.format == "pem") format = BundleFormat::pem;
      if (a.format == "text") format = BundleFormat::text;
      return bundle_show(a.global, a.trust_domain, format);
    };
  });
  CLI::App* rotate = bundle->add_subcommand("rotate", "prepares new authorities and says when they will be used");
  rotate->add_flag("--x509", a.x509, "the X.509 authority (default: both)");
  rotate->add_flag("--jwt", a.jwt, "the JWT authority (default: both)");
  rotate->add_flag("--now", a.now, "use them at once: peers that have not polled yet refuse what they sign");
  rotate->callback([&a] { a.command = [&a] { return bundle_rotate(a.global, a.x509, a.jwt, a.now); }; });
}

void add_federation(CLI::App& app, Arguments& a) {
  CLI::App* federation =
      app.add_subcommand("federation", "relationships with other trust domains")->require_subcommand(1);
  federation->add_subcommand("list", "all of them, one line each")->callback([&a] {
    a.command = [&a] { return federation_list(a.global); };
  });
  CLI::App* show = federation->add_subcommand("show", "everything about one");
  show->add_option("trust_domain", a.trust_domain, "which")->required();
  show->callback([&a] { a.command = [&a] { return federation_show(a.global, a.trust_domain); }; });
  CLI::App* refresh = federation->add_subcommand("refresh", "polls now: the named ones, or all");
  refresh->add_option("trust_domain", a.trust_domains, "which");
  refresh->callback([&a] { a.command = [&a] { return federation_refresh(a.global, a.trust_domains); }; });
  CLI::App* accept = federation->add_subcommand("accept", "takes the next good fetch whatever its sequence, once");
  accept->add_option("trust_domain", a.trust_domain, "which")->required();
  accept->add_option("--reason", a.reason, "why; it goes on record")->required();
  accept->callback([&a] { a.command = [&a] { return federation_accept(a.global, a.trust_domain, a.reason); }; });
}

void add_workload(CLI::App& app, Arguments& a) {
  CLI::App* svid = app.add_subcommand("svid", "X509-SVIDs")->require_subcommand(1);
  CLI::App* fetch = svid->add_subcommand("fetch", "this process's X509-SVIDs, from a Workload API");
  fetch->add_option("--write", a.folder, "write svid.N.pem, svid.N.key, bundle.N.pem, federated_bundle.N.M.pem there");
  fetch->callback([&a, fetch] {
    a.command = [&a, fetch] {
      const auto folder = given(*fetch, "--write", a.folder);
      return svid_fetch(a.global, folder ? std::optional<std::filesystem::path>(*folder) : std::nullopt);
    };
  });
  svid->add_subcommand("watch", "prints every update until interrupted")->callback([&a] {
    a.command = [&a] { return svid_watch(a.global); };
  });

  CLI::App* jwt = app.add_subcommand("jwt", "JWT-SVIDs")->require_subcommand(1);
  CLI::App* fetch_jwt = jwt->add_subcommand("fetch", "this process's JWT-SVIDs, from a Workload API");
  fetch_jwt->add_option("--audience", a.audiences, "for whom; may be given several times")
      ->required()
      ->expected(1)
      ->take_all();
  fetch_jwt->add_option("--spiffe-id", a.spiffe_id, "of this identity alone");
  fetch_jwt->callback([&a, fetch_jwt] {
    a.command = [&a, fetch_jwt] {
      return jwt_fetch(a.global, a.audiences, given(*fetch_jwt, "--spiffe-id", a.spiffe_id));
    };
  });
  CLI::App* validate = jwt->add_subcommand("validate", "has the Workload API validate a JWT-SVID");
  validate->add_option("--audience", a.audience, "who we are to the token")->required();
  validate->add_option("token", a.token, "the JWT-SVID")->required();
  validate->callback([&a] { a.command = [&a] { return jwt_validate(a.global, a.audience, a.token); }; });
}

// CLI11 asks for a command before it looks at what was given in its place.
std::string usage_message(const CLI::App* app, const CLI::Error& error) {
  const std::vector<std::string> unknown = app->remaining(true);
  const bool command_expected = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !unknown.empty();
  const std::string what = command_expected ? "unknown command or argument: " + unknown.front() : error.what();
  return "entente: " + printable(what) + "\nRun with --help for more information.\n";
}

int run(int argc, char** argv) {
  CLI::App app("The federation edge of a SPIFFE trust domain.", "entente");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "entente " + version());
  app.failure_message(usage_message);
  Arguments a;
  std::string socket, admin_socket;
  app.add_option("--output", a.output, "text or json")->check(CLI::IsMember({"text", "json"}));
  app.add_option("--socket", socket, "the Workload API's; else SPIFFE_ENDPOINT_SOCKET");
  app.add_option("--admin-socket", admin_socket, "the admin API's; else ENTENTE_ADMIN_SOCKET");
  app.add_option("--timeout", a.timeout, "how long an answer may take, like 30s");
  add_daemons(app, a);
  add_health(app, a);
  add_bundle(app, a);
  add_federation(app, a);
  add_workload(app, a);
  app.add_subcommand("version", "what this is")->callback([&a] {
    a.command = [&a] {
      if (a.global.output == Output::json)
        print_json({{"version", version()}});
      else
        std::cout << "entente " << version() << '\n';
      return static_cast<int>(exit_done);
    };
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_done : exit_usage;
  }
  a.global.output = a.output == "json" ? Output::json : Output::text;
  a.global.socket = given(app, "--socket", socket);
  a.global.admin_socket = given(app, "--admin-socket", admin_socket);
  const Result<Duration> timeout = parse_duration(a.timeout);
  if (!timeout || *timeout == Duration::zero())
    return fail_usage("--timeout: " + (timeout ? "must be more than 0" : timeout.error().message()));
  a.global.timeout = *timeout;
  return a.command();
}

}  // namespace
}  // namespace entente::cli

int main(int argc, char** argv) { return entente::cli::run(argc, argv); }
