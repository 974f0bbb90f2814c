// The issuer's folder on disk: authorities.json with everything public, and one 0600 PEM file for each private key.
// authorities.json is the point of commitment: a key is written before it is named there, and deleted after it no
// longer is.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/certificate.hpp"
#include "common/crypto/key.hpp"
#include "common/issuer/authority.hpp"

namespace entente::issuer {

// An authority with its public half and, while it may sign, its key. Immutable; replaced whole.
struct Authority {
  AuthorityInfo info;
  std::optional<crypto::Certificate> certificate;  // X.509 only
  crypto::PublicKey public_key;
  std::shared_ptr<const crypto::PrivateKey> key;  // null once retired
  Duration longest_svid_ttl;                      // of what it may sign
};
using AuthorityPtr = std::shared_ptr<const Authority>;
using Authorities = std::vector<AuthorityPtr>;

// Blocking; one owner (the data_dir's lock).
class KeyFolder {
 public:
  // Creates the folder (0700) where it is missing.
  static Result<KeyFolder> open(std::filesystem::path folder);

  // Empty when there is no authorities.json yet. Any inconsistency is an error that names the file.
  Result<Authorities> load() const;

  // Makes `authorities` the content: new keys, then the list, then removal of keys that it no longer needs.
  Status save(const Authorities& authorities) const;

 private:
  explicit KeyFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path key_path(const AuthorityInfo& info) const;
  void remove_unused_keys(const Authorities& authorities) const;

  std::filesystem::path folder_;
};

}  // namespace entente::issuer
