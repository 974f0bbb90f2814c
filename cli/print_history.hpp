// What is on record of a trust domain, and differences between bundles. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/print.hpp"
#include "cli/views.hpp"

namespace entente::cli {

Json to_json(const trust::AuthorityChange& change);
Json to_json(const HistoryView& entry);
Json to_json(const DiffView& diff);

// "https://b.example/ at 192.0.2.1:8443, certificate 3f2a..."; "-" where nothing is known.
std::string provenance_text(const trust::Provenance& from);
// A line each, indented by two; "  no authority added or removed" where there is none.
std::string changes_text(const std::vector<trust::AuthorityChange>& changes, const Paint& paint);
// Oldest first.
std::string history_text(const std::vector<HistoryView>& entries, Time now, const Paint& paint);
std::string diff_text(const DiffView& diff, const Paint& paint);

}  // namespace entente::cli
