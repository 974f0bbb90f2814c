#include "common/rpc/unix_server.hpp"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <future>
#include <set>

#include "tests/common/rpc/other_process.hpp"
#include "tests/common/rpc/who_service.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::rpc {
namespace {

using test::eventually;
using test::OtherProcess;
using testing::HasSubstr;

class UnixServerTest : public testing::Test {
 protected:
  UnixServerTest() { ::chmod(folder.path().c_str(), 0755); }

  UnixServerOptions options() {
    UnixServerOptions wanted;
    wanted.path = folder / "test.sock";
    wanted.mode = 0666;
    wanted.services = {&service};
    wanted.callers = service.callers;
    return wanted;
  }
  std::unique_ptr<UnixServer> start(UnixServerOptions wanted) {
    Result<std::unique_ptr<UnixServer>> server = UnixServer::start(std::move(wanted), log);
    EXPECT_TRUE(server) << (server ? "" : server.error().message());
    return server ? *std::move(server) : nullptr;
  }
  Error start_error(UnixServerOptions wanted) {
    const Result<std::unique_ptr<UnixServer>> server = UnixServer::start(std::move(wanted), log);
    EXPECT_FALSE(server);
    return server ? Error() : server.error();
  }
  // A channel that shares its connection with no other.
  std::shared_ptr<grpc::Channel> channel() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel("unix:" + (folder / "test.sock").string(), grpc::InsecureChannelCredentials(),
                                     arguments);
  }
  static grpc::Status ask(const std::shared_ptr<grpc::Channel>& over) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    JWTSVIDResponse response;
    return SpiffeWorkloadAPI::NewStub(over)->FetchJWTSVID(&context, JWTSVIDRequest(), &response);
  }
  // A call that the service holds, on a thread of its own, until it is cancelled.
  struct HeldCall {
    HeldCall(std::shared_ptr<grpc::Channel> over)
        : status(std::async(std::launch::async, [this, over] {
            ValidateJWTSVIDResponse response;
            return SpiffeWorkloadAPI::NewStub(over)->ValidateJWTSVID(&context, ValidateJWTSVIDRequest(), &response);
          })) {}
    grpc::ClientContext context;
    std::future<grpc::Status> status;
  };

  test::TempFolder folder;
  Log log{LogLevel::error};
  test::WhoService service;
};

TEST_F(UnixServerTest, TellsAHandlerWhichProcessCalls) {
  const auto server = start(options());

  ASSERT_TRUE(ask(channel()).ok());

  const CallerPtr caller = service.last().caller;
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->pid, ::getpid());
  EXPECT_EQ(caller->uid, ::geteuid());
  EXPECT_EQ(caller->gid, ::getegid());
  EXPECT_TRUE(caller->alive());
}

TEST_F(UnixServerTest, TellsCallersOfDifferentUsersApart) {
  const auto server = start(options());
  const OtherProcess stranger(folder / "test.sock", test::stranger());
  const auto own = channel();

  ASSERT_TRUE(ask(stranger.channel()).ok());
  const CallerPtr first = service.last().caller;
  ASSERT_TRUE(ask(own).ok());
  const CallerPtr second = service.last().caller;

  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->pid, stranger.pid());
  EXPECT_EQ(first->uid, test::stranger().uid);
  EXPECT_EQ(first->gid, test::stranger().gid);
  EXPECT_EQ(second->uid, ::geteuid());
}

TEST_F(UnixServerTest, KnowsThatTheProcessThatConnectedHasEndedThoughItsConnectionLivesOn) {
  const auto server = start(options());
  OtherProcess other(folder / "test.sock", test::stranger());
  ASSERT_TRUE(ask(other.channel()).ok());
  ASSERT_TRUE(service.last().caller->alive());

  other.end();

  ASSERT_TRUE(ask(other.channel()).ok());
  EXPECT_FALSE(service.last().caller->alive());
}

TEST_F(UnixServerTest, GivesTheSocketExactlyTheWantedMode) {
  const mode_t umask_before = ::umask(0077);
  const auto server = start(options());
  ::umask(umask_before);

  struct stat facts {};
  ASSERT_EQ(::stat((folder / "test.sock").c_str(), &facts), 0);

  EXPECT_EQ(facts.st_mode & 07777, 0666U);
}

TEST_F(UnixServerTest, ReplacesTheSocketThatAKilledProcessLeftBehind) {
  const auto live = start(options());
  std::filesystem::create_hard_link(folder / "test.sock", folder / "kept");
  live->stop(Duration::zero());
  std::filesystem::rename(folder / "kept", folder / "test.sock");

  const auto server = start(options());

  EXPECT_TRUE(ask(channel()).ok());
}

TEST_F(UnixServerTest, RefusesAPathThatAnotherServerAnswersOn) {
  const auto live = start(options());

  const Error error = start_error(options());

  EXPECT_EQ(error.code(), Errc::already_exists);
  EXPECT_THAT(error.message(), HasSubstr((folder / "test.sock").string()));
  EXPECT_TRUE(ask(channel()).ok());
}

TEST_F(UnixServerTest, RefusesAPathThatIsNoSocketAndLeavesItAlone) {
  folder.write("test.sock", "precious");

  EXPECT_EQ(start_error(options()).code(), Errc::already_exists);

  EXPECT_EQ(*read_file(folder / "test.sock"), "precious");
}

TEST_F(UnixServerTest, NamesTheFolderThatIsMissing) {
  UnixServerOptions wanted = options();
  wanted.path = folder / "absent/test.sock";

  const Error error = start_error(wanted);

  EXPECT_EQ(error.code(), Errc::not_found);
  EXPECT_THAT(error.message(), HasSubstr("its folder does not exist"));
}

