// What was seen of an endpoint, layer by layer, before anybody judges it. Values.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/certificate.hpp"
#include "common/trust/endpoint_url.hpp"

namespace entente::syncer::doctor {

struct AnswerSeen {
  unsigned status = 0;
  std::string reason, location, etag, date, content_type;
  std::string body;  // of a 200 answer
  Time at;           // by our clock, when it was there
  // The status of the same request with the ETag, where that was asked for; 0: it was not, or failed.
  unsigned conditional_status = 0;
};

// One address of an endpoint. Where a layer failed, those above it were not reached and are empty.
struct AddressSeen {
  std::string address;  // "192.0.2.1:8443", "b.example:8443 via 192.0.2.9:3128" through a proxy
  std::optional<boost::asio::ip::address> peer;  // the endpoint's; null: only a proxy knows
  std::optional<Error> tcp;                      // why there is no connection
  std::optional<Error> verdict;                  // why a handshake as the poller makes it fails; null: it does not
  // Why there is no handshake with nothing demanded either. Where there is a verdict and not this, `chain` and `answer`
  // were seen over a connection that proves nothing.
  std::optional<Error> handshake;
  std::vector<crypto::Certificate> chain;  // leaf first
  // https_web: up to the root that it was found good by; empty where there is a verdict, and under another profile.
  std::vector<crypto::Certificate> verified_chain;
  std::optional<Error> http;  // why there is no answer
  std::optional<AnswerSeen> answer;
};

// One URL: the relationship's own, or where a redirect led.
struct HopSeen {
  explicit HopSeen(trust::EndpointUrl asked) : url(std::move(asked)) {}

  trust::EndpointUrl url;
  std::optional<Error> dns;
  std::vector<AddressSeen> addresses;
  std::optional<Error> redirect;  // it answers with a redirect that must not be followed
};

struct EndpointSeen {
  std::vector<HopSeen> hops;  // never empty; the last one holds the final answers
};

}  // namespace entente::syncer::doctor
