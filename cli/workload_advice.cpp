#include "cli/workload_advice.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace entente::cli {
namespace {

constexpr std::string_view unix_scheme = "unix:";

using State = SocketFacts::State;

std::string user_name(uid_t uid) {
  passwd entry{}, *found = nullptr;
  std::vector<char> buffer(16384);
  const bool known = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  return known ? entry.pw_name : std::to_string(uid);
}

std::string group_name(gid_t gid) {
  group entry{}, *found = nullptr;
  std::vector<char> buffer(16384);
  const bool known = ::getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  return known ? entry.gr_name : std::to_string(gid);
}

State state_of(int error) {
  switch (error) {
    case 0:
      return State::listening;
    case ENOENT:
    case ENOTDIR:
      return State::missing;
    case EACCES:
    case EPERM:
      return State::not_permitted;
    case ECONNREFUSED:
      return State::not_listening;
    default:
      return State::unknown;
  }
}

// Never waits: a full queue of connections is an answer, too (EAGAIN).
State knock(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return State::unknown;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return State::unknown;
  const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int error = connected || errno == EAGAIN ? 0 : errno;
  ::close(fd);
  return state_of(error);
}

std::string octal(unsigned mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode);
  return text.data();
}

std::string spell(const Self& self) {
  return "user " + self.user + " (uid " + std::to_string(self.uid) + ", gid " + std::to_string(self.gid) + ")";
}

std::string advice_on_socket(const SocketFacts& socket, const Self& self) {
  switch (socket.state) {
    case State::missing:
      return "there is no socket " + socket.path +
             ": start the agent, or name its socket with --socket or SPIFFE_ENDPOINT_SOCKET";
    case State::hidden:
      return spell(self) + " may not look into the folder of " + socket.path +
             ": run as a user who may, or open the folder for this one";
    case State::no_socket:
      return socket.path + " is no socket: name the agent's with --socket or SPIFFE_ENDPOINT_SOCKET";
    case State::not_permitted:
      return spell(self) + " may not connect to " + socket.path + " (mode " + octal(socket.mode) + ", owner " +
             socket.owner + ", group " + socket.group + "): run as a user who may, or open the socket for this one";
    case State::not_listening:
      return "nobody listens at " + socket.path + ": the agent has stopped and left its socket behind; start it again";
    case State::listening:
    case State::unknown:
      return "";
  }
  return "";
}

std::string advice(const Error& failure, const std::optional<SocketFacts>& socket, const Self& self, Duration timeout) {
  switch (failure.code()) {
    case Errc::unavailable:
      return socket ? advice_on_socket(*socket, self) : "";
    case Errc::timeout:
      return "connections are taken, and nothing is answered within " + describe_duration(timeout) +
             ": what listens there is busy, hangs or is no Workload API; --timeout sets another limit";
    case Errc::permission_denied:
      return "this is " + spell(self) +
             ": it needs a registration entry whose selectors match, such as unix:uid:" + std::to_string(self.uid) +
             ", or to run as the user of one";
    default:
      return "";
  }
}

}  // namespace

std::optional<SocketFacts> look_at_socket(const std::string& target) {
  if (!target.starts_with(unix_scheme)) return std::nullopt;
  SocketFacts facts;
  facts.path = target.substr(unix_scheme.size());
  struct stat found {};
  if (::stat(facts.path.c_str(), &found) != 0) {
    facts.state = errno == EACCES ? State::hidden : state_of(errno);
    return facts;
  }
  facts.mode = found.st_mode & 07777U;
  facts.owner = user_name(found.st_uid);
  facts.group = group_name(found.st_gid);
  facts.state = S_ISSOCK(found.st_mode) ? knock(facts.path) : State::no_socket;
  return facts;
}

Self look_at_self() { return {::geteuid(), ::getegid(), user_name(::geteuid())}; }

Error with_advice(const Error& failure, const std::optional<SocketFacts>& socket, const Self& self, Duration timeout) {
  const std::string next = advice(failure, socket, self, timeout);
  return next.empty() ? failure : Error(failure.code(), failure.message() + "; " + next);
}

int fail_workload(const std::string& target, const Error& failure, const GlobalOptions& options) {
  return fail(with_advice(failure, look_at_socket(target), look_at_self(), options.timeout));
}

}  // namespace entente::cli
