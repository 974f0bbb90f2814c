// From what the Workload API said to the bytes of a set of files: decided purely.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/secret.hpp"
#include "common/base/time.hpp"
#include "common/client/workload_client.hpp"
#include "workload/helper/helper_config.hpp"

namespace entente::helper {

struct Token {
  std::string text;
  Time expires_at;
};
using BundleSetPtr = std::shared_ptr<const spiffe::BundleSet>;

// What is held of the Workload API's answers. Null and absent: not there yet.
struct Material {
  client::X509ContextPtr x509;
  BundleSetPtr x509_bundles;  // where no file needs an identity
  BundleSetPtr jwt_bundles;
  std::map<std::vector<std::string>, Token> tokens;        // by audience
  std::map<std::filesystem::path, SecretBytes> passwords;  // of PKCS#12, by the file they stood in
};

// One file to write.
struct RenderedFile {
  std::string name;
  SecretBytes content;
  mode_t mode = 0600;
  std::optional<uid_t> owner;
  std::optional<gid_t> group;
  std::string digest;  // of what it was made from: PKCS#12 is never made twice alike
};

struct FileSet {
  std::vector<RenderedFile> files;
  std::string digest;                   // equal for sets that say the same
  std::optional<Time> svid_expires_at;  // of the X509-SVID in it
  std::optional<Time> expires_at;       // the first end of an SVID in it, X.509 or JWT
  std::string spiffe_id;                // "" without an identity
};

// Which of the Workload API's calls the files need.
struct Needs {
  bool identity = false;      // FetchX509SVID; bundles come with it
  bool x509_bundles = false;  // FetchX509Bundles
  bool jwt_bundles = false;
  std::vector<std::vector<std::string>> audiences;  // each once
};
Needs needs_of(const HelperConfig& config);

// The identity that the configuration names; not_found says which there are.
Result<const spiffe::X509Svid*> choose_svid(const HelperConfig& config, const client::X509Context& context);
Result<const client::JwtSvid*> choose_svid(const HelperConfig& config, const std::vector<client::JwtSvid>& svids);

// The whole set, or why there is none: Errc::unavailable for what is not there yet, Errc::expired for an SVID that is
// past its end, which must never take a valid one's place.
Result<FileSet> render(const HelperConfig& config, const Material& material, Time now);

}  // namespace entente::helper
