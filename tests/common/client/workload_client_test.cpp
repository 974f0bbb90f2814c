// The client against a server that answers whatever a test wants, well-formed or not. What our own server answers it is
// tested with that server.
#include "common/client/workload_client.hpp"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "common/crypto/issue.hpp"
#include "common/spiffe/jwt_svid.hpp"
#include "spiffe/workload/workload.grpc.pb.h"
#include "tests/support/eventually.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Duration soon = std::chrono::seconds(20);
const Time now = std::chrono::system_clock::now();

spiffe::SpiffeId id(std::string_view text) { return *spiffe::SpiffeId::parse(text); }

// An authority and an SVID of it, as they go over the wire.
struct Wire {
  Wire() : key(*crypto::PrivateKey::generate(crypto::KeyType::ec_p256)) {
    crypto::CertificateTemplate ca;
    ca.subject = {{"CN", "a.test"}};
    ca.uri_names = {"spiffe://a.test"};
    ca.not_before = now - std::chrono::hours(1);
    ca.not_after = now + std::chrono::hours(1);
    crypto::CertificateTemplate leaf = ca;
    ca.ca = true;
    leaf.subject.clear();
    leaf.uri_names = {"spiffe://a.test/web"};
    const crypto::Certificate root = *crypto::issue_root(ca, key);
    authority = as_text(root.der());
    svid.set_spiffe_id("spiffe://a.test/web");
    svid.set_x509_svid(std::string(as_text(crypto::issue_certificate(leaf, key.public_key(), root, key)->der())));
    svid.set_x509_svid_key(std::string(key.pkcs8_der().text()));
    svid.set_bundle(authority);
  }
  std::string token(std::string_view subject) const {
    return *spiffe::sign_jwt_svid({id(subject), {"x"}, now, now + std::chrono::hours(1)}, "k", key);
  }

  crypto::PrivateKey key;
  std::string authority;
  X509SVID svid;
};

// Answers as a test sets it; streams send what is queued and end when told to.
class ScriptedApi final : public SpiffeWorkloadAPI::Service {
 public:
  X509BundlesResponse x509_bundles;
  JWTBundlesResponse jwt_bundles;
  JWTSVIDResponse jwt;
  ValidateJWTSVIDResponse validated;
  grpc::Status status;
  std::multimap<std::string, std::string> metadata;  // of the last call

  void send(X509SVIDResponse response) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(response));
    news_.notify_all();
  }
  // What every stream begins with: where one test opens several, an earlier one may not have noticed its end yet.
  void begin_with(X509SVIDResponse response) {
    const std::lock_guard lock(mutex_);
    first_ = std::move(response);
  }
  void end_stream() {
    const std::lock_guard lock(mutex_);
    end_ = true;
    news_.notify_all();
  }
  int streams() {
    const std::lock_guard lock(mutex_);
    return streams_;
  }

 private:
  grpc::Status FetchX509SVID(grpc::ServerContext* context, const X509SVIDRequest*,
                             grpc::ServerWriter<X509SVIDResponse>* writer) override {
    std::unique_lock lock(mutex_);
    ++streams_;
    if (first_ && status.ok()) writer->Write(*first_);
    while (!context->IsCancelled() && status.ok()) {
      if (!queue_.empty()) {
        writer->Write(queue_.front());
        queue_.pop_front();
      } else if (end_) {
        end_ = false;
        return {grpc::StatusCode::UNAVAILABLE, "ended by the test"};
      } else {
        news_.wait_for(lock, std::chrono::milliseconds(5));
      }
    }
    return status;
  }
  grpc::Status FetchX509Bundles(grpc::ServerContext* context, const X509BundlesRequest*,
                                grpc::ServerWriter<X509BundlesResponse>* writer) override {
    remember(*context);
    if (status.ok()) writer->Write(x509_bundles);
    return status;
  }
  grpc::Status FetchJWTBundles(grpc::ServerContext*, const JWTBundlesRequest*,
                               grpc::ServerWriter<JWTBundlesResponse>* writer) override {
    if (status.ok()) writer->Write(jwt_bundles);
    return status;
  }
  grpc::Status FetchJWTSVID(grpc::ServerContext*, const JWTSVIDRequest*, JWTSVIDResponse* response) override {
    *response = jwt;
    return status;
  }
  grpc::Status ValidateJWTSVID(grpc::ServerContext*, const ValidateJWTSVIDRequest*,
                               ValidateJWTSVIDResponse* response) override {
    *response = validated;
    return status;
  }
  void remember(const grpc::ServerContext& context) {
    metadata.clear();
    for (const auto& [name, value] : context.client_metadata()) {
      metadata.emplace(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
    }
  }

  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<X509SVIDResponse> queue_;
  std::optional<X509SVIDResponse> first_;
  bool end_ = false;
  int streams_ = 0;
};

