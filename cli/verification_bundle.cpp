#include "cli/verification_bundle.hpp"

#include <algorithm>
#include <filesystem>

#include "cli/input.hpp"
#include "cli/print.hpp"
#include "common/spiffe/bundle_set.hpp"

namespace entente::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files = 20'000;  // of a folder: a node's whole federation
constexpr std::size_t most_named = 8;

spiffe::Violation no_bundle(std::string message) {
  return {"no_bundle", "SPIFFE Trust Domain and Bundle 3", std::move(message)};
}

std::string listed(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const std::size_t more = names.size() - std::min(names.size(), most_named);
  names.resize(names.size() - more);
  if (names.empty()) return "of no trust domain at all";
  return "of " + joined(names, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

// `svid fetch --write` numbers its files, and a number says nothing of a trust domain.
bool is_numbered(const std::string& stem) {
  return stem.starts_with("bundle.") || stem.starts_with("svid.") || stem.starts_with("federated_bundle.");
}

// The trust domains that files of the folder are named after.
std::vector<std::string> domains_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  fs::directory_iterator entry(folder, failed);
  for (std::size_t i = 0; !failed && entry != fs::directory_iterator() && i < most_files;
       ++i, entry.increment(failed)) {
    const fs::path name = entry->path().filename();
    const std::string stem = name.stem().string(), extension = name.extension().string();
    if ((extension == ".json" || extension == ".pem") && !is_numbered(stem) && spiffe::TrustDomain::parse(stem))
      names.push_back(stem);
  }
  return names;
}

spiffe::Violation missing_in_folder(const fs::path& folder, const spiffe::TrustDomain& wanted) {
  std::error_code ignored;
  std::string message = folder.string() + " holds no " + wanted.name() + ".json and no " + wanted.name() +
                        ".pem; there are bundles " + listed(domains_in(folder));
  if (fs::exists(folder / "bundle.0.pem", ignored))
    message += ". Where `svid fetch --write` wrote this folder, give " + (folder / "bundle.0.pem").string();
  return no_bundle(std::move(message));
}

void note(const spiffe::BundleDocument& document, const std::string& source, spiffe::Violations& notes) {
  constexpr std::size_t most = 5;
  for (std::size_t i = 0; i < std::min(document.ignored.size(), most); ++i)
    notes.push_back({"keys_passed_over", "", source + ": " + document.ignored[i]});
  if (document.ignored.size() > most)
    notes.push_back(
        {"keys_passed_over", "", source + ": and " + std::to_string(document.ignored.size() - most) + " more"});
  if (document.without_use)
    notes.push_back({"keys_without_use", "SPIFFE Trust Domain and Bundle 4.2.2",
                     source + ": its keys do not say their use, and are taken for JWT keys"});
}

Result<BundleChoice> choose_from_file(const std::string& path, const std::optional<spiffe::TrustDomain>& given,
                                      const spiffe::TrustDomain& wanted) {
  const Result<std::string> content = read_whole(path);
  if (!content) return content.error().within("--bundle");
  const std::string name = name_of_input(path);
  const Result<spiffe::BundleDocument> document = spiffe::parse_bundle_document(given.value_or(wanted), *content);
  if (!document) return document.error().within("--bundle: " + name);
  if (document->map && given)
    return Error(Errc::invalid_argument, "--trust-domain: not for a bundle map, which says it itself: " + name);
  BundleChoice choice{.bundle = {}, .source = name, .assumed = !document->map && !given, .missing = {}, .notes = {}};
  note(*document, name, choice.notes);
  if (const auto found = document->bundles.find(wanted); found != document->bundles.end()) {
    choice.bundle = found->second;
    return choice;
  }
  std::vector<std::string> names;
  for (const auto& [domain, bundle] : document->bundles) names.push_back(domain.name());
  choice.missing = no_bundle(name + " has no bundle of " + wanted.name() + "; it has that " + listed(std::move(names)));
  return choice;
}

Result<BundleChoice> choose_from_folder(const fs::path& folder, const spiffe::TrustDomain& wanted) {
  for (const char* extension : {".json", ".pem"}) {
    const fs::path file = folder / (wanted.name() + extension);
    std::error_code failed;
    if (fs::exists(file, failed) || failed) return choose_from_file(file.string(), wanted, wanted);
  }
  return BundleChoice{.bundle = {},
                      .source = folder.string(),
                      .assumed = false,
                      .missing = missing_in_folder(folder, wanted),
                      .notes = {}};
}

}  // namespace

Result<BundleChoice> choose_bundle(const std::string& path, const std::optional<spiffe::TrustDomain>& given,
                                   const spiffe::TrustDomain& wanted) {
  std::error_code failed;
  if (path == "-" || !fs::is_directory(path, failed)) return choose_from_file(path, given, wanted);
  if (given)
    return Error(Errc::invalid_argument,
                 "--trust-domain: not for a folder, whose files are named after theirs: " + path);
  return choose_from_folder(path, wanted);
}

}  // namespace entente::cli
