// The decisions of a peer's loop, without its I/O: pure functions of values and `now`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/spiffe/bundle_json.hpp"
#include "common/trust/relationship.hpp"
#include "common/trust/snapshot.hpp"
#include "common/trust/status.hpp"
#include "syncer/fetch/fetcher.hpp"

namespace entente::syncer {

// What the endpoint must prove: the relationship's roots, or the newest bundle held of the endpoint ID's own trust
// domain, which need not be the relationship's (FC-8, FC-9). Errc::no_bootstrap_bundle when nothing held can validate
// it.
Result<Anchors> anchors_for(const trust::Relationship& relationship, const trust::Snapshot& snapshot);

// The bundle in an endpoint's answer, in words for an operator when there is none.
Result<spiffe::ParsedBundle> read_document(const spiffe::TrustDomain& trust_domain, std::string_view body);

trust::Attempts after_success(trust::Attempts before, Time attempted, Time now, std::string served_by);
trust::Attempts after_failure(trust::Attempts before, Time attempted, Error error);

// Why a poll failed in which no URL served: one error for each URL, in their order. The first URL's code; each URL's
// reason.
Error all_failed(const std::vector<trust::EndpointUrl>& urls, const std::vector<Error>& errors);

// Whether a failure deserves a log line: the first, another than before, and every tenth of the same.
bool worth_logging(const trust::Attempts& before, const Error& error);

// Whether what is wanted asks for the same polling as what runs, so that a loop may go on undisturbed.
bool same_relationship(const trust::Relationship& running, const trust::Relationship& wanted);

}  // namespace entente::syncer
