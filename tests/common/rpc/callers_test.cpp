#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "common/rpc/caller.hpp"

namespace entente::rpc {
namespace {

std::array<UniqueFd, 2> socket_pair() {
  int pair[2] = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  return {UniqueFd(pair[0]), UniqueFd(pair[1])};
}

CallerPtr caller_of(uid_t uid) {
  Caller caller;
  caller.uid = uid;
  return std::make_shared<const Caller>(std::move(caller));
}

std::string peer_of(const UniqueFd& fd) { return "fd:" + std::to_string(fd.get()); }

TEST(Callers, FindsACallerByItsConnectionsPeerName) {
  Callers callers;
  const auto sockets = socket_pair();

  callers.add(sockets[0].get(), caller_of(7));

  ASSERT_TRUE(callers.find(peer_of(sockets[0])));
  EXPECT_EQ(callers.find(peer_of(sockets[0]))->uid, 7U);
}

TEST(Callers, FindsNobodyByAPeerNameThatIsNoDescriptor) {
  Callers callers;
  const auto sockets = socket_pair();
  callers.add(sockets[0].get(), caller_of(7));

  for (const char* peer : {"", "fd:", "fd:x", "fd:1x", "ipv4:127.0.0.1:1", "unix:", "fd:99999"}) {
    EXPECT_FALSE(callers.find(peer)) << peer;
  }
}

TEST(Callers, ShowsTheNewerConnectionOnceADescriptorIsUsedAgain) {
  Callers callers;
  const auto sockets = socket_pair();
  callers.add(sockets[0].get(), caller_of(7));

  callers.add(sockets[0].get(), caller_of(8));

  EXPECT_EQ(callers.find(peer_of(sockets[0]))->uid, 8U);
  EXPECT_EQ(callers.size(), 1U);
  EXPECT_EQ(callers.size_of(7), 0U);
  EXPECT_EQ(callers.size_of(8), 1U);
}

TEST(Callers, ForgetsConnectionsWhoseDescriptorIsClosedOrAnothers) {
  Callers callers;
  auto sockets = socket_pair();
  auto others = socket_pair();
  const int closed = sockets[0].get();
  const int reused = sockets[1].get();
  callers.add(closed, caller_of(7));
  callers.add(reused, caller_of(7));
  callers.add(others[0].get(), caller_of(7));

  sockets[0].reset();
  ASSERT_EQ(::dup2(others[1].get(), reused), reused);
  callers.sweep();

  EXPECT_FALSE(callers.find("fd:" + std::to_string(closed)));
  EXPECT_FALSE(callers.find("fd:" + std::to_string(reused)));
  EXPECT_TRUE(callers.find(peer_of(others[0])));
  EXPECT_EQ(callers.size_of(7), 1U);
}

TEST(Caller, IsTheProcessThatMadeTheConnection) {
  const auto sockets = socket_pair();

  const Result<Caller> caller = identify_peer(sockets[0].get());

  ASSERT_TRUE(caller) << caller.error().message();
  EXPECT_EQ(caller->pid, ::getpid());
  EXPECT_EQ(caller->uid, ::geteuid());
  EXPECT_NE(caller->started, 0U);
  EXPECT_TRUE(caller->alive());
}

TEST(Caller, WithoutAPidfdIsToldFromALaterProcessByItsStartTime) {
  Caller same;
  same.pid = ::getpid();
  same.started = identify_peer(socket_pair()[0].get())->started;
  Caller another;
  another.pid = ::getpid();
  another.started = same.started + 1;

  EXPECT_TRUE(same.alive());
  EXPECT_FALSE(another.alive());
}

}  // namespace
}  // namespace entente::rpc
