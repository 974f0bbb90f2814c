// The SPIFFE bundle map (Trust Domain and Bundle 4.3): bundles of several trust domains in one document, never merged.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/spiffe/bundle_json.hpp"

namespace entente::spiffe {

using BundleSet = std::map<TrustDomain, BundlePtr>;

struct ParsedBundleSet {
  BundleSet bundles;
  IgnoredKeys ignored;
};

// `{"trust_domains": {"a.test": {JWK Set}, ...}}`; a missing `trust_domains` is Errc::schema, an empty one is legal
// (TB-9). Per-bundle hints are not acted on: they come out unset (TB-11).
Result<ParsedBundleSet> parse_bundle_set(std::string_view json);

// A document as people have them: a SPIFFE bundle or an X.509 authority's PEM or DER, which are taken as the bundle of
// `assumed`, since they do not say whose they are; or a bundle map. A JWK Set whose keys name no use, as Workload API
// JWT bundles and OIDC providers write it, is read for its JWT keys where nothing else is in it.
struct BundleDocument {
  BundleSet bundles;
  IgnoredKeys ignored;
  bool map = false;
  bool without_use = false;
};
Result<BundleDocument> parse_bundle_document(const TrustDomain& assumed, std::string_view content);

std::string write_bundle_set(const BundleSet& bundles);

}  // namespace entente::spiffe
