#include "cli/arguments/arguments.hpp"
#include "cli/commands/commands.hpp"

namespace entente::cli {
namespace {

struct Values {
  std::vector<std::string> files{"-"};
  std::string file = "-", token = "-", audience, at, bundle, trust_domain;
};
using ValuesPtr = std::shared_ptr<Values>;

void add_moment(CLI::App& command, const ValuesPtr& v) {
  command.add_option("--at", v->at, "judge another time than now: 2026-11-22T08:58:14Z, 2026-11-22, +24h, or --at=-1h");
}

CLI::Option* add_bundle_options(CLI::App& command, const ValuesPtr& v) {
  command.add_option("--trust-domain", v->trust_domain,
                     "whose bundle it is, where the file does not say; default: the SVID's own");
  return command.add_option("--bundle", v->bundle,
                            "a bundle in SPIFFE format, a PEM file of authorities, a bundle map, or a folder of "
                            "TRUST.DOMAIN.json and TRUST.DOMAIN.pem");
}

VerificationFlags flags_of(const CLI::App& command, const Values& v) {
  VerificationFlags flags;
  flags.at = given(command, "--at", v.at);
  if (command.get_option_no_throw("--bundle") != nullptr) {
    flags.bundle = given(command, "--bundle", v.bundle);
    flags.trust_domain = given(command, "--trust-domain", v.trust_domain);
  }
  return flags;
}

}  // namespace

void add_svid_reading(CLI::App& svid, CommandLine& line) {
  const auto v = std::make_shared<Values>();
  CLI::App* id = svid.add_subcommand("id", "what certificates in files are, and every rule of X509-SVID they break");
  id->add_option("file", v->files, "PEM or DER, a chain leaf first; - is stdin, the default");
  add_moment(*id, v);
  id->callback(
      [&line, v, id] { line.command = [&line, v, id] { return svid_id(line.global, v->files, flags_of(*id, *v)); }; });
  CLI::App* verify = svid.add_subcommand("verify", "whether an X509-SVID in a file is valid, and every reason why not");
  verify->add_option("file", v->file, "PEM or DER, a chain leaf first; - is stdin, the default");
  add_bundle_options(*verify, v);
  add_moment(*verify, v);
  verify->callback([&line, v, verify] {
    line.command = [&line, v, verify] { return svid_verify(line.global, v->file, flags_of(*verify, *v)); };
  });
}

void add_jwt_reading(CLI::App& jwt, CommandLine& line) {
  const auto v = std::make_shared<Values>();
  CLI::App* verify =
      jwt.add_subcommand("verify", "whether a JWT-SVID is valid, by a bundle in a file; every reason why not");
  verify->add_option("token", v->token,
                     "@FILE, or - for stdin, the default; the token itself would be seen by every user of this host in "
                     "the list of processes");
  add_bundle_options(*verify, v)->required();
  verify->add_option("--audience", v->audience, "who we are to the token")->required();
  add_moment(*verify, v);
  verify->callback([&line, v, verify] {
    line.command = [&line, v, verify] { return jwt_verify(line.global, v->token, v->audience, flags_of(*verify, *v)); };
  });
}

}  // namespace entente::cli
