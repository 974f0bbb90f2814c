#include "common/base/file_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <set>
#include <variant>

#include "common/base/file.hpp"

namespace entente {
namespace {

namespace fs = std::filesystem;

constexpr Duration retry_wait = std::chrono::seconds(5);
constexpr Duration look_again = std::chrono::seconds(60);
constexpr std::uint32_t interesting =
    IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_MOVE_SELF | IN_DELETE_SELF;

std::set<fs::path> folders_of(const std::vector<fs::path>& paths) {
  std::set<fs::path> folders;
  for (const fs::path& path : paths) {
    folders.insert(path.has_parent_path() ? path.parent_path() : fs::path("."));
    std::error_code ignored;
    const fs::path target = fs::canonical(path, ignored);
    if (!ignored) folders.insert(target.parent_path());
  }
  return folders;
}

void drain(int fd) {
  alignas(inotify_event) char events[8192];
  while (::read(fd, events, sizeof events) > 0) {
  }
}

}  // namespace

struct FileWatch::Impl {
  asio::posix::stream_descriptor inotify;
};

FileWatch::FileWatch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FileWatch::FileWatch(FileWatch&&) noexcept = default;
FileWatch& FileWatch::operator=(FileWatch&&) noexcept = default;
FileWatch::~FileWatch() = default;

Result<FileWatch> FileWatch::create(asio::any_io_executor executor, const std::vector<fs::path>& paths) {
  UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd) return last_system_error("inotify");
  for (const fs::path& folder : folders_of(paths))
    if (::inotify_add_watch(fd.get(), folder.c_str(), interesting) < 0)
      return last_system_error("watch " + folder.string());
  return FileWatch(std::make_unique<Impl>(Impl{asio::posix::stream_descriptor(executor, fd.release())}));
}

asio::awaitable<Status> FileWatch::changed() {
  const auto [error] =
      co_await impl_->inotify.async_wait(asio::posix::descriptor_base::wait_read, asio::as_tuple(asio::use_awaitable));
  if (error == asio::error::operation_aborted) co_return Error(Errc::cancelled, "watch cancelled");
  if (error) co_return Error(Errc::io, "inotify: " + error.message());
  drain(impl_->inotify.native_handle());
  co_return ok();
}

asio::awaitable<Status> wait_for_change(FileWatch* watch, Clock& clock) {
  using namespace boost::asio::experimental::awaitable_operators;
  if (watch != nullptr) {
    auto changed = watch->changed();
    auto looked = clock.sleep(look_again);
    const auto first = co_await (std::move(changed) || std::move(looked));
    const Status waited = std::visit([](const Status& status) { return status; }, first);
    if (waited || waited.error().code() == Errc::cancelled) co_return waited;
  }
  co_return co_await clock.sleep(retry_wait);
}

}  // namespace entente
