#include "workload/attest/unix_attestor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "common/base/encoding.hpp"
#include "common/base/file.hpp"
#include "common/crypto/signature.hpp"
#include "common/rpc/unix_socket.hpp"
#include "tests/common/rpc/other_process.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::workload {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> texts(const Selectors& selectors) {
  std::vector<std::string> all;
  for (const trust::Selector& each : selectors) all.push_back(each.str());
  return all;
}

// A process that has connected, as a server sees it.
class Visitor {
 public:
  explicit Visitor(const test::Credentials& credentials) : listening_(listen()), process_(path(), credentials) {
    pollfd pending{listening_->fd(), POLLIN, 0};
    ::poll(&pending, 1, 10000);
    const UniqueFd accepted(::accept4(listening_->fd(), nullptr, nullptr, SOCK_CLOEXEC));
    caller = std::make_unique<rpc::Caller>(*rpc::identify_peer(accepted.get()));
  }
  void end() { process_.end(); }

  std::unique_ptr<const rpc::Caller> caller;

 private:
  std::filesystem::path path() const { return folder_ / "s"; }
  Result<rpc::ListeningSocket> listen() {
    ::chmod(folder_.path().c_str(), 0755);
    return rpc::ListeningSocket::open(path(), 0666, {});
  }

  test::TempFolder folder_;
  Result<rpc::ListeningSocket> listening_;
  test::OtherProcess process_;
};

TEST(UnixAttestor, TellsUserAndGroupsByNumberAndByNameWhereThereIsOne) {
  const Visitor visitor(test::stranger());

  const Result<Selectors> selectors = attest(*visitor.caller, {});

  ASSERT_TRUE(selectors) << selectors.error().message();
  EXPECT_TRUE(std::is_sorted(selectors->begin(), selectors->end()));
  if (::geteuid() == 0) {
    // Nobody has these numbers but group 5, "tty" on every Debian.
    EXPECT_THAT(texts(*selectors),
                ElementsAre("unix:gid:23456", "unix:supplementary_gid:34567", "unix:supplementary_gid:5",
                            "unix:supplementary_group:tty", "unix:uid:12345"));
  } else {
    EXPECT_THAT(texts(*selectors), Contains("unix:uid:" + std::to_string(::geteuid())));
  }
}

TEST(UnixAttestor, NamesAUserThatTheDatabaseKnows) {
  const bool root = ::geteuid() == 0;
  const Visitor visitor(root ? test::Credentials{0, 0, {}} : test::own_credentials());

  const Result<Selectors> selectors = attest(*visitor.caller, {});

  ASSERT_TRUE(selectors);
  const char* const user = ::getenv("USER");
  const std::string name = root ? "root" : (user == nullptr ? "" : user);
  EXPECT_THAT(texts(*selectors), Contains("unix:user:" + name));
}

TEST(UnixAttestor, RefusesAProcessThatHasEnded) {
  Visitor visitor(test::stranger());
  visitor.end();

  const Result<Selectors> selectors = attest(*visitor.caller, {});

  ASSERT_FALSE(selectors);
  EXPECT_EQ(selectors.error().code(), Errc::unavailable);
}

TEST(UnixAttestor, TellsTheProgramOnlyWhereThatIsSwitchedOn) {
  const Visitor visitor(test::own_credentials());

  const Result<Selectors> without = attest(*visitor.caller, {});
  const Result<Selectors> with = attest(*visitor.caller, {.discover_path = true});

  ASSERT_TRUE(without && with);
  const std::string program = std::filesystem::read_symlink("/proc/self/exe");
  const std::string bytes = *read_file(program, 1U << 30);
  EXPECT_THAT(texts(*without), Not(Contains(StartsWith("unix:path:"))));
  EXPECT_THAT(texts(*with),
              IsSupersetOf({"unix:path:" + program, "unix:sha256:" + hex_encode(crypto::sha256(as_bytes(bytes)))}));
}

TEST(UnixAttestor, ReadsTheGroupsLineOfAProcessStatus) {
  EXPECT_THAT(supplementary_groups_in("Name:\tx\nGroups:\t4 24 1000 \nNStgid:\t1\n"), ElementsAre(4, 24, 1000));
  EXPECT_THAT(supplementary_groups_in("Name:\tx\nGroups:\t \nNStgid:\t7\n"), ElementsAre());
  EXPECT_THAT(supplementary_groups_in("Name:\tGroups: 7\n"), ElementsAre());
}

}  // namespace
}  // namespace entente::workload
