// What the running Entente knows, and what was seen: all that the examination judges. Values.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/spiffe/bundle.hpp"
#include "common/trust/polling.hpp"
#include "common/trust/relationship.hpp"
#include "syncer/doctor/seen.hpp"
#include "syncer/fetch/fetcher.hpp"

namespace entente::syncer::doctor {

// One of the latest entries of a trust domain's history.
struct Event {
  Time at;
  std::string action;  // trust::to_string(HistoryAction)
  std::optional<std::uint64_t> sequence;
  std::string reason;
};

struct ErrorFact {
  std::string code, message;
};

struct HeldFact {
  std::string digest, why;
  std::optional<Time> since;
};

// A relationship as the syncer tells of it.
struct RelationshipFacts {
  RelationshipFacts(spiffe::TrustDomain domain, trust::EndpointProfile endpoint_profile)
      : trust_domain(std::move(domain)), profile(std::move(endpoint_profile)) {}

  spiffe::TrustDomain trust_domain;
  trust::EndpointProfile profile;
  std::vector<trust::EndpointUrl> urls;
  bool allow_private_redirects = false;
  spiffe::BundlePtr bundle;  // in use; null: none
  spiffe::BundlePtr anchor;  // https_spiffe: what the endpoint is judged by, of the ID's trust domain; null: none
  std::string state;         // trust::to_string(RelationshipState); "": the server does not say (SPIRE's)
  std::vector<std::string> warnings;
  std::optional<ErrorFact> last_error;
  std::optional<Time> last_success, next_attempt;
  std::uint32_t consecutive_failures = 0;
  std::optional<HeldFact> held;
  std::vector<Event> events;  // the oldest first
};

// The trust anchors as the poller has them; null where there is no bundle to judge an SVID by.
std::optional<Anchors> anchors_of(const RelationshipFacts& facts);

// A client of our own endpoint, as its server's telemetry tells.
struct Poller {
  std::string address;  // without a port; an IPv6 network as "2001:db8::/64"
  Time last_seen;
};

// What of our own side a relationship is judged with.
struct OurSide {
  trust::PollingPolicy polling;
  bool polling_known = false;  // else it holds the defaults
  // Null: our endpoint's clients cannot be seen from here.
  std::optional<std::vector<Poller>> pollers;
  std::optional<std::chrono::seconds> our_hint;
};

// Our own endpoint as the configuration has it.
struct OwnEndpointFacts {
  OwnEndpointFacts(spiffe::TrustDomain domain, trust::EndpointProfile endpoint_profile)
      : trust_domain(std::move(domain)), profile(std::move(endpoint_profile)) {}

  spiffe::TrustDomain trust_domain;
  trust::EndpointProfile profile;  // https_web: the system's roots
  spiffe::BundlePtr bundle;        // ours in use; null: not known
  // Whether it was asked under the name that peers use; else under the address that it listens on, for which a web
  // certificate need not be.
  bool by_public_name = false;
};

// The other process that our own bundle comes from, as the syncer tells of it.
struct LocalSourceFacts {
  std::string address;
  std::optional<Time> confirmed;  // when it last said that the bundle in use is its own; null: not since the start
  std::string problem;            // why it does not now; "": it does
};

// A file or a socket of this host's own.
enum class FileKind { admin_socket, workload_socket, data_dir, publication, private_key };
struct FileSeen {
  FileKind kind = FileKind::data_dir;
  std::filesystem::path path;
  std::optional<Error> error;  // why nothing is known of it
  mode_t mode = 0;             // permission bits
  // The first folder above it that others may not enter; "": none.
  std::filesystem::path closed_folder;
  bool group_expected = false;  // admin_socket: the configuration names a group
};

}  // namespace entente::syncer::doctor
