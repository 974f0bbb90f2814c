#include "common/spiffe/signed_bundle.hpp"

#include <algorithm>

#include "common/base/encoding.hpp"
#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

// Clocks differ; a file that is newer than that was made by a clock that is wrong, or by somebody who plans ahead.
constexpr std::chrono::minutes clock_skew(5);

Error refusal(Errc code, const std::string& what) { return Error(code, "signed bundle: " + what); }

Status check_signer(const UnverifiedSignedBundle& file, const SpiffeId& endpoint_id) {
  if (file.signer == endpoint_id) return ok();
  return refusal(Errc::wrong_spiffe_id,
                 "signed by " + file.signer.str() + "; the relationship's endpoint ID is " + endpoint_id.str());
}

Status check_issue_time(const UnverifiedSignedBundle& file, Time now) {
  if (file.issued_at <= now + clock_skew) return ok();
  return refusal(Errc::expired, "issued_at: " + format_time(file.issued_at) +
                                    " is in the future; compare the clocks of the two sides");
}

// What the path's validation would say, where there is none to walk.
Status check_leaf_time(const crypto::Certificate& leaf, Time now) {
  if (now < leaf.not_before())
    return refusal(Errc::expired, "the signing X509-SVID is not valid before " + format_time(leaf.not_before()));
  if (now > leaf.not_after())
    return refusal(Errc::expired, "the signing X509-SVID ended at " + format_time(leaf.not_after()) +
                                      "; ask for a file that is exported anew");
  return ok();
}

Status check_signature(const UnverifiedSignedBundle& file) {
  const Status good = crypto::verify(file.algorithm, file.chain.front().public_key(), file.signed_part, file.signature);
  if (good) return ok();
  return refusal(Errc::untrusted, "the signature is not of its certificate's key: the file was changed on its way");
}

// "sha256:AB:CD..." as OpenSSL prints it, "sha256:abcd", "abcd": 64 digits in lower case.
Result<std::string> normalised(std::string_view fingerprint) {
  std::string digits;
  for (const char c : fingerprint)
    if (c != ':') digits += (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  if (digits.starts_with("sha256")) digits.erase(0, 6);
  const Result<Bytes> bytes = hex_decode(digits);
  if (!bytes || bytes->size() != 32)
    return Error(Errc::invalid_argument, "fingerprint: not a SHA-256 in hex (64 digits), as `bundle export` prints it");
  return digits;
}

}  // namespace

std::string UnverifiedSignedBundle::fingerprint() const { return hex_encode(chain.front().fingerprint()); }

Status verify_signed_bundle(const UnverifiedSignedBundle& file, const SpiffeId& endpoint_id, const Bundle& authorities,
                            Time now) {
  if (const Status s = check_signer(file, endpoint_id); !s) return s.error();
  const Result<SpiffeId> proven = verify_x509_svid(file.chain, authorities, now);
  if (!proven) return proven.error().within("signed bundle");
  if (const Status s = check_signature(file); !s) return s.error();
  return check_issue_time(file, now);
}

Status verify_signed_bundle(const UnverifiedSignedBundle& file, const std::optional<SpiffeId>& endpoint_id,
                            std::string_view fingerprint, Time now) {
  const Result<std::string> wanted = normalised(fingerprint);
  if (!wanted) return wanted.error();
  if (*wanted != file.fingerprint())
    return refusal(Errc::untrusted, "its signing certificate has the fingerprint " + file.fingerprint() +
                                        ", which is not the one given");
  if (endpoint_id) {
    if (const Status s = check_signer(file, *endpoint_id); !s) return s.error();
  } else if (!file.signer.member_of(file.bundle.trust_domain)) {
    return refusal(Errc::wrong_spiffe_id,
                   "signed by " + file.signer.str() + ", which is not of " + file.bundle.trust_domain.name());
  }
  const crypto::Certificate& leaf = file.chain.front();
  if (const auto broken = check_leaf(leaf); !broken.empty())
    return refusal(Errc::untrusted, broken.front().message + " (" + broken.front().section + ")");
  if (const Status s = check_leaf_time(leaf, now); !s) return s.error();
  if (const Status s = check_signature(file); !s) return s.error();
  return check_issue_time(file, now);
}

}  // namespace entente::spiffe
