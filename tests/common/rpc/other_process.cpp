#include "tests/common/rpc/other_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <grpcpp/create_channel_posix.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace entente::test {
namespace {

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

void send_fd(int over, int fd) {
  char byte = fd >= 0 ? 'y' : 'n';
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  ::sendmsg(over, &message, MSG_NOSIGNAL);
}

int receive_fd(int over) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(over, &message, MSG_CMSG_CLOEXEC) != 1 || byte != 'y') return -1;
  int fd = -1;
  if (const cmsghdr* header = CMSG_FIRSTHDR(&message)) std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

// Runs in a child of a process with threads: system calls only. The raw ones, for glibc's would involve all threads.
[[noreturn]] void connect_and_wait(const sockaddr_un& address, const Credentials& wanted, bool change, int over) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  bool changed = true;
  if (change) {
    changed = ::syscall(SYS_setgroups, wanted.groups.size(), wanted.groups.data()) == 0 &&
              ::syscall(SYS_setresgid, wanted.gid, wanted.gid, wanted.gid) == 0 &&
              ::syscall(SYS_setresuid, wanted.uid, wanted.uid, wanted.uid) == 0;
  }
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = changed && ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  send_fd(over, connected ? fd : -1);
  ::close(fd);
  for (;;) ::pause();
}

}  // namespace

Credentials own_credentials() { return {::geteuid(), ::getegid(), {}}; }

Credentials stranger() { return ::geteuid() == 0 ? Credentials{12345, 23456, {5, 34567}} : own_credentials(); }

OtherProcess::OtherProcess(const std::filesystem::path& socket, const Credentials& credentials) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return;
  const UniqueFd ours(pair[0]), theirs(pair[1]);
  const sockaddr_un address = address_of(socket);
  pid_ = ::fork();
  if (pid_ == 0) connect_and_wait(address, credentials, ::geteuid() == 0, theirs.get());
  const int fd = receive_fd(ours.get());
  if (fd < 0) return;
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  connected_ = true;
  channel_ = grpc::CreateInsecureChannelFromFd("localhost", fd);
}

void OtherProcess::end() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace entente::test
