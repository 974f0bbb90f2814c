#include "server/publication_watch.hpp"

#include <gmock/gmock.h>

#include "common/base/file.hpp"
#include "common/base/task.hpp"
#include "tests/server/endpoint_fixture.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::server {
namespace {

using namespace entente::test;
using testing::StartsWith;

struct PublicationWatchTest : EndpointFixture {
  PublicationWatchTest() {
    start();
    endpoint->set_tls(server_context(authority.issue()));
  }
  ~PublicationWatchTest() override {
    tasks.cancel();
    turn_until(io, [this] { return tasks.running() == 0; });
  }

  void watch(const std::filesystem::path& path) {
    tasks.spawn("watch", watch_publication(path, a_test(), *endpoint, readiness, log, clock));
    settle();
  }
  void settle() {
    io.restart();
    while (io.poll() > 0) {
    }
  }
  void replace(const std::string& content) {
    EXPECT_TRUE(replace_file(folder / "a.test.json", content, 0644));
    settle();
  }

  TempFolder folder;
  FakeClock clock;
  telemetry::Readiness readiness;
  TaskGroup tasks{io.get_executor(), log};
};

TEST_F(PublicationWatchTest, ServesWhatTheFileSaysFromTheStart) {
  replace(document(1));

  watch(folder / "a.test.json");

  EXPECT_TRUE(endpoint->ready());
  EXPECT_TRUE(readiness.ready());
}

TEST_F(PublicationWatchTest, ServesANewFileAtOnce) {
  replace(document(1));
  watch(folder / "a.test.json");

  replace(document(2));

  EXPECT_TRUE(ask(last_request).ends_with(document(2)));
}

TEST_F(PublicationWatchTest, IsNotReadyUntilTheFileComes) {
  watch(folder / "a.test.json");

  EXPECT_FALSE(readiness.ready());
  EXPECT_THAT(readiness.reasons().front(), testing::HasSubstr("a.test.json"));
  EXPECT_THAT(ask(last_request), StartsWith("HTTP/1.1 503"));

  replace(document(1));
  EXPECT_TRUE(readiness.ready());
  EXPECT_THAT(ask(last_request), StartsWith("HTTP/1.1 200"));
}

TEST_F(PublicationWatchTest, KeepsTheLastGoodOneWhenTheFileIsDamagedOrGone) {
  replace(document(1));
  watch(folder / "a.test.json");

  replace("{\"keys\":");
  EXPECT_TRUE(ask(last_request).ends_with(document(1)));

  std::filesystem::remove(folder / "a.test.json");
  settle();
  EXPECT_TRUE(ask(last_request).ends_with(document(1)));
  EXPECT_TRUE(readiness.ready());

  replace(document(3));
  EXPECT_TRUE(ask(last_request).ends_with(document(3)));
}

TEST_F(PublicationWatchTest, LooksAgainUntilTheFolderIsThere) {
  const auto missing = folder / "public";
  watch(missing / "a.test.json");
  EXPECT_FALSE(readiness.ready());

  std::filesystem::create_directory(missing);
  EXPECT_TRUE(replace_file(missing / "a.test.json", document(1), 0644));
  clock.advance(std::chrono::seconds(5));
  settle();

  EXPECT_TRUE(readiness.ready());
  EXPECT_TRUE(replace_file(missing / "a.test.json", document(2), 0644));
  settle();
  EXPECT_TRUE(ask(last_request).ends_with(document(2)));
}

TEST_F(PublicationWatchTest, FollowsALinkToWhereItLeadsNow) {  // as Kubernetes mounts files
  for (const char* version : {"one", "two"}) std::filesystem::create_directory(folder / version);
  folder.write("one/a.test.json", document(1));
  folder.write("two/a.test.json", document(2));
  std::filesystem::create_symlink("one/a.test.json", folder / "a.test.json");
  watch(folder / "a.test.json");

  std::filesystem::create_symlink("two/a.test.json", folder / "next");
  std::filesystem::rename(folder / "next", folder / "a.test.json");
  settle();
  EXPECT_TRUE(ask(last_request).ends_with(document(2)));

  folder.write("two/a.test.json", document(3));
  settle();
  EXPECT_TRUE(ask(last_request).ends_with(document(3)));
}

}  // namespace
}  // namespace entente::server
