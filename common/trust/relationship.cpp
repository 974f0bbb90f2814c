#include "common/trust/relationship.hpp"

#include <algorithm>

#include "common/base/encoding.hpp"

namespace entente::trust {
namespace {

constexpr std::string_view pin_prefix = "sha256/";

}  // namespace

std::string_view to_string(ChangePolicy policy) {
  switch (policy) {
    case ChangePolicy::accept:
      return "accept";
    case ChangePolicy::overlap:
      return "overlap";
    case ChangePolicy::approve:
      return "approve";
  }
  return "unknown";
}

Result<ChangePolicy> parse_change_policy(std::string_view text) {
  for (const ChangePolicy policy : {ChangePolicy::accept, ChangePolicy::overlap, ChangePolicy::approve})
    if (to_string(policy) == text) return policy;
  return Error(Errc::invalid_argument,
               "\"" + std::string(text) + "\" is no change policy; known are accept, overlap, approve");
}

Result<KeyPin> KeyPin::parse(std::string_view text) {
  KeyPin pin;
  if (text.starts_with(pin_prefix)) {
    const Result<Bytes> digest = base64_decode(text.substr(pin_prefix.size()));
    if (digest && digest->size() == pin.digest_.size()) {
      std::copy(digest->begin(), digest->end(), pin.digest_.begin());
      return pin;
    }
  }
  return Error(Errc::invalid_argument,
               "\"" + std::string(text) +
                   "\" is no key pin: must be sha256/ and the base64, with its padding, of the SHA-256 of a "
                   "certificate's public key (32 bytes)");
}

KeyPin KeyPin::of(const crypto::Certificate& certificate) {
  KeyPin pin;
  pin.digest_ = crypto::sha256(certificate.public_key().spki_der());
  return pin;
}

std::string KeyPin::str() const { return std::string(pin_prefix) + base64_encode(digest_); }

std::string_view profile_name(const EndpointProfile& profile) {
  return std::holds_alternative<HttpsWeb>(profile) ? "https_web" : "https_spiffe";
}

}  // namespace entente::trust
