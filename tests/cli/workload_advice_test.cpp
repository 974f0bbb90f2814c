#include "cli/workload_advice.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "tests/support/temp_folder.hpp"

namespace entente::test {
namespace {

using cli::SocketFacts;
using State = cli::SocketFacts::State;
using testing::HasSubstr;
using testing::StrEq;

const cli::Self news{9, 13, "news"};

std::string advised(Errc code, const std::optional<SocketFacts>& socket = std::nullopt) {
  return cli::with_advice(Error(code, "what was said"), socket, news, std::chrono::seconds(2)).message();
}

SocketFacts found(State state) { return {state, "/run/agent.sock", 0600, "root", "adm"}; }

TEST(WorkloadAdvice, NamesTheSocketTheUserAndTheNextStep) {
  EXPECT_THAT(advised(Errc::unavailable, found(State::missing)),
              StrEq("what was said; there is no socket /run/agent.sock: start the agent, or name its socket with "
                    "--socket or SPIFFE_ENDPOINT_SOCKET"));
  EXPECT_THAT(
      advised(Errc::unavailable, found(State::not_permitted)),
      HasSubstr("user news (uid 9, gid 13) may not connect to /run/agent.sock (mode 0600, owner root, group adm)"));
  EXPECT_THAT(advised(Errc::unavailable, found(State::hidden)), HasSubstr("may not look into the folder"));
  EXPECT_THAT(advised(Errc::unavailable, found(State::no_socket)), HasSubstr("/run/agent.sock is no socket"));
  EXPECT_THAT(advised(Errc::unavailable, found(State::not_listening)), HasSubstr("nobody listens"));
  EXPECT_THAT(advised(Errc::timeout, found(State::listening)), HasSubstr("nothing is answered within 2"));
  EXPECT_THAT(advised(Errc::permission_denied), HasSubstr("such as unix:uid:9"));
}

TEST(WorkloadAdvice, AddsNothingToWhatAnAnsweringServerExplainsItself) {
  EXPECT_THAT(advised(Errc::unavailable, found(State::listening)), StrEq("what was said"));
  EXPECT_THAT(advised(Errc::unavailable), StrEq("what was said"));
  EXPECT_THAT(advised(Errc::invalid_argument, found(State::missing)), StrEq("what was said"));
}

class Listener {
 public:
  explicit Listener(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(fd_, 1);
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  int fd_;
};

TEST(WorkloadAdvice, TellsWhatIsAtTheSocketsPath) {
  TempFolder folder;
  const auto state_of = [&](const std::string& name) {
    return cli::look_at_socket("unix:" + (folder.path() / name).string()).value().state;
  };
  std::ofstream(folder.path() / "file") << "text";
  {
    const Listener listener((folder.path() / "socket").string());
    EXPECT_EQ(state_of("socket"), State::listening);
  }

  EXPECT_EQ(state_of("socket"), State::not_listening);
  EXPECT_EQ(state_of("file"), State::no_socket);
  EXPECT_EQ(state_of("nothing"), State::missing);
  EXPECT_EQ(state_of("file/below"), State::missing);
  EXPECT_EQ(cli::look_at_socket("127.0.0.1:8081"), std::nullopt);
}

}  // namespace
}  // namespace entente::test
