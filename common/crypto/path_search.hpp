// Finding the paths that a validation may judge. For the sources of crypto only.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/crypto/certificate.hpp"
#include "common/crypto/handles.hpp"
#include "common/crypto/path.hpp"

namespace entente::crypto {

struct PathNode {
  const Certificate* certificate;
  X509Ptr x509;
  bool root;
};
using Path = std::vector<const PathNode*>;

// How a certificate is named in messages: its subject, or its serial number where that is empty.
std::string name_for_people(const Certificate& certificate);

// OpenSSL 3.0 commits to one issuer by its name and key identifier and does not come back when the signature then
// fails. Here every issuer of the right name is tried, and only one whose key made the signature extends a path:
// bundles hold authorities of one name with several keys (SPIRE's do, after every rotation). One search, one thread.
class PathSearch {
 public:
  PathSearch(std::span<const Certificate> chain, std::span<const Certificate> roots);

  // Gives `judge` the paths, leaf first and ending at a root, until it returns true.
  void each(const std::function<bool(const Path&)>& judge);

  // Why no path, or no further one, was found.
  const PathFault& dead_end() const { return dead_end_; }

 private:
  bool extend(Path& path, const std::function<bool(const Path&)>& judge);
  bool issued(const PathNode& child, const PathNode& issuer);
  void note(const PathNode& at, PathProblem problem, std::string_view reason, int rank);

  PathNode leaf_;
  std::vector<PathNode> issuers_;  // roots first: the shortest way to trust is tried first
  PathFault dead_end_{PathProblem::other, {}};
  int dead_end_rank_ = 0;  // the most telling reason is kept
  int checks_left_;
};

}  // namespace entente::crypto
