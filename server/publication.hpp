// The publication as the endpoint serves it: the bytes of the file that the syncer wrote, with every header ready.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/spiffe/trust_domain.hpp"

namespace entente::server {

// Immutable; swapped whole when the file changes. Serving one is a write of prepared bytes, to which only Date is
// added.
struct Publication {
  std::string etag;          // strong: the quoted SHA-256 of the document, in hex
  std::string ok;            // 200 with headers and body
  std::size_t ok_head_size;  // how much of `ok` answers a HEAD
  std::string not_modified;  // 304 with its headers
};
using PublicationPtr = std::shared_ptr<const Publication>;

// Checks that the document is a bundle of this trust domain's before it is served: a damaged file never replaces a good
// one.
Result<PublicationPtr> prepare_publication(const spiffe::TrustDomain& trust_domain, std::string_view document);

// publish_dir/<trust domain>.json
std::filesystem::path publication_path(const std::filesystem::path& publish_dir,
                                       const spiffe::TrustDomain& trust_domain);

}  // namespace entente::server
