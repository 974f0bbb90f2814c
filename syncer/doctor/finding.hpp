// What a look at a relationship came to: one value for each check, good or bad.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace entente::syncer::doctor {

enum class Severity {
  ok,       // checked and good: what was seen; or not to be seen from here at all
  note,     // not checked, though it could be: nobody may take it for good
  warning,  // works now, and will not for long or for all
  problem,  // does not work
};
std::string_view to_string(Severity severity);  // "warning"

struct Finding {
  std::string check;  // which check, for machines: "dns", "tls", "sequence", ...; the list is in examine.hpp
  Severity severity = Severity::ok;
  std::string trust_domain;  // the peer's; "" where it is about this host itself
  std::string what;          // in words; holds what strangers sent, so it is for printable() before a terminal
  std::string what_to_do;    // "" for Severity::ok; else how to mend it, or to have it checked
  friend bool operator==(const Finding&, const Finding&) = default;
};

// Collects the findings about one trust domain, in the order of the checks.
class Findings {
 public:
  explicit Findings(std::string trust_domain = "") : trust_domain_(std::move(trust_domain)) {}

  void ok(std::string check, std::string what);
  void note(std::string check, std::string what, std::string what_to_do);
  void warning(std::string check, std::string what, std::string what_to_do);
  void problem(std::string check, std::string what, std::string what_to_do);

  const std::string& trust_domain() const { return trust_domain_; }
  const std::vector<Finding>& all() const { return found_; }

 private:
  std::string trust_domain_;
  std::vector<Finding> found_;
};

// Problems first, then warnings, then notes; otherwise as they were found.
std::vector<Finding> worst_first(std::vector<Finding> findings);
// A problem or a warning.
bool any_to_act_on(const std::vector<Finding>& findings);

}  // namespace entente::syncer::doctor
