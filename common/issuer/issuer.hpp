// The embedded certificate authority of a trust domain: its keys, their rotation, and what they sign.
// Federation 4.2 (FS-1): a new authority is published 3-5 refresh hints before its first use, an old one stays
// published until nothing it signed is valid.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/log.hpp"
#include "common/crypto/key.hpp"
#include "common/issuer/authority.hpp"
#include "common/spiffe/bundle.hpp"
#include "common/spiffe/jwt_svid.hpp"
#include "common/spiffe/x509_svid.hpp"

namespace entente::issuer {

struct IssuerOptions {
  spiffe::TrustDomain trust_domain;
  std::filesystem::path folder;  // data_dir/issuer; 0700
  Duration ca_ttl = std::chrono::hours(24);
  Duration x509_svid_ttl = std::chrono::hours(1);
  Duration jwt_svid_ttl = std::chrono::minutes(5);
  crypto::KeyType key_type = crypto::KeyType::ec_p256;
  std::chrono::seconds refresh_hint{300};  // paces rotation
};

// Minting is thread-safe: it works on an immutable view of the authorities in use. Everything else belongs to the
// control thread.
class Issuer {
 public:
  // Loads the authorities from the folder, or makes the first ones. Keys that cannot be read, or that do not belong to
  // their certificates, are an error that names the file: nothing is overwritten.
  static Result<std::unique_ptr<Issuer>> open(IssuerOptions options, Clock& clock, Log& log);
  ~Issuer();

  // The authorities to publish now, with the hint, without a sequence.
  spiffe::Bundle bundle() const;

  // Does what is due: prepares, activates, removes; writes it to disk first. Returns whether bundle() changed; the time
  // to call again is next_due(). An error leaves everything as it was (the disk refused); call again later.
  Result<bool> tick();
  Time next_due() const;

  // `bundle rotate`: prepares a new authority of each wanted use (one that is prepared already is kept) and says when
  // each is used; `now` activates it at once. The caller publishes bundle() afterwards.
  Result<std::vector<AuthorityInfo>> rotate(bool x509, bool jwt, bool now);

  void set_refresh_hint(std::chrono::seconds hint);

  // Makes room for SVIDs that live longer than the defaults, before any is minted: how long a retired authority stays
  // published follows from it, so it goes to disk first. Never lowers what is recorded for the active authorities.
  Status allow_ttls(Duration x509, Duration jwt);

  // A fresh key and its certificate: from a minute ago (clocks differ), to now + ttl or the authority's end, whichever
  // is first. A ttl over the allowed one is cut to it.
  Result<spiffe::X509Svid> mint_x509_svid(const spiffe::SpiffeId& id, std::optional<Duration> ttl,
                                          const std::vector<std::string>& dns_names, const std::string& hint) const;
  struct MintedJwt {
    std::string token;
    Time issued_at, expires_at;
  };
  Result<MintedJwt> mint_jwt_svid(const spiffe::SpiffeId& id, std::optional<Duration> ttl,
                                  const std::vector<std::string>& audience) const;

  // Grows when minting changes over to another authority: what was minted before should be minted anew soon.
  std::uint64_t generation() const;

  const IssuerOptions& options() const { return options_; }

 private:
  struct Impl;
  explicit Issuer(IssuerOptions options, std::unique_ptr<Impl> impl);
  IssuerOptions options_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::issuer
