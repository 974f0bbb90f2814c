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
std::string write_bundle_set(const BundleSet& bundles);

}  // namespace entente::spiffe
