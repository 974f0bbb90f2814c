#include "cli/arguments/arguments.hpp"
#include "cli/commands/commands.hpp"

namespace entente::cli {

void add_doctor(CLI::App& app, CommandLine& line) {
  struct Values {
    std::vector<std::string> trust_domains;
    DoctorOptions wanted;
  };
  const auto values = std::make_shared<Values>();
  CLI::App* command = app.add_subcommand("doctor", "what is wrong with relationships, and what to do");
  command->add_option("trust_domain", values->trust_domains, "which; all of them without one");
  command->add_option("-c,--config", values->wanted.config,
                      "configuration file: our own endpoint, sockets and folders are looked at too");
  command->add_option("--endpoint-url", values->wanted.endpoint_url,
                      "our own endpoint as peers name it, in place of the address that it listens on");
  command->add_flag("-v,--verbose", values->wanted.verbose, "also what is in order");
  command->callback([&line, values] {
    line.command = [&line, values] { return run_doctor(line.global, values->trust_domains, values->wanted); };
  });
}

}  // namespace entente::cli
