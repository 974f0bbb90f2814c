#include "server/publication.hpp"

#include "common/spiffe/bundle_json.hpp"

namespace entente::server {
namespace {

// Federation 5.2: without a hint, peers poll every five minutes.
constexpr std::chrono::seconds no_hint(300);

std::string cache_fields(const std::string& etag, std::chrono::seconds hint) {
  return "ETag: " + etag + "\r\nCache-Control: max-age=" + std::to_string(hint.count()) + "\r\n";
}

}  // namespace

Result<PublicationPtr> prepare_publication(const spiffe::TrustDomain& trust_domain, std::string_view document) {
  const auto parsed = spiffe::parse_bundle(trust_domain, document);
  if (!parsed) return parsed.error();
  auto publication = std::make_shared<Publication>();
  publication->etag = '"' + spiffe::entity_tag(document) + '"';
  const std::string caching = cache_fields(publication->etag, parsed->bundle.refresh_hint.value_or(no_hint));
  publication->ok =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(document.size()) +
      "\r\n" + caching + "\r\n";
  publication->ok_head_size = publication->ok.size();
  publication->ok += document;
  publication->not_modified = "HTTP/1.1 304 Not Modified\r\n" + caching + "\r\n";
  return PublicationPtr(std::move(publication));
}

std::filesystem::path publication_path(const std::filesystem::path& publish_dir,
                                       const spiffe::TrustDomain& trust_domain) {
  return publish_dir / (trust_domain.name() + ".json");
}

}  // namespace entente::server
