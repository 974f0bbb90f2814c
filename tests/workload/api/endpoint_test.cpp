// The Workload endpoint as a raw client meets it: metadata, status codes, streams in numbers, slow readers.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <list>
#include <thread>

#include "spiffe/workload/workload.grpc.pb.h"
#include "tests/common/rpc/other_process.hpp"
#include "tests/workload/api/api_fixture.hpp"

namespace entente::workload {
namespace {

using test::domain;
using test::eventually;
using testing::HasSubstr;

using Metadata = std::vector<std::pair<std::string, std::string>>;
const Metadata good = {{"workload.spiffe.io", "true"}};

class EndpointTest : public test::ApiFixture {
 protected:
  // A channel that shares its connection with no other.
  std::shared_ptr<grpc::Channel> connect() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(-1);
    return grpc::CreateCustomChannel(target(), grpc::InsecureChannelCredentials(), arguments);
  }

  static void prepare(grpc::ClientContext& context, const Metadata& metadata) {
    for (const auto& [name, value] : metadata) context.AddMetadata(name, value);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  }

  // The status of each of the seven calls.
  std::vector<grpc::Status> call_all(const Metadata& metadata) const {
    const auto stub = SpiffeWorkloadAPI::NewStub(connect());
    return {stream<X509SVIDResponse>(metadata, [&](auto* context) { return stub->FetchX509SVID(context, {}); }),
            stream<X509BundlesResponse>(metadata, [&](auto* context) { return stub->FetchX509Bundles(context, {}); }),
            stream<JWTBundlesResponse>(metadata, [&](auto* context) { return stub->FetchJWTBundles(context, {}); }),
            stream<WITSVIDResponse>(metadata, [&](auto* context) { return stub->FetchWITSVID(context, {}); }),
            stream<WITBundlesResponse>(metadata, [&](auto* context) { return stub->FetchWITBundles(context, {}); }),
            fetch_jwt(*stub, metadata, "x", ""),
            validate(*stub, metadata)};
  }