class WorkloadClientTest : public testing::Test {
 protected:
  WorkloadClientTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&api);
    builder.AddListeningPort(target, grpc::InsecureServerCredentials());
    server = builder.BuildAndStart();
  }
  ~WorkloadClientTest() override { server->Shutdown(std::chrono::system_clock::now()); }

  X509SVIDResponse one_svid() const {
    X509SVIDResponse response;
    *response.add_svids() = wire.svid;
    return response;
  }
  Error error_of(X509SVIDResponse response) {
    api.begin_with(std::move(response));
    const Result<X509Context> context = client.fetch_x509(soon);
    EXPECT_FALSE(context);
    return context ? Error() : context.error();
  }

  test::TempFolder folder;
  std::string target = "unix:" + (folder / "api.sock").string();
  ScriptedApi api;
  std::unique_ptr<grpc::Server> server;
  WorkloadClient client{target};
  const Wire wire;
};

// WE-2
TEST_F(WorkloadClientTest, SendsTheSecurityHeaderOnce) {
  ASSERT_TRUE(client.fetch_x509_bundles(soon));

  EXPECT_EQ(api.metadata.count("workload.spiffe.io"), 1U);
  EXPECT_EQ(api.metadata.find("workload.spiffe.io")->second, "true");
}

TEST_F(WorkloadClientTest, ReadsAnX509Answer) {
  X509SVIDResponse response = one_svid();
  (*response.mutable_federated_bundles())["spiffe://b.test"] = wire.authority;
  api.send(response);

  const Result<X509Context> context = client.fetch_x509(soon);

  ASSERT_TRUE(context) << context.error().message();
  EXPECT_EQ(context->svids.at(0).id, id("spiffe://a.test/web"));
  EXPECT_EQ(context->bundles.size(), 2U);
}

// WA-4
TEST_F(WorkloadClientTest, RefusesAnX509AnswerWithoutAMandatoryField) {
  const auto without = [&](auto clear) {
    X509SVIDResponse response = one_svid();
    clear(*response.mutable_svids(0));
    return error_of(response).code();
  };

  EXPECT_EQ(error_of(X509SVIDResponse()).code(), Errc::schema);
  EXPECT_EQ(without([](X509SVID& svid) { svid.clear_spiffe_id(); }), Errc::schema);
  EXPECT_EQ(without([](X509SVID& svid) { svid.clear_x509_svid(); }), Errc::schema);
  EXPECT_EQ(without([](X509SVID& svid) { svid.clear_x509_svid_key(); }), Errc::schema);
  EXPECT_EQ(without([](X509SVID& svid) { svid.clear_bundle(); }), Errc::schema);
}

// WA-5
TEST_F(WorkloadClientTest, RefusesAnX509AnswerWhosePartsDoNotBelongTogether) {
  const crypto::PrivateKey another = *crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
  X509SVIDResponse other_key = one_svid(), other_id = one_svid(), other_domain = one_svid();
  other_key.mutable_svids(0)->set_x509_svid_key(std::string(another.pkcs8_der().text()));
  other_id.mutable_svids(0)->set_spiffe_id("spiffe://a.test/db");
  (*other_domain.mutable_federated_bundles())["spiffe://B.test"] = wire.authority;

  EXPECT_EQ(error_of(other_key).code(), Errc::schema);
  EXPECT_THAT(error_of(other_id).message(), HasSubstr("spiffe://a.test/web"));
  EXPECT_EQ(error_of(other_domain).code(), Errc::schema);
}

// WA-3
TEST_F(WorkloadClientTest, TakesAnEmptyBundleAsEmpty) {
  (*api.x509_bundles.mutable_bundles())["spiffe://b.test"] = "";
  (*api.jwt_bundles.mutable_bundles())["spiffe://b.test"] = R"({"keys":[]})";

  const Result<spiffe::BundleSet> x509 = client.fetch_x509_bundles(soon);
  const Result<spiffe::BundleSet> jwt = client.fetch_jwt_bundles(soon);

  ASSERT_TRUE(x509 && jwt);
  EXPECT_TRUE(x509->begin()->second->empty());
  EXPECT_TRUE(jwt->begin()->second->empty());
}

TEST_F(WorkloadClientTest, RefusesBundlesThatCannotBeRead) {
  (*api.x509_bundles.mutable_bundles())["spiffe://b.test"] = "garbage";
  (*api.jwt_bundles.mutable_bundles())["spiffe://b.test"] = "{}";

  EXPECT_EQ(client.fetch_x509_bundles(soon).error().code(), Errc::schema);
  const Error error = client.fetch_jwt_bundles(soon).error();
  EXPECT_EQ(error.code(), Errc::schema);
  EXPECT_THAT(error.message(), HasSubstr("b.test"));
}

TEST_F(WorkloadClientTest, ReadsJwtSvidsAndRefusesOneThatIsForAnother) {
  JWTSVID* const svid = api.jwt.add_svids();
  svid->set_spiffe_id("spiffe://a.test/web");
  svid->set_svid(wire.token("spiffe://a.test/web"));
  EXPECT_TRUE(client.fetch_jwt({"x"}, std::nullopt, soon));

  svid->set_svid(wire.token("spiffe://a.test/db"));
  EXPECT_EQ(client.fetch_jwt({"x"}, std::nullopt, soon).error().code(), Errc::schema);

  api.jwt.clear_svids();
  EXPECT_EQ(client.fetch_jwt({"x"}, std::nullopt, soon).error().code(), Errc::schema);
}

