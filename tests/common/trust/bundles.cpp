#include "tests/common/trust/bundles.hpp"

#include <map>
#include <mutex>

#include "common/crypto/issue.hpp"

namespace entente::test {
namespace {

struct Made {
  crypto::PublicKey key;
  crypto::Certificate certificate;
};

Made make_authority(const std::string& name) {
  const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  crypto::CertificateTemplate wanted;
  wanted.subject = {{"CN", name}};
  wanted.not_before = authorities_begin();
  wanted.not_after = authorities_end();
  wanted.ca = true;
  return {key.public_key(), crypto::issue_root(wanted, key).value()};
}

const Made& authority(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, Made> made;
  const std::lock_guard lock(mutex);
  auto place = made.find(name);
  if (place == made.end()) place = made.emplace(name, make_authority(name)).first;
  return place->second;
}

}  // namespace

Time authorities_begin() { return from_unix_seconds(1'700'000'000); }
Time authorities_end() { return from_unix_seconds(1'900'000'000); }

spiffe::TrustDomain domain(const std::string& name) { return spiffe::TrustDomain::parse(name).value(); }

spiffe::BundlePtr make_bundle(const BundleSpec& spec) {
  auto bundle = std::make_shared<spiffe::Bundle>(domain(spec.trust_domain));
  for (const auto& name : spec.x509) bundle->x509_authorities.push_back(authority(name).certificate);
  for (const auto& name : spec.jwt) bundle->jwt_authorities.push_back({name, authority(name).key});
  for (const auto& name : spec.wit) bundle->wit_authorities.push_back({name, authority(name).key});
  bundle->sequence = spec.sequence;
  bundle->refresh_hint = spec.hint;
  return bundle;
}

trust::BundleRecord fetched(const spiffe::BundlePtr& bundle, Time at) {
  trust::BundleRecord record;
  record.bundle = bundle;
  record.revision = 1;
  record.highest_sequence = bundle->sequence;
  record.origin = trust::Origin::fetched;
  record.source = "https://b.example/";
  record.changed_at = at;
  record.fetched_at = at;
  return record;
}

}  // namespace entente::test
