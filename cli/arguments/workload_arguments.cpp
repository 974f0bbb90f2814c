#include "cli/arguments/arguments.hpp"
#include "cli/commands/commands.hpp"

namespace entente::cli {
namespace {

void add_svid(CLI::App& app, CommandLine& line) {
  const auto folder = std::make_shared<std::string>();
  CLI::App* svid = app.add_subcommand("svid", "X509-SVIDs, from a Workload API: fetch, watch; from files: id, verify")
                       ->require_subcommand(1);
  CLI::App* fetch = svid->add_subcommand("fetch", "this process's X509-SVIDs, from a Workload API");
  fetch->add_option("--write", *folder, "write svid.N.pem, svid.N.key, bundle.N.pem, federated_bundle.N.M.pem there");
  fetch->callback([&line, folder, fetch] {
    line.command = [&line, folder, fetch] {
      const auto wanted = given(*fetch, "--write", *folder);
      return svid_fetch(line.global, wanted ? std::optional<std::filesystem::path>(*wanted) : std::nullopt);
    };
  });
  svid->add_subcommand("watch", "prints every update until interrupted")->callback([&line] {
    line.command = [&line] { return svid_watch(line.global); };
  });
  add_svid_reading(*svid, line);
}

void add_jwt(CLI::App& app, CommandLine& line) {
  struct Values {
    std::vector<std::string> audiences;
    std::string spiffe_id, audience, token;
  };
  const auto values = std::make_shared<Values>();
  CLI::App* jwt =
      app.add_subcommand("jwt", "JWT-SVIDs, from a Workload API: fetch, validate; by a bundle in a file: verify")
          ->require_subcommand(1);
  CLI::App* fetch = jwt->add_subcommand("fetch", "this process's JWT-SVIDs, from a Workload API");
  fetch->add_option("--audience", values->audiences, "for whom; may be given several times")
      ->required()
      ->expected(1)
      ->take_all();
  fetch->add_option("--spiffe-id", values->spiffe_id, "of this identity alone");
  fetch->callback([&line, values, fetch] {
    line.command = [&line, values, fetch] {
      return jwt_fetch(line.global, values->audiences, given(*fetch, "--spiffe-id", values->spiffe_id));
    };
  });
  CLI::App* validate = jwt->add_subcommand("validate", "has the Workload API validate a JWT-SVID");
  validate->add_option("--audience", values->audience, "who we are to the token")->required();
  validate
      ->add_option("token", values->token,
                   "the JWT-SVID; @FILE or - for stdin, where others of this host are not to see it")
      ->required();
  validate->callback([&line, values] {
    line.command = [&line, values] { return jwt_validate(line.global, values->audience, values->token); };
  });
  add_jwt_reading(*jwt, line);
}

}  // namespace

void add_workload(CLI::App& app, CommandLine& line) {
  add_svid(app, line);
  add_jwt(app, line);
}

}  // namespace entente::cli
