// A relationship with b.test, whose endpoint is a server on loopback that does as the test says.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/use_awaitable.hpp>

#include "common/spiffe/bundle_json.hpp"
#include "syncer/doctor/doctor.hpp"
#include "syncer/doctor/examine.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/syncer/support/run.hpp"
#include "tests/syncer/support/test_authority.hpp"
#include "tests/syncer/support/tls_server.hpp"

namespace entente::test {

using namespace std::chrono_literals;
using syncer::doctor::Finding;
using syncer::doctor::Findings;
using syncer::doctor::RelationshipFacts;
using syncer::doctor::Severity;
using testing::HasSubstr;

inline const Finding* find(const std::vector<Finding>& findings, std::string_view check) {
  for (const Finding& finding : findings)
    if (finding.check == check) return &finding;
  return nullptr;
}
inline std::string to_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings)
    text += std::string(to_string(finding.severity)) + " " + finding.check + ": " + finding.what + " -> " +
            finding.what_to_do + "\n";
  return text;
}
// The finding of that check, as "problem: what -> what to do"; "" where there is none.
inline std::string said(const std::vector<Finding>& findings, std::string_view check) {
  const Finding* finding = find(findings, check);
  if (finding == nullptr) return "";
  return std::string(to_string(finding->severity)) + ": " + finding->what + " -> " + finding->what_to_do;
}
// Those that are not ok, by their checks.
inline std::vector<std::string> complaints(const std::vector<Finding>& findings) {
  std::vector<std::string> checks;
  for (const Finding& finding : findings)
    if (finding.severity >= Severity::warning) checks.push_back(finding.check);
  return checks;
}

class DoctorTest : public testing::Test {
 protected:
  static constexpr const char* id = "spiffe://b.test/entente";

  // https_spiffe, current, sequence 7 in use.
  RelationshipFacts spiffe_relationship(const std::string& url) const {
    RelationshipFacts facts(domain("b.test"), trust::HttpsSpiffe{must(spiffe::SpiffeId::parse(id))});
    facts.urls = {must(trust::EndpointUrl::parse(url))};
    facts.bundle = std::make_shared<const spiffe::Bundle>(authority.bundle(7, 300s));
    facts.anchor = facts.bundle;
    facts.state = "current";
    facts.last_success = clock.now() - 10s;
    return facts;
  }
  RelationshipFacts web_relationship(const std::string& url) const {
    RelationshipFacts facts = spiffe_relationship(url);
    facts.profile = trust::HttpsWeb{authority.roots(), {}};
    facts.anchor = nullptr;
    return facts;
  }

  std::vector<Finding> examine(RelationshipFacts facts) {
    std::vector<RelationshipFacts> all;
    all.push_back(std::move(facts));
    return examine_all(std::move(all)).front();
  }
  std::vector<std::vector<Finding>> examine_all(std::vector<RelationshipFacts> all) {
    const syncer::doctor::Instruments instruments{io.get_executor(), *resolver, clock, log, proxy};
    return run(io, examine_relationships(instruments, std::move(all), {}, {each}));
  }

  std::string document(std::uint64_t sequence = 7) const {
    return spiffe::write_bundle(authority.bundle(sequence, 300s));
  }
  TlsServer serving(const tls::Identity& identity, const std::string& response) {
    TlsServer server(io, identity, nullptr);
    server.behave(server.answer(response));
    return server;
  }
  // As a well-kept endpoint does, with another body or status.
  TlsServer serving_spiffe(const std::string& body, std::string_view status = "200 OK", std::string_view headers = "") {
    return serving(authority.svid(id), http_response(status, body, headers));
  }

  asio::io_context io;
  Log log{LogLevel::error};
  FakeClock clock{std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
  TestAuthority authority{"b.test", clock.now()};
  std::unique_ptr<syncer::Resolver> resolver = must(syncer::Resolver::create(io.get_executor(), {}));
  syncer::ProxySettings proxy;
  Duration each = 10s;
};

}  // namespace entente::test