TEST_F(UnixServerTest, RefusesAPathThatIsTooLongForASocket) {
  UnixServerOptions wanted = options();
  wanted.path = folder / std::string(120, 'x');

  EXPECT_EQ(start_error(wanted).code(), Errc::invalid_argument);
}

TEST_F(UnixServerTest, RemovesItsSocketWhenItStopsButNotASuccessors) {
  const auto first = start(options());
  std::filesystem::remove(folder / "test.sock");
  const auto second = start(options());

  first->stop(Duration::zero());
  EXPECT_TRUE(std::filesystem::exists(folder / "test.sock"));

  second->stop(Duration::zero());
  EXPECT_FALSE(std::filesystem::exists(folder / "test.sock"));
}

TEST_F(UnixServerTest, RefusesMoreConnectionsOfOneUserThanItMayHaveAndTakesNewOnesOnceOldOnesHaveGone) {
  UnixServerOptions wanted = options();
  wanted.max_connections_per_uid = 2;
  const auto server = start(wanted);
  auto first = channel();
  const auto second = channel();
  ASSERT_TRUE(ask(first).ok());
  ASSERT_TRUE(ask(second).ok());

  EXPECT_FALSE(ask(channel()).ok());

  first.reset();
  EXPECT_TRUE(eventually([&] { return ask(channel()).ok(); }));
}

TEST_F(UnixServerTest, TakesAnotherUsersConnectionsWhileOneUserIsAtItsLimit) {
  UnixServerOptions wanted = options();
  wanted.max_connections_per_uid = 1;
  const auto server = start(wanted);
  const auto own = channel();
  ASSERT_TRUE(ask(own).ok());

  const OtherProcess other(folder / "test.sock", test::stranger());

  EXPECT_EQ(ask(other.channel()).ok(), test::stranger().uid != ::geteuid());
}

TEST_F(UnixServerTest, RefusesConnectionsBeyondTheLimitForAll) {
  UnixServerOptions wanted = options();
  wanted.max_connections = 1;
  const auto server = start(wanted);
  const auto own = channel();
  ASSERT_TRUE(ask(own).ok());

  const OtherProcess other(folder / "test.sock", test::stranger());

  EXPECT_FALSE(ask(other.channel()).ok());
}

TEST_F(UnixServerTest, GivesEachConnectionAHigherDescriptorThanTheLast) {
  const auto server = start(options());
  std::vector<int> numbers;

  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(ask(channel()).ok());
    numbers.push_back(std::stoi(service.last().peer.substr(3)));
  }

  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  EXPECT_EQ(std::set<int>(numbers.begin(), numbers.end()).size(), numbers.size());
}

// Leaves only a few descriptors to number connections with, so that numbers come back soon.
class FewDescriptors {
 public:
  FewDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 96;
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(UnixServerTest, NeverShowsAHeldHandlerTheCredentialsOfAConnectionThatCameLater) {
  const FewDescriptors few;
  const auto server = start(options());
  service.held_may_end = false;
  auto other = std::make_unique<OtherProcess>(folder / "test.sock", test::stranger());
  const pid_t pid = other->pid();
  auto call = std::make_unique<HeldCall>(other->channel());
  ASSERT_TRUE(eventually([&] { return service.held().has_value(); }));
  const std::string peer = service.held()->peer;

  // The transport dies under the handler, and more connections come than there are numbers.
  call->context.TryCancel();
  ASSERT_FALSE(call->status.get().ok());
  call.reset();
  other.reset();
  ASSERT_TRUE(eventually([&] { return service.held_cancelled.load(); }));
  std::set<std::string> later;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(eventually([&] { return ask(channel()).ok(); }));
    later.insert(service.last().peer);
  }

  // gRPC keeps the descriptor while the call exists: numbers came back, but never this one.
  EXPECT_LT(later.size(), 200U);
  EXPECT_FALSE(later.contains(peer));
  ASSERT_TRUE(service.held());
  EXPECT_EQ(service.held()->caller->pid, pid);
  service.release();
  EXPECT_TRUE(eventually([&] { return !service.held(); }));
}

TEST_F(UnixServerTest, CancelsWhatIsStillUnderWayAfterTheGrace) {
  const auto server = start(options());
  HeldCall call(channel());
  ASSERT_TRUE(eventually([&] { return service.held().has_value(); }));

  server->stop(std::chrono::milliseconds(10));

  EXPECT_FALSE(call.status.get().ok());
}

// Asks for the list of services, as grpcurl does: field 7 of ServerReflectionRequest.
std::string reflected(const std::shared_ptr<grpc::Channel>& over) {
  const grpc::Slice list_services("\x3a\x01*", 3);
  const grpc::ByteBuffer request(&list_services, 1);
  grpc::ByteBuffer response;
  grpc::ClientContext context;
  std::promise<grpc::Status> done;
  grpc::GenericStub(over).UnaryCall(&context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", {},
                                    &request, &response, [&](grpc::Status status) { done.set_value(status); });
  if (!done.get_future().get().ok()) return "refused";
  std::vector<grpc::Slice> slices;
  response.Dump(&slices);
  std::string text;
  for (const grpc::Slice& slice : slices) text.append(slice.begin(), slice.end());
  return text;
}

// WE-6
TEST_F(UnixServerTest, DescribesItsServicesByReflectionWhereItIsAskedTo) {
  UnixServerOptions wanted = options();
  wanted.reflection = true;
  const auto server = start(wanted);

  EXPECT_THAT(reflected(channel()), HasSubstr("SpiffeWorkloadAPI"));
}

TEST_F(UnixServerTest, OffersNoReflectionUnasked) {
  const auto server = start(options());

  EXPECT_EQ(reflected(channel()), "refused");
}

}  // namespace
}  // namespace entente::rpc
