#include <csignal>
#include <iostream>
#include <mutex>

#include "cli/commands/commands.hpp"
#include "cli/print.hpp"
#include "cli/workload_advice.hpp"
#include "common/base/file.hpp"
#include "common/client/endpoint_socket.hpp"
#include "common/client/workload_client.hpp"

namespace entente::cli {
namespace {

namespace fs = std::filesystem;

Json to_json(const spiffe::X509Svid& svid) {
  const crypto::Certificate& leaf = svid.chain.front();
  return {{"spiffe_id", svid.id.str()},
          {"hint", svid.hint.empty() ? Json(nullptr) : Json(svid.hint)},
          {"not_before", format_time(leaf.not_before())},
          {"not_after", format_time(leaf.not_after())},
          {"key", leaf.public_key().describe()},
          {"fingerprint", hex_encode(leaf.fingerprint())},
          {"chain_length", svid.chain.size()}};
}

Json to_json(const client::X509Context& context, const std::vector<fs::path>& written) {
  Json document{{"svids", Json::array()}, {"bundles", Json::array()}};
  for (const spiffe::X509Svid& svid : context.svids) document["svids"].push_back(to_json(svid));
  for (const auto& [domain, bundle] : context.bundles)
    document["bundles"].push_back({{"trust_domain", domain.name()},
                                   {"x509_authorities", bundle->x509_authorities.size()},
                                   {"earliest_expiry", json_time(spiffe::earliest_expiry(*bundle))}});
  if (!written.empty()) {
    document["files"] = Json::array();
    for (const fs::path& path : written) document["files"].push_back(path.string());
  }
  return document;
}

void print_text(const client::X509Context& context, const std::vector<fs::path>& written) {
  const Time now = std::chrono::system_clock::now();
  for (const spiffe::X509Svid& svid : context.svids) {
    const crypto::Certificate& leaf = svid.chain.front();
    std::cout << svid.id.str() << '\n'
              << "  valid until  " << format_time(leaf.not_after()) << " (" << ahead(leaf.not_after(), now) << ")\n"
              << "  key          " << leaf.public_key().describe() << '\n';
    if (!svid.hint.empty()) std::cout << "  hint         " << printable(svid.hint) << '\n';
  }
  for (const auto& [domain, bundle] : context.bundles)
    std::cout << "bundle " << domain.name() << ": " << bundle->x509_authorities.size() << " X.509 authorities\n";
  for (const fs::path& path : written) std::cout << "wrote " << path.string() << '\n';
}

std::string bundle_pem(const client::X509Context& context, const spiffe::TrustDomain& domain) {
  const auto found = context.bundles.find(domain);
  return found == context.bundles.end() ? std::string() : crypto::to_pem(found->second->x509_authorities);
}

// The files of one SVID: svid.N.pem, svid.N.key, bundle.N.pem, federated_bundle.N.M.pem, with SPIRE's numbering.
// The key goes last, so that a reader who waits for it finds the rest.
Status write_svid(const fs::path& folder, std::size_t n, const client::X509Context& context,
                  std::vector<fs::path>& written) {
  const spiffe::X509Svid& svid = context.svids[n];
  const std::string number = std::to_string(n);
  const auto put = [&](const std::string& name, std::string_view content, mode_t mode) {
    const fs::path path = folder / name;
    const Status replaced = replace_file(path, content, mode);
    if (replaced) written.push_back(path);
    return replaced;
  };
  if (const Status s = put("svid." + number + ".pem", crypto::to_pem(svid.chain), 0644); !s) return s;
  if (const Status s = put("bundle." + number + ".pem", bundle_pem(context, svid.id.trust_domain()), 0644); !s)
    return s;
  std::size_t m = 0;
  for (const auto& [domain, bundle] : context.bundles) {
    if (domain == svid.id.trust_domain()) continue;
    const std::string name = "federated_bundle." + number + "." + std::to_string(m++) + ".pem";
    if (const Status s = put(name, crypto::to_pem(bundle->x509_authorities), 0644); !s) return s;
  }
  const SecretBytes key = svid.key->pkcs8_pem();
  return put("svid." + number + ".key", key.text(), 0600);
}

Result<std::vector<fs::path>> write_all(const fs::path& folder, const client::X509Context& context) {
  std::vector<fs::path> written;
  if (const Status made = ensure_folder(folder, 0755); !made) return made.error();
  for (std::size_t n = 0; n < context.svids.size(); ++n)
    if (const Status s = write_svid(folder, n, context, written); !s) return s.error();
  return written;
}

}  // namespace

int svid_fetch(const GlobalOptions& options, const std::optional<fs::path>& folder) {
  const Result<std::string> target = client::find_endpoint_socket(options.socket);
  if (!target) return fail_usage(target.error().message());
  const client::WorkloadClient workload(*target);
  const Result<client::X509Context> context =
      waiting("waiting for the Workload API at " + *target, [&] { return workload.fetch_x509(options.timeout); });
  if (!context) return fail_workload(*target, context.error(), options);
  std::vector<fs::path> written;
  if (folder) {
    Result<std::vector<fs::path>> files = write_all(*folder, *context);
    if (!files) return fail(files.error());
    written = std::move(*files);
  }
  if (options.output == Output::json)
    print_json(to_json(*context, written));
  else
    print_text(*context, written);
  return exit_done;
}

// Each update as it comes: a block of text, or one JSON document a line, until a signal ends it.
int svid_watch(const GlobalOptions& options) {
  const Result<std::string> target = client::find_endpoint_socket(options.socket);
  if (!target) return fail_usage(target.error().message());
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);  // before the watch's thread begins, so that it inherits the mask

  const client::WorkloadClient workload(*target);
  const auto watch = workload.watch_x509(
      [&options](const client::X509ContextPtr& context) {
        if (options.output == Output::json) {
          std::cout << to_json(*context, {}).dump() << std::endl;
          return;
        }
        std::cout << "update at "
                  << format_time(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())) << '\n';
        print_text(*context, {});
        std::cout << std::endl;
      },
      [&options, &target](const Error& error) {
        fail_workload(*target, error, options);
        std::cerr << "entente: trying again\n";
      });
  int signal = 0;
  sigwait(&stop, &signal);
  return exit_done;
}

}  // namespace entente::cli
