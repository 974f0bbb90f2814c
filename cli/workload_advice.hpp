// What to do when a Workload API gave no answer, or not the one hoped for: which socket, which user, what was said, and
// the next step. For the commands `svid` and `jwt`.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "cli/options.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace entente::cli {

// A socket as this process finds it.
struct SocketFacts {
  enum class State {
    missing,        // no such file, or no such folder
    hidden,         // a folder on the way may not be searched
    no_socket,      // something else
    not_permitted,  // this user may not connect
    not_listening,  // a socket that a process left behind
    listening,
    unknown,  // anything else
  };
  State state = State::unknown;
  std::string path;
  unsigned mode = 0;         // permission bits, where it is there
  std::string owner, group;  // names, or numbers where there are none
};

struct Self {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string user;  // the name, or the number where there is none
};

// Looks at the socket of a target such as "unix:/run/agent.sock", and knocks once; null for a TCP address.
std::optional<SocketFacts> look_at_socket(const std::string& target);
Self look_at_self();

// `failure` as the client reports it, with what to do about it. Pure.
Error with_advice(const Error& failure, const std::optional<SocketFacts>& socket, const Self& self, Duration timeout);

// Prints what failed and what to do; exit_failed, or exit_usage where the failure is a mistake of usage.
int fail_workload(const std::string& target, const Error& failure, const GlobalOptions& options);

}  // namespace entente::cli
