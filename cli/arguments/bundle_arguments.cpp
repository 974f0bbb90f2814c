#include "cli/arguments/arguments.hpp"
#include "cli/commands/commands.hpp"

namespace entente::cli {
namespace {

struct Values {
  std::string trust_domain, format, file, fingerprint, mode = "restrict";
  bool x509 = false, jwt = false, now = false;
};
using ValuesPtr = std::shared_ptr<Values>;

std::optional<BundleFormat> format_of(const std::string& name) {
  if (name == "spiffe") return BundleFormat::spiffe;
  if (name == "pem") return BundleFormat::pem;
  if (name == "text") return BundleFormat::text;
  return std::nullopt;
}

DeleteMode mode_of(const std::string& name) {
  if (name == "dissociate") return DeleteMode::dissociate;
  return name == "delete" ? DeleteMode::erase : DeleteMode::restrict;
}

void add_reading(CLI::App& bundle, CommandLine& line, const ValuesPtr& v) {
  CLI::App* show = bundle.add_subcommand("show", "a bundle in use; our own without a trust domain");
  show->add_option("trust_domain", v->trust_domain, "whose bundle");
  show->add_option("--format", v->format, "spiffe, pem or text")->check(CLI::IsMember({"spiffe", "pem", "text"}));
  show->callback([&line, v] {
    line.command = [&line, v] { return bundle_show(line.global, v->trust_domain, format_of(v->format)); };
  });
  bundle.add_subcommand("list", "all bundles in use, one line each, our own first")->callback([&line] {
    line.command = [&line] { return bundle_list(line.global); };
  });
  bundle.add_subcommand("count", "how many bundles are in use, our own included")->callback([&line] {
    line.command = [&line] { return bundle_count(line.global); };
  });
}

void add_changing(CLI::App& bundle, CommandLine& line, const ValuesPtr& v) {
  CLI::App* set = bundle.add_subcommand("set", "puts a trust domain's bundle in use, whether or not it is polled");
  set->add_option("trust_domain", v->trust_domain, "whose bundle")->required();
  set->add_option("file", v->file, "SPIFFE format or PEM; - is stdin")->required();
  set->callback(
      [&line, v] { line.command = [&line, v] { return bundle_set(line.global, v->trust_domain, v->file); }; });
  CLI::App* remove =
      bundle.add_subcommand("delete", "withdraws a trust domain's bundle; a relationship fetches it anew");
  remove->add_option("trust_domain", v->trust_domain, "whose bundle")->required();
  remove
      ->add_option("--mode", v->mode,
                   "what becomes of entries that federate with it: restrict (refuse while there are any, the "
                   "default), dissociate, delete")
      ->check(CLI::IsMember({"restrict", "dissociate", "delete"}));
  remove->callback([&line, v] {
    line.command = [&line, v] { return bundle_delete(line.global, v->trust_domain, mode_of(v->mode)); };
  });
  CLI::App* rotate = bundle.add_subcommand("rotate", "prepares new authorities and says when they will be used");
  rotate->add_flag("--x509", v->x509, "the X.509 authority (default: both)");
  rotate->add_flag("--jwt", v->jwt, "the JWT authority (default: both)");
  rotate->add_flag("--now", v->now,
                   "use them at once: peers that have not polled yet, which it names, refuse what they sign");
  rotate->callback(
      [&line, v] { line.command = [&line, v] { return bundle_rotate(line.global, v->x509, v->jwt, v->now); }; });
}

void add_exchange(CLI::App& bundle, CommandLine& line, const ValuesPtr& v) {
  CLI::App* write = bundle.add_subcommand("export", "our bundle as a signed file, for a peer that cannot fetch it");
  write->add_option("file", v->file, "where to; default stdout");
  write->callback([&line, v] { line.command = [&line, v] { return bundle_export(line.global, v->file); }; });
  CLI::App* read = bundle.add_subcommand("import", "a peer's signed file, through the same policy as a fetched bundle");
  read->add_option("file", v->file, "what the peer's `bundle export` wrote; - is stdin")->required();
  read->add_option("--fingerprint", v->fingerprint,
                   "SHA-256 of the signing certificate, where no bundle is held to verify it with");
  read->callback(
      [&line, v] { line.command = [&line, v] { return bundle_import(line.global, v->file, v->fingerprint); }; });
}

}  // namespace

void add_bundle(CLI::App& app, CommandLine& line) {
  CLI::App* bundle =
      app.add_subcommand("bundle", "trust bundles: show, list, count, set, delete, rotate, export, import")
          ->require_subcommand(1);
  const auto values = std::make_shared<Values>();
  add_reading(*bundle, line, values);
  add_changing(*bundle, line, values);
  add_exchange(*bundle, line, values);
}

}  // namespace entente::cli
