#include "workload/api/answers.hpp"

#include <algorithm>
#include <set>

#include "common/base/secret.hpp"
#include "common/spiffe/bundle_json.hpp"
#include "spiffe/workload/workload.pb.h"

namespace entente::workload {
namespace {

std::string der_of(const std::vector<crypto::Certificate>& certificates) {
  const Bytes der = crypto::to_der(certificates);
  return std::string(as_text(der));
}

Status fits(const google::protobuf::MessageLite& message) {
  constexpr std::size_t protobuf_limit = (1U << 31) - 1;
  if (message.ByteSizeLong() <= protobuf_limit) return ok();
  return Error(Errc::unavailable,
               "the bundles are too large for one message: let entries name fewer in federates_with");
}

// The federated bundles that `visibility` shows, in order.
template <class Use>
void each_federated(const trust::Snapshot& snapshot, const Visibility& visibility, Use use) {
  for (const trust::RecordPtr& record : snapshot.records) {
    const spiffe::Bundle& bundle = *record->bundle;
    const bool own = snapshot.own && *snapshot.own == bundle.trust_domain;
    if (!own && visibility.includes(bundle.trust_domain)) use(bundle);
  }
}

using ByteMap = google::protobuf::Map<std::string, std::string>;

// Clients choke on an empty value, so a domain without X.509 authorities is left out: they drop what is absent.
void put_federated_x509(const trust::Snapshot& snapshot, const Visibility& visibility, ByteMap& bundles) {
  each_federated(snapshot, visibility, [&](const spiffe::Bundle& bundle) {
    if (!bundle.x509_authorities.empty()) bundles[bundle.trust_domain.id()] = der_of(bundle.x509_authorities);
  });
}

// The protobuf message holds keys in the clear until it is wiped here.
struct WipedAtEnd {
  X509SVIDResponse response;
  ~WipedAtEnd() {
    for (X509SVID& svid : *response.mutable_svids()) {
      wipe(svid.mutable_x509_svid_key()->data(), svid.x509_svid_key().size());
    }
  }
};

void put(const X509Identity& identity, std::string bundle, std::set<std::string>& hints, X509SVID& into) {
  const spiffe::X509Svid& svid = *identity.svid;
  const SecretBytes key = svid.key->pkcs8_der();
  into.set_spiffe_id(svid.id.str());
  into.set_x509_svid(der_of(svid.chain));
  into.mutable_x509_svid_key()->assign(key.text());
  into.set_bundle(std::move(bundle));
  if (!svid.hint.empty() && hints.insert(svid.hint).second) into.set_hint(svid.hint);
}

}  // namespace

bool Visibility::includes(const spiffe::TrustDomain& trust_domain) const {
  return all || std::binary_search(federated.begin(), federated.end(), trust_domain);
}

Visibility visibility_of(const std::vector<X509Identity>& identities) {
  Visibility visibility;
  for (const X509Identity& identity : identities) {
    if (!identity.federates_with) return Visibility{true, {}};
    visibility.federated.insert(visibility.federated.end(), identity.federates_with->begin(),
                                identity.federates_with->end());
  }
  std::vector<spiffe::TrustDomain>& names = visibility.federated;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return visibility;
}

Status check_ready(const trust::Snapshot& snapshot) {
  if (!snapshot.own || snapshot.own_record()) return ok();
  return Error(Errc::unavailable,
               "not ready: the bundle of the own trust domain " + snapshot.own->name() + " is not there yet");
}

Result<Message> x509_bundles(const trust::Snapshot& snapshot, const Visibility& visibility) {
  if (const Status ready = check_ready(snapshot); !ready) return ready.error();
  X509BundlesResponse response;
  if (const trust::RecordPtr own = snapshot.own_record()) {
    (*response.mutable_bundles())[snapshot.own->id()] = der_of(own->bundle->x509_authorities);
  }
  put_federated_x509(snapshot, visibility, *response.mutable_bundles());
  if (const Status s = fits(response); !s) return s.error();
  return Message(response);
}

Result<Message> jwt_bundles(const trust::Snapshot& snapshot, const Visibility& visibility) {
  if (const Status ready = check_ready(snapshot); !ready) return ready.error();
  JWTBundlesResponse response;
  ByteMap& bundles = *response.mutable_bundles();
  if (const trust::RecordPtr own = snapshot.own_record()) {
    bundles[snapshot.own->id()] = spiffe::write_jwt_key_set(*own->bundle);
  }
  each_federated(snapshot, visibility, [&](const spiffe::Bundle& bundle) {
    if (!bundle.jwt_authorities.empty()) bundles[bundle.trust_domain.id()] = spiffe::write_jwt_key_set(bundle);
  });
  if (const Status s = fits(response); !s) return s.error();
  return Message(response);
}

Result<Message> x509_svids(const trust::Snapshot& snapshot, const std::vector<X509Identity>& identities) {
  if (const Status ready = check_ready(snapshot); !ready) return ready.error();
  WipedAtEnd made;
  std::set<std::string> hints;
  for (const X509Identity& identity : identities) {
    const spiffe::TrustDomain& trust_domain = identity.svid->id.trust_domain();
    const trust::RecordPtr record = snapshot.find(trust_domain);
    if (!record || record->bundle->x509_authorities.empty()) {
      return Error(Errc::unavailable, "not ready: the bundle of " + trust_domain.name() + " holds no X.509 authority");
    }
    put(identity, der_of(record->bundle->x509_authorities), hints, *made.response.add_svids());
  }
  put_federated_x509(snapshot, visibility_of(identities), *made.response.mutable_federated_bundles());
  if (const Status s = fits(made.response); !s) return s.error();
  return Message(made.response);
}

}  // namespace entente::workload
