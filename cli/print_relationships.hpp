// Relationships on the screen and as JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/print.hpp"
#include "cli/views.hpp"

namespace entente::cli {

// README, How to read the status: the status fields, in their order.
Json status_json(const RelationshipView& relationship);
// The status fields, then the digest of what waits for approval, or null.
Json list_json(const RelationshipView& relationship);
// The status fields, then the definition's rest and what waits for approval.
Json to_json(const RelationshipView& relationship);

// A line each. `width`: of the terminal, 0 for none.
std::string relationships_text(const std::vector<RelationshipView>& relationships, Time now, const Paint& paint,
                               std::size_t width);
// Everything about one, with the command that approves what waits.
std::string relationship_text(const RelationshipView& relationship, Time now, const Paint& paint);

// What must not be overlooked in a list, a line each: which changes wait for approval, and which peers are in trouble.
// "" where all is well.
std::string trouble(const std::vector<RelationshipView>& relationships, const Paint& paint);

}  // namespace entente::cli
