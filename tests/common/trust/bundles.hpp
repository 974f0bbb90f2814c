// Bundles for tests, named by what is in them: make_bundle({.x509 = {"A", "B"}, .sequence = 7}). The same name is the
// same authority within one process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/spiffe/bundle.hpp"
#include "common/trust/record.hpp"

namespace entente::test {

// All authorities are valid in this time.
Time authorities_begin();
Time authorities_end();

spiffe::TrustDomain domain(const std::string& name);

struct BundleSpec {
  std::vector<std::string> x509 = {};
  std::vector<std::string> jwt = {};
  std::vector<std::string> wit = {};
  std::optional<std::uint64_t> sequence = std::nullopt;
  std::optional<std::chrono::seconds> hint = std::nullopt;
  std::string trust_domain = "b.test";
};
spiffe::BundlePtr make_bundle(const BundleSpec& spec);

// A record as after a first clean fetch.
trust::BundleRecord fetched(const spiffe::BundlePtr& bundle, Time at);

}  // namespace entente::test