TEST_F(WorkloadClientTest, RefusesAValidationWithoutClaims) {
  api.validated.set_spiffe_id("spiffe://b.test/db");

  EXPECT_EQ(client.validate_jwt("x", "token", soon).error().code(), Errc::schema);
}

TEST_F(WorkloadClientTest, TellsWhatTheServerSaidAndOverWhichSocket) {
  const std::vector<std::pair<grpc::StatusCode, Errc>> codes = {
      {grpc::StatusCode::PERMISSION_DENIED, Errc::permission_denied},
      {grpc::StatusCode::UNAVAILABLE, Errc::unavailable},
      {grpc::StatusCode::INVALID_ARGUMENT, Errc::invalid_argument},
      {grpc::StatusCode::UNIMPLEMENTED, Errc::unsupported},
      {grpc::StatusCode::INTERNAL, Errc::internal}};
  for (const auto& [code, expected] : codes) {
    api.status = {code, "the reason"};
    const std::vector<Error> errors = {client.fetch_x509_bundles(soon).error(),
                                       client.validate_jwt("x", "token", soon).error()};
    for (const Error& error : errors) {
      EXPECT_EQ(error.code(), expected);
      EXPECT_THAT(error.message(), HasSubstr("the reason"));
      EXPECT_THAT(error.message(), HasSubstr(target));
    }
  }
}

TEST_F(WorkloadClientTest, GivesUpAtItsDeadline) {
  EXPECT_EQ(client.fetch_x509(std::chrono::milliseconds(20)).error().code(), Errc::timeout);
}

TEST_F(WorkloadClientTest, IsUnavailableWhereNothingListens) {
  const Error error = WorkloadClient("unix:" + (folder / "absent.sock").string()).fetch_x509(soon).error();

  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_THAT(error.message(), HasSubstr((folder / "absent.sock").string()));
}

// What a watch reports.
struct Reports {
  std::function<void(X509ContextPtr)> on_update() {
    return [this](X509ContextPtr) { ++updates; };
  }
  std::function<void(const Error&)> on_error() {
    return [this](const Error& error) {
      last = error.code();
      ++errors;
    };
  }
  std::atomic<int> updates = 0, errors = 0;
  std::atomic<Errc> last = Errc::internal;
};

// WA-4
TEST_F(WorkloadClientTest, ReportsAndDiscardsABadMessageAndFollowsTheStreamFurther) {
  Reports reports;
  const auto watch = client.watch_x509(reports.on_update(), reports.on_error());

  api.send(one_svid());
  api.send(X509SVIDResponse());
  api.send(one_svid());

  EXPECT_TRUE(test::eventually([&] { return reports.updates == 2; }));
  EXPECT_EQ(reports.errors, 1);
  EXPECT_EQ(reports.last, Errc::schema);
  EXPECT_EQ(api.streams(), 1);
}

TEST_F(WorkloadClientTest, ConnectsAgainAtOnceAfterAStreamThatWorkedHasEnded) {
  Reports reports;
  const auto watch = client.watch_x509(reports.on_update(), reports.on_error());
  api.send(one_svid());
  ASSERT_TRUE(test::eventually([&] { return reports.updates == 1; }));

  api.end_stream();
  ASSERT_TRUE(test::eventually([&] { return api.streams() == 2; }));
  api.send(one_svid());

  EXPECT_TRUE(test::eventually([&] { return reports.updates == 2; }));
  EXPECT_EQ(reports.last, Errc::unavailable);
}

// WA-3
TEST_F(WorkloadClientTest, ReportsThatPermissionIsDenied) {
  api.status = {grpc::StatusCode::PERMISSION_DENIED, "no identity issued"};
  Reports reports;

  const auto watch = client.watch_x509(reports.on_update(), reports.on_error());

  EXPECT_TRUE(test::eventually([&] { return reports.errors > 0; }));
  EXPECT_EQ(reports.last, Errc::permission_denied);
}

TEST_F(WorkloadClientTest, EndsAWatchAtOnceWhetherItFollowsAStreamOrWaitsToConnectAgain) {
  Reports following, waiting;
  auto first = client.watch_x509(following.on_update(), following.on_error());
  auto second =
      WorkloadClient("unix:" + (folder / "absent.sock").string()).watch_x509(waiting.on_update(), waiting.on_error());
  api.send(one_svid());
  ASSERT_TRUE(test::eventually([&] { return following.updates == 1 && waiting.errors > 0; }));

  const auto started = std::chrono::steady_clock::now();
  first.reset();
  second.reset();

  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::milliseconds(900));
  EXPECT_EQ(following.errors, 0);
}

}  // namespace
}  // namespace entente::client