  template <class Response, class Open>
  static grpc::Status stream(const Metadata& metadata, const Open& open) {
    grpc::ClientContext context;
    prepare(context, metadata);
    const auto reader = open(&context);
    Response response;
    if (!reader->Read(&response)) return reader->Finish();
    context.TryCancel();
    reader->Finish();
    return grpc::Status::OK;
  }
  static grpc::Status fetch_jwt(SpiffeWorkloadAPI::Stub& stub, const Metadata& metadata, const std::string& audience,
                                const std::string& spiffe_id) {
    grpc::ClientContext context;
    prepare(context, metadata);
    JWTSVIDRequest request;
    request.add_audience(audience);
    request.set_spiffe_id(spiffe_id);
    JWTSVIDResponse response;
    return stub.FetchJWTSVID(&context, request, &response);
  }
  grpc::Status validate(SpiffeWorkloadAPI::Stub& stub, const Metadata& metadata) const {
    grpc::ClientContext context;
    prepare(context, metadata);
    ValidateJWTSVIDRequest request;
    request.set_audience("x");
    request.set_svid(b.token("/db", {"x"}));
    ValidateJWTSVIDResponse response;
    return stub.ValidateJWTSVID(&context, request, &response);
  }
};

// WE-2
TEST_F(EndpointTest, RefusesEveryCallWithoutExactlyOneSecurityHeader) {
  start();
  entitle_self();

  const std::vector<Metadata> wrong = {{},
                                       {{"workload.spiffe.io", "false"}},
                                       {{"workload.spiffe.io", "True"}},
                                       {{"workload.spiffe.io", ""}},
                                       {{"workload.spiffe.io", "true"}, {"workload.spiffe.io", "true"}},
                                       {{"x-workload.spiffe.io", "true"}}};
  for (const Metadata& metadata : wrong) {
    for (const grpc::Status& status : call_all(metadata)) {
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
      EXPECT_THAT(status.error_message(), HasSubstr("security header missing"));
    }
  }
}

// WE-1, WE-3: plain gRPC over a Unix socket, no TLS, nothing asked of the client but the header. WA-11, WE-5: WIT is
// not served.
TEST_F(EndpointTest, AnswersEveryCallOfTheX509AndJwtProfilesAndNoneOfTheWitProfile) {
  start();
  entitle_self();

  const std::vector<grpc::Status> statuses = call_all(good);

  for (const int served : {0, 1, 2, 5, 6}) {
    EXPECT_TRUE(statuses[static_cast<std::size_t>(served)].ok())
        << served << statuses[static_cast<std::size_t>(served)].error_message();
  }
  EXPECT_EQ(statuses[3].error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(statuses[4].error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

// WA-13
TEST_F(EndpointTest, IsTheServiceInNoPackage) {
  EXPECT_STREQ(SpiffeWorkloadAPI::service_full_name(), "SpiffeWorkloadAPI");
  EXPECT_EQ(JWTBundlesResponse::descriptor()->FindFieldByName("bundles")->message_type()->map_value()->type(),
            google::protobuf::FieldDescriptor::TYPE_BYTES);
  EXPECT_EQ(WITBundlesResponse::descriptor()->FindFieldByName("bundles")->message_type()->map_value()->type(),
            google::protobuf::FieldDescriptor::TYPE_STRING);
}

TEST_F(EndpointTest, MakesTheSocketForEveryoneToCall) {
  start();

  EXPECT_EQ(std::filesystem::status(socket()).permissions(), static_cast<std::filesystem::perms>(0666));
}

TEST_F(EndpointTest, NamesTheSocketThatAnotherServerHas) {
  start();

  const auto second = WorkloadApi::start(options, feed, &identities, clock, metrics, log);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Errc::already_exists);
  EXPECT_THAT(second.error().message(), HasSubstr(socket().string()));
}

TEST_F(EndpointTest, GivesAnIdentityToTheUserThatHasItAndToNoOther) {
  start();
  const test::OtherProcess stranger(socket(), test::stranger());
  identities.set({{"unix:uid:" + std::to_string(test::stranger().uid), web, std::nullopt}});
  const auto fetch = [&](const std::shared_ptr<grpc::Channel>& channel) {
    const auto stub = SpiffeWorkloadAPI::NewStub(channel);
    return stream<X509SVIDResponse>(good, [&](auto* context) { return stub->FetchX509SVID(context, {}); }).error_code();
  };

  EXPECT_EQ(fetch(stranger.channel()), grpc::StatusCode::OK);
  const bool same_user = test::stranger().uid == ::geteuid();
  EXPECT_EQ(fetch(connect()), same_user ? grpc::StatusCode::OK : grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(EndpointTest, KnowsACallerByItsSupplementaryGroup) {
  start();
  const test::OtherProcess stranger(socket(), test::stranger());
  const std::string selector = ::geteuid() == 0 ? "unix:supplementary_gid:34567" : test::own_uid_selector();
  identities.set({{selector, web, std::nullopt}});
  const auto stub = SpiffeWorkloadAPI::NewStub(stranger.channel());

  EXPECT_TRUE(stream<X509SVIDResponse>(good, [&](auto* context) { return stub->FetchX509SVID(context, {}); }).ok());
}

TEST_F(EndpointTest, RefusesTheConnectionOfAProcessThatHasEnded) {
  start();
  test::OtherProcess stranger(socket(), test::stranger());
  identities.set({{"unix:uid:" + std::to_string(test::stranger().uid), web, std::nullopt}});
  stranger.end();
  const auto stub = SpiffeWorkloadAPI::NewStub(stranger.channel());

  const grpc::Status status =
      stream<X509SVIDResponse>(good, [&](auto* context) { return stub->FetchX509SVID(context, {}); });

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(EndpointTest, EndsAStreamAtTheNextChangeWhenItsProcessHasEnded) {
  start(true, true);
  test::OtherProcess stranger(socket(), test::stranger());
  const auto stub = SpiffeWorkloadAPI::NewStub(stranger.channel());
  grpc::ClientContext context;
  prepare(context, good);
  const auto reader = stub->FetchX509Bundles(&context, {});
  X509BundlesResponse response;
  ASSERT_TRUE(reader->Read(&response));

  stranger.end();
  test::withdraw(feed, domain("b.test"));

  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

// WA-4
TEST_F(EndpointTest, RefusesAnIdThatIsNone) {
  start();
  entitle_self();
  const auto stub = SpiffeWorkloadAPI::NewStub(connect());

  EXPECT_EQ(fetch_jwt(*stub, good, "x", "spiffe://A.test/web").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(fetch_jwt(*stub, good, std::string(20000, 'x'), "").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

// A stream that is read by hand.
template <class Response>
struct OpenStream {
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<Response>> reader;
  ~OpenStream() {
    context.TryCancel();
    if (reader) reader->Finish();
  }
};

// WE-5
TEST_F(EndpointTest, ShedsCallsBeyondAUsersShare) {
  options.max_calls_per_uid = 2;
  start();
  entitle_self();
  const auto stub = SpiffeWorkloadAPI::NewStub(connect());
  std::list<OpenStream<X509BundlesResponse>> streams(2);
  X509BundlesResponse response;
  for (auto& each : streams) {
    prepare(each.context, good);
    each.reader = stub->FetchX509Bundles(&each.context, {});
    ASSERT_TRUE(each.reader->Read(&response));
  }

  EXPECT_EQ(fetch_jwt(*stub, good, "x", "").error_code(), grpc::StatusCode::UNAVAILABLE);

  streams.pop_back();
  EXPECT_TRUE(eventually([&] { return fetch_jwt(*stub, good, "x", "").ok(); }));
}

TEST_F(EndpointTest, BringsAChangeToTwoHundredStreams) {
  start();
  entitle_self();
  std::vector<std::unique_ptr<SpiffeWorkloadAPI::Stub>> stubs;
  for (int i = 0; i < 4; ++i) stubs.push_back(SpiffeWorkloadAPI::NewStub(connect()));
  std::list<OpenStream<X509SVIDResponse>> streams(200);
  std::size_t number = 0;
  X509SVIDResponse response;
  for (auto& each : streams) {
    prepare(each.context, good);
    each.reader = stubs[number++ % stubs.size()]->FetchX509SVID(&each.context, {});
    ASSERT_TRUE(each.reader->Read(&response));
    ASSERT_EQ(response.federated_bundles_size(), 2);
  }

  test::withdraw(feed, domain("b.test"));

  for (auto& each : streams) {
    ASSERT_TRUE(each.reader->Read(&response));
    EXPECT_EQ(response.federated_bundles_size(), 1);
  }
}

// WA-2: a slow reader may miss what was in between, never the last state.
TEST_F(EndpointTest, GivesASlowReaderTheLatestStateAndNotEveryOneBefore) {
  start();
  entitle_self();
  const auto stub = SpiffeWorkloadAPI::NewStub(connect());
  OpenStream<X509BundlesResponse> slow;
  prepare(slow.context, good);
  slow.reader = stub->FetchX509Bundles(&slow.context, {});
  X509BundlesResponse response;
  ASSERT_TRUE(slow.reader->Read(&response));

  // States of half a megabyte that fill the connection, each with one certificate more, while nobody reads.
  constexpr std::size_t states = 100;
  spiffe::Bundle growing = b.bundle();
  const crypto::Certificate authority = growing.x509_authorities.front();
  growing.x509_authorities.assign((512U << 10) / authority.der().size(), authority);
  for (std::size_t i = 0; i < states; ++i) {
    growing.x509_authorities.push_back(authority);
    const std::string wanted = "entente_workload_api_updates_total " + std::to_string(i + 2);
    test::publish(feed, growing);
    ASSERT_TRUE(eventually([&] { return metrics.expose().find(wanted) != std::string::npos; }));
  }

  std::size_t read = 0;
  const std::size_t last = growing.x509_authorities.size() * authority.der().size();
  do {
    ASSERT_TRUE(slow.reader->Read(&response));
    ++read;
  } while (response.bundles().at("spiffe://b.test").size() != last);
  EXPECT_LT(read, states / 2);
}

TEST_F(EndpointTest, StopsInTimeThoughAReaderReadsNothing) {
  start();
  entitle_self();
  const auto stub = SpiffeWorkloadAPI::NewStub(connect());
  OpenStream<X509BundlesResponse> stuck;
  spiffe::Bundle large = b.bundle();
  large.x509_authorities.assign(40000, large.x509_authorities.front());
  test::publish(feed, large);
  prepare(stuck.context, good);
  stuck.reader = stub->FetchX509Bundles(&stuck.context, {});
  ASSERT_TRUE(
      eventually([&] { return metrics.expose().find("entente_workload_api_updates_total 1") != std::string::npos; }));

  const auto started = std::chrono::steady_clock::now();
  api->stop(std::chrono::milliseconds(50));

  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(10));
}

TEST_F(EndpointTest, OpensAndClosesStreamsFromManyThreadsWhileTheStateChanges) {
  start();
  entitle_self();
  std::atomic<int> failures = 0;
  std::vector<std::thread> callers;
  for (int thread = 0; thread < 4; ++thread) {
    callers.emplace_back([&] {
      const auto stub = SpiffeWorkloadAPI::NewStub(connect());
      for (int i = 0; i < 50; ++i) {
        const auto open = [&](auto* context) { return stub->FetchJWTBundles(context, {}); };
        if (!stream<JWTBundlesResponse>(good, open).ok()) ++failures;
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    test::withdraw(feed, domain("b.test"));
    test::publish(feed, b.bundle());
  }
  for (std::thread& each : callers) each.join();

  EXPECT_EQ(failures, 0);
  EXPECT_TRUE(eventually([&] { return metrics.expose().find("entente_workload_api_streams 0") != std::string::npos; }));
}

}  // namespace
}  // namespace entente::workload
