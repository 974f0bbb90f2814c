// Our own bundle and its rotation over entente.v1.
#include "tests/syncer/admin/entente_fixture.hpp"

namespace entente::syncer {
namespace {

using namespace entente::test;
using testing::HasSubstr;

class EntenteBundlesTest : public EntenteTest {
 protected:
  // A server whose telemetry shows `page`.
  void start_with_page(std::function<Result<std::string>()> page) {
    AdminSetup setup;
    setup.complete = [&](AdminParts& parts) {
      parts.pollers = [page]() -> asio::awaitable<Result<std::string>> { co_return page(); };
    };
    start(std::move(setup));
  }
  std::string etag() const {
    return hex_encode(crypto::sha256(as_bytes(spiffe::write_bundle(*server->record("own.test")->bundle))));
  }
  v1::RotateBundleResponse rotate(bool now) {
    v1::RotateBundleRequest request;
    request.set_x509(true);
    request.set_now(now);
    const auto answered = call(&Stub::RotateBundle, request);
    EXPECT_TRUE(answered.status.ok()) << answered.status.error_message();
    return answered.response;
  }
  static std::string page_of(const std::string& clients) {
    return R"({"since": "2026-07-02T00:00:00Z", "forgotten": 1, "clients": [)" + clients + "]}";
  }
  static std::string client(const std::string& address, const std::string& has) {
    return R"({"address": ")" + address + R"(", "last_asked": "2027-01-15T08:00:00Z", "sent": null, "given": ")" + has +
           R"(", "repeats": 0})";
  }
};

TEST_F(EntenteBundlesTest, RotationSaysHowLongTheNewAuthorityIsPublicAndWhoLacksIt) {
  std::string page = page_of("");
  start_with_page([&page] { return page; });
  const std::string old_etag = etag();
  const v1::RotateBundleResponse prepared = rotate(false);
  ASSERT_EQ(prepared.authorities_size(), 1);
  EXPECT_EQ(prepared.authorities(0).public_for().seconds(), 0);
  EXPECT_GT(prepared.authorities(0).used_from().seconds(), prepared.authorities(0).published_at().seconds());

  server->on_control([&] { server->clock.jump(std::chrono::minutes(10)); });
  page = page_of(client("192.0.2.1", etag()) + "," + client("192.0.2.2", old_etag));
  const v1::RotateBundleResponse used = rotate(true);

  EXPECT_EQ(used.authorities(0).id(), prepared.authorities(0).id());
  EXPECT_EQ(used.authorities(0).public_for().seconds(), 600);
  ASSERT_EQ(used.lagging_clients_size(), 1);
  EXPECT_EQ(used.lagging_clients_total(), 1U);
  EXPECT_EQ(used.lagging_clients(0).address(), "192.0.2.2");
  EXPECT_TRUE(used.lagging_clients(0).has_sequence());
  EXPECT_EQ(used.lagging_clients(0).behind().seconds(), 600);
  EXPECT_EQ(used.lagging_clients(0).last_seen().seconds(), 1800000000);
  EXPECT_THAT(used.lagging_clients_note(), HasSubstr("1 addresses"));
}

TEST_F(EntenteBundlesTest, RotationGoesOnRecordWithWhoAskedForIt) {
  start();
  EXPECT_FALSE(history("own.test").back().has_uid()) << "nobody asked for the first";

  rotate(true);

  ASSERT_EQ(history("own.test").size(), 2U);
  EXPECT_EQ(history("own.test").back().uid(), ::getuid());
  EXPECT_THAT(history("own.test").back().command(), HasSubstr("entente_service_test"));
}

TEST_F(EntenteBundlesTest, RotationGoesOnWhereTheTelemetryDoesNotAnswer) {
  start_with_page([]() -> Result<std::string> { return Error(Errc::connect, "connection refused"); });

  const v1::RotateBundleResponse used = rotate(true);

  EXPECT_EQ(used.authorities_size(), 1);
  EXPECT_THAT(used.lagging_clients_note(), HasSubstr("connection refused"));
  EXPECT_EQ(used.lagging_clients_total(), 0U);
}

TEST_F(EntenteBundlesTest, RotationGoesOnWhereSomethingElseAnswers) {
  start_with_page([]() -> Result<std::string> { return std::string("<html>"); });
  EXPECT_THAT(rotate(true).lagging_clients_note(), HasSubstr("pollers"));
}

TEST_F(EntenteBundlesTest, RotationTellsTheLatestHundredOfManyThatLag) {
  std::string clients;
  for (int i = 0; i < 150; ++i) clients += (i ? "," : "") + client("10.0.0." + std::to_string(i), "0");
  start_with_page([&clients] { return page_of(clients); });

  const v1::RotateBundleResponse used = rotate(true);

  EXPECT_EQ(used.lagging_clients_size(), 100);
  EXPECT_EQ(used.lagging_clients_total(), 150U);
  EXPECT_EQ(used.lagging_clients(0).address(), "10.0.0.0");
}

TEST_F(EntenteBundlesTest, RotationIsTheIssuersAlone) {
  AdminSetup setup;
  setup.issuer = false;
  start(std::move(setup));
  const grpc::Status status = call(&Stub::RotateBundle, {}).status;

  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("embedded issuer"));
}

TEST_F(EntenteBundlesTest, AreShownAsTheyAreInUse) {
  start();

  const auto own = call(&Stub::GetBundle, {});

  EXPECT_EQ(own.response.trust_domain(), "own.test");
  EXPECT_EQ(own.response.document(), spiffe::write_bundle(*server->record("own.test")->bundle));
}

}  // namespace
}  // namespace entente::syncer
