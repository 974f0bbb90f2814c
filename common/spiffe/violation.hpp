// A broken rule of the standards, as a value: what inspection and verification of SVIDs collect.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace entente::spiffe {

struct Violation {
  std::string code;     // "uri_san_count", "leaf_is_ca", ...: stable, for machines (docs/verify.md)
  std::string section;  // "X509-SVID 2"; "" where it is no standard's rule, but a limit or a setting of ours
  std::string message;
  friend bool operator==(const Violation&, const Violation&) = default;
};
using Violations = std::vector<Violation>;

// What a person does about a code; "" for one that is not known.
std::string_view what_to_do(std::string_view code);

// Every code that an inspection or a verification may tell, for those who list them.
std::vector<std::string_view> known_codes();

}  // namespace entente::spiffe
