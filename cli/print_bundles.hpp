// Bundles, the rotation of our own, and signed files. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/print.hpp"
#include "cli/views.hpp"

namespace entente::cli {

Json to_json(const spiffe::Bundle& bundle);
std::string bundle_text(const spiffe::Bundle& bundle, Time now, const Paint& paint);
// The bundle and where it comes from: null where that is no other process.
Json to_json(const BundleView& view);
std::string bundle_text(const BundleView& view, Time now, const Paint& paint);
// A line each.
std::string bundles_text(const std::vector<BundleView>& bundles, Time now, const Paint& paint);

// An object for each new authority; the clients that lag are the same in each.
Json to_json(const RotationView& rotation);
// `now_used`: the authorities are in use from now on, and who may not have them yet matters.
std::string rotation_text(const RotationView& rotation, bool now_used, Time now, const Paint& paint);

Json to_json(const ExportView& file);
Json to_json(const ImportView& file);
std::string import_text(const ImportView& file, const Paint& paint);

}  // namespace entente::cli
