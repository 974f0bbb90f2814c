#include <iostream>

#include "cli/admin_client.hpp"
#include "cli/commands/commands.hpp"
#include "cli/print_bundles.hpp"
#include "common/spiffe/bundle_json.hpp"

namespace entente::cli {
namespace {

Time current() { return std::chrono::system_clock::now(); }

void print(const spiffe::Bundle& bundle, Output output) {
  if (output == Output::json)
    print_json(to_json(bundle));
  else
    std::cout << bundle_text(bundle, current(), paint_for_stdout());
}

}  // namespace

int bundle_show(const GlobalOptions& options, const std::string& trust_domain, std::optional<BundleFormat> format) {
  const auto domain = trust_domain.empty() ? Result<std::string>(std::string()) : read_trust_domain(trust_domain);
  if (!domain) return fail(domain.error());
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto view = client->bundle(*domain);
  if (!view) return fail_refused(view.error());
  if (!format && options.output == Output::json)
    print_json(to_json(*view));
  else if (format == BundleFormat::spiffe)
    std::cout << view->document << '\n';
  else if (format == BundleFormat::pem)
    std::cout << spiffe::write_pem_bundle(view->bundle);
  else
    std::cout << bundle_text(*view, current(), paint_for_stdout());
  return exit_done;
}

int bundle_list(const GlobalOptions& options) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto views = client->bundles();
  if (!views) return fail_refused(views.error());
  if (options.output == Output::json) {
    Json document = Json::array();
    for (const BundleView& view : *views) document.push_back(to_json(view.bundle));
    print_json(document);
  } else {
    std::cout << bundles_text(*views, current(), paint_for_stdout());
  }
  return exit_done;
}

int bundle_count(const GlobalOptions& options) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto count = client->spire().count_bundles();
  if (!count) return fail_refused(count.error());
  if (options.output == Output::json)
    print_json({{"count", *count}});
  else
    std::cout << *count << '\n';
  return exit_done;
}

int bundle_set(const GlobalOptions& options, const std::string& trust_domain, const std::string& file) {
  const auto domain = read_trust_domain(trust_domain);
  if (!domain) return fail(domain.error());
  const auto given = read_bundle_file("file", *domain, file);
  if (!given) return fail(given.error());
  for (const std::string& ignored : given->ignored) std::cerr << "entente: passed over " << printable(ignored) << '\n';
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto set = client->spire().set_bundle(*given->bundle);
  if (!set) return fail_refused(set.error());
  print(set->bundle, options.output);
  return exit_done;
}

int bundle_delete(const GlobalOptions& options, const std::string& trust_domain, DeleteMode mode) {
  const auto domain = read_trust_domain(trust_domain);
  if (!domain) return fail(domain.error());
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const Status deleted = client->spire().delete_bundle(*domain, mode);
  if (!deleted) return fail_refused(deleted.error());
  if (options.output == Output::json)
    print_json({{"trust_domain", *domain}, {"deleted", true}});
  else
    std::cout << *domain << ": its bundle is deleted\n";
  return exit_done;
}

int bundle_rotate(const GlobalOptions& options, bool x509, bool jwt, bool now) {
  const Result<AdminClient> client = AdminClient::connect(options);
  if (!client) return fail(client.error());
  const auto rotation = waiting("preparing new authorities", [&] { return client->entente().rotate(x509, jwt, now); });
  if (!rotation) return fail_entente_only(rotation.error());
  if (options.output == Output::json)
    print_json(to_json(*rotation));
  else
    std::cout << rotation_text(*rotation, now, current(), paint_for_stdout());
  return exit_done;
}

}  // namespace entente::cli
