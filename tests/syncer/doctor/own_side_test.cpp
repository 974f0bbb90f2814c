#include <sys/stat.h>

#include <fstream>

#include "syncer/doctor/files.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/syncer/doctor/fixture.hpp"

namespace entente::test {
namespace {

using syncer::doctor::FileKind;
using syncer::doctor::FileSeen;
using syncer::doctor::OurSide;
using syncer::doctor::OwnEndpointFacts;
using syncer::doctor::Poller;
using testing::ElementsAre;
using testing::IsEmpty;

class OwnEndpoint : public DoctorTest {
 protected:
  OwnEndpointFacts ours() const {
    OwnEndpointFacts facts(domain("b.test"), trust::HttpsSpiffe{must(spiffe::SpiffeId::parse(id))});
    facts.bundle = std::make_shared<const spiffe::Bundle>(authority.bundle(7, 300s));
    return facts;
  }
  std::vector<Finding> look(OwnEndpointFacts facts, const std::string& url) {
    const syncer::doctor::Instruments instruments{io.get_executor(), *resolver, clock, log};
    return run(io, examine_own(instruments, std::move(facts), must(trust::EndpointUrl::parse(url)), {each}));
  }
  TlsServer with_etag(const tls::Identity& identity, const std::string& body) {
    TlsServer server(io, identity, nullptr);
    server.behave(server.answer([body](const std::string& head) {
      if (head.find("If-None-Match: \"e\"") != std::string::npos) return http_response("304 Not Modified", "");
      return http_response("200 OK", body, "ETag: \"e\"\r\n");
    }));
    return server;
  }
};

std::string judged(const syncer::doctor::LocalSourceFacts& facts, Time now) {
  syncer::doctor::Findings findings;
  examine_local_source(now, facts, findings);
  return said(findings.all(), "local_source");
}

TEST(LocalSource, IsReportedWhileItDoesNotConfirmOurBundle) {
  const Time now = from_unix_seconds(1'800'000'000);

  EXPECT_THAT(judged({"unix:///agent.sock", now, ""}, now), HasSubstr("ok: "));
  EXPECT_THAT(judged({"unix:///agent.sock", now - 10min, "nothing answers"}, now), HasSubstr("warning: "));
  EXPECT_THAT(judged({"unix:///agent.sock", now - 10min, "nothing answers"}, now), HasSubstr("10 min ago"));
  EXPECT_THAT(judged({"unix:///agent.sock", now - 2h, "nothing answers"}, now), HasSubstr("problem: "));
  EXPECT_THAT(judged({"unix:///agent.sock", std::nullopt, "nothing answers"}, now), HasSubstr("problem: "));
}

TEST_F(OwnEndpoint, IsGoodWhenItServesOurBundleAndItsEtag) {
  TlsServer server = with_etag(authority.svid(id), document());
  const auto findings = look(ours(), server.url());
  EXPECT_THAT(complaints(findings), IsEmpty()) << to_text(findings);
  EXPECT_THAT(said(findings, "own_endpoint"), HasSubstr("ok: "));
}

TEST_F(OwnEndpoint, IsReportedWhenItServesAnOldBundle) {
  TlsServer server = with_etag(authority.svid(id), document(6));
  EXPECT_THAT(said(look(ours(), server.url()), "own_endpoint"), HasSubstr("serves sequence 6, in use is 7"));
}

TEST_F(OwnEndpoint, IsReportedWhenItsEtagGotLost) {
  TlsServer server = serving_spiffe(document());
  EXPECT_THAT(said(look(ours(), server.url()), "own_endpoint"), HasSubstr("warning: "));
}

TEST_F(OwnEndpoint, IsReportedWhenItProvesAnotherId) {
  TlsServer server = with_etag(authority.svid("spiffe://b.test/other"), document());
  EXPECT_THAT(complaints(look(ours(), server.url())), ElementsAre("spiffe_id"));
}

TEST_F(OwnEndpoint, IsReportedWhenNothingAnswers) {
  EXPECT_THAT(complaints(look(ours(), "https://127.0.0.1:1/")), ElementsAre("tcp"));
}

TEST_F(OwnEndpoint, NeedNotBeNamedForTheAddressItListensOn) {
  TlsServer server = with_etag(authority.web({"fed.b.example"}), document());
  OwnEndpointFacts facts = ours();
  facts.profile = trust::HttpsWeb{};
  const auto findings = look(std::move(facts), server.url());
  EXPECT_THAT(complaints(findings), IsEmpty()) << to_text(findings);
}

TEST_F(OwnEndpoint, IsSeenWithoutAVerdictWhileOurBundleIsNotKnown) {
  TlsServer server = with_etag(authority.svid(id), document());
  OwnEndpointFacts facts = ours();
  facts.bundle = nullptr;
  const auto findings = look(std::move(facts), server.url());
  EXPECT_THAT(complaints(findings), IsEmpty()) << to_text(findings);
}

TEST_F(OwnEndpoint, MustBeNamedForTheNameThatPeersUse) {
  TlsServer server = with_etag(authority.web({"fed.b.example"}), document());
  OwnEndpointFacts facts = ours();
  facts.profile = trust::HttpsWeb{authority.roots(), {}};
  facts.by_public_name = true;
  std::string url = server.url();
  url.replace(url.find("127.0.0.1"), 9, "localhost");
  EXPECT_THAT(complaints(look(std::move(facts), url)), ElementsAre("tls"));
}

class PeerPolling : public DoctorTest {
 protected:
  std::string judge(std::optional<std::vector<Poller>> pollers) const {
    syncer::doctor::EndpointSeen seen;
    seen.hops.emplace_back(must(trust::EndpointUrl::parse("https://b.example/")));
    for (const char* address : {"192.0.2.7", "2001:db8::7"}) {
      seen.hops.back().addresses.emplace_back();
      seen.hops.back().addresses.back().peer = boost::asio::ip::make_address(address);
    }
    OurSide our_side;
    our_side.pollers = std::move(pollers);
    our_side.our_hint = 300s;
    Findings findings("b.test");
    examine_peer_polling(clock.now(), our_side, {seen}, findings);
    return said(findings.all(), "peer_holds_us");
  }
};

TEST_F(PeerPolling, CannotBeSeenWithoutTheServersTelemetryOrFromOtherAddresses) {
  EXPECT_THAT(judge(std::nullopt), HasSubstr("ok: whether the peer polls us cannot be seen"));
  EXPECT_THAT(judge(std::vector<Poller>{{"198.51.100.1", clock.now()}}), HasSubstr("ok: "));
}

TEST_F(PeerPolling, IsEvidentFromAnAddressOfThePeersEndpoint) {
  EXPECT_THAT(judge(std::vector<Poller>{{"192.0.2.7", clock.now() - 10s}}),
              HasSubstr("ok: 192.0.2.7 asked our endpoint 10 s"));
  EXPECT_THAT(judge(std::vector<Poller>{{"2001:db8::/64", clock.now() - 10s}}), HasSubstr("ok: 2001:db8::/64 asked"));
}

TEST_F(PeerPolling, IsWarnedOfWhenItStopped) {
  EXPECT_THAT(judge(std::vector<Poller>{{"192.0.2.7", clock.now() - 2h}}),
              HasSubstr("warning: 192.0.2.7 asked our endpoint last 2 h ago"));
}

class OwnFiles : public testing::Test {
 protected:
  static std::vector<Finding> judge(FileKind kind, mode_t mode, const std::string& closed = "") {
    FileSeen file;
    file.kind = kind;
    file.path = "/run/entente/x";
    file.mode = mode;
    file.closed_folder = closed;
    Findings findings;
    examine_file(file, findings);
    return findings.all();
  }
};

TEST_F(OwnFiles, AreGoodWithTheModesThatEntenteGivesThem) {
  EXPECT_THAT(complaints(judge(FileKind::admin_socket, 0600)), IsEmpty());
  EXPECT_THAT(complaints(judge(FileKind::workload_socket, 0666)), IsEmpty());
  EXPECT_THAT(complaints(judge(FileKind::data_dir, 0700)), IsEmpty());
  EXPECT_THAT(complaints(judge(FileKind::publication, 0644)), IsEmpty());
  EXPECT_THAT(complaints(judge(FileKind::private_key, 0600)), IsEmpty());
  EXPECT_THAT(complaints(judge(FileKind::private_key, 0640)), IsEmpty());
}

TEST_F(OwnFiles, AreReportedWhenOthersMayOpenThemOrMayNot) {
  EXPECT_THAT(complaints(judge(FileKind::admin_socket, 0666)), ElementsAre("admin_socket"));
  EXPECT_THAT(complaints(judge(FileKind::admin_socket, 0660)), ElementsAre("admin_socket"));
  EXPECT_THAT(complaints(judge(FileKind::workload_socket, 0660)), ElementsAre("workload_socket"));
  EXPECT_THAT(complaints(judge(FileKind::data_dir, 0755)), ElementsAre("data_dir"));
  EXPECT_THAT(complaints(judge(FileKind::publication, 0600)), ElementsAre("publication"));
  EXPECT_THAT(complaints(judge(FileKind::private_key, 0644)), ElementsAre("private_key"));
}

TEST_F(OwnFiles, MayNotLieInAFolderThatTheirUsersCannotEnter) {
  EXPECT_THAT(said(judge(FileKind::workload_socket, 0666, "/run/entente"), "workload_socket"),
              HasSubstr("lies in /run/entente"));
  EXPECT_THAT(complaints(judge(FileKind::data_dir, 0700, "/var/lib/x")), IsEmpty());
}

TEST_F(OwnFiles, AreLookedAtWithTheFoldersAboveThem) {
  const TempFolder folder;
  const auto closed = folder.path() / "closed", open = closed / "open";
  std::filesystem::create_directories(open);
  ASSERT_EQ(::chmod(closed.c_str(), 0700), 0);
  std::ofstream(open / "x") << "x";
  ASSERT_EQ(::chmod((open / "x").c_str(), 0640), 0);

  const FileSeen seen = syncer::doctor::look_at_file(FileKind::publication, open / "x");
  const FileSeen missing = syncer::doctor::look_at_file(FileKind::publication, open / "y");

  EXPECT_EQ(seen.mode, 0640U);
  EXPECT_NE(seen.closed_folder, "");
  EXPECT_FALSE(seen.error.has_value());
  EXPECT_TRUE(missing.error.has_value());
}

}  // namespace
}  // namespace entente::test
