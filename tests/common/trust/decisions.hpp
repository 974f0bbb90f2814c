// Short ways to decide in tests, and to look at what was decided: each throws, and so fails the test, when the decision
// is another one.
#pragma once

#include "common/trust/decision.hpp"
#include "tests/common/trust/bundles.hpp"

namespace entente::test {

const Time decided_at = from_unix_seconds(1'800'003'600);
const Time held_since = decided_at - std::chrono::hours(1);
const trust::Provenance endpoint{"https://b.example/", "192.0.2.1:443", "f1f2"};

inline trust::Decision decide(const std::optional<trust::BundleRecord>& current, const BundleSpec& candidate,
                              const trust::Rules& rules = {}) {
  return trust::decide_fetched(decided_at, current ? &*current : nullptr, {make_bundle(candidate), endpoint}, rules);
}
inline trust::Decision decide(const std::optional<trust::BundleRecord>& current, const BundleSpec& candidate,
                              trust::ChangePolicy policy) {
  return decide(current, candidate, trust::Rules{.policy = policy});
}

inline trust::BundleRecord accepted(const trust::Decision& decision) { return std::get<trust::Accept>(decision).next; }
inline trust::BundleRecord waiting(const trust::Decision& decision) { return std::get<trust::Hold>(decision).next; }
inline Error refused(const trust::Decision& decision) { return std::get<trust::Refuse>(decision).reason; }

// "accept", "hold", "unchanged", "waits already", or the code of the refusal.
inline std::string outcome(const trust::Decision& decision) {
  if (std::holds_alternative<trust::Accept>(decision)) return "accept";
  if (std::holds_alternative<trust::Hold>(decision)) return "hold";
  if (const auto* same = std::get_if<trust::Unchanged>(&decision)) return same->held ? "waits already" : "unchanged";
  return std::string(to_string(refused(decision).code()));
}

inline trust::BundleRecord in_use(const BundleSpec& spec) { return fetched(make_bundle(spec), held_since); }
inline trust::BundleRecord with_word(const trust::BundleRecord& record) {
  return trust::with_accept_next(record, {"peer was rebuilt", "uid 1000", held_since});
}
inline std::string digest(const BundleSpec& spec) { return spiffe::authorities_digest(*make_bundle(spec)); }

}  // namespace entente::test
