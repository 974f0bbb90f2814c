// The layers of one address, which a peer's endpoint and our own are judged by alike. Internal to doctor.
#pragma once

#include "common/spiffe/bundle_json.hpp"
#include "syncer/doctor/facts.hpp"
#include "syncer/doctor/finding.hpp"

namespace entente::syncer::doctor {

// How the endpoint of a profile is judged, and whose words the advice is in.
struct EndpointWords {
  const trust::EndpointProfile& profile;
  const spiffe::Bundle* anchor;  // https_spiffe: null where there is none
  std::string owner;             // "the peer's operator", "you"
};

// Name resolution, and TCP to each address.
void examine_network(const HopSeen& hop, Findings& findings);
// The certificate of one address: the handshake's verdict, which chain and root, when it ends.
void examine_certificate(Time now, const AddressSeen& seen, const trust::EndpointUrl& url, const EndpointWords& words,
                         Findings& findings);
// Status, content, and the clock of the answer's Date. Whether there is a document to read.
bool examine_answer(const AddressSeen& seen, const trust::EndpointUrl& url, Findings& findings);

// RFC 9110 5.6.7, the one form that is still made: "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<Time> parse_http_date(const std::string& text);

// "SHA-256 3f2a...; CN=x": how a certificate is named in findings.
std::string name_of(const crypto::Certificate& certificate);

}  // namespace entente::syncer::doctor
