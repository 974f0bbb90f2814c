#include "workload/helper/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <ctime>

extern "C" {  // glibc 2.36 forgets to say so itself
#include <sys/pidfd.h>
}

namespace entente::helper {
namespace {

namespace fs = std::filesystem;
using std::chrono::nanoseconds;
using std::chrono::seconds;

std::set<int> open_descriptors() {
  std::set<int> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd", ignored)) {
    const std::string name = entry.path().filename().string();
    int fd = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), fd).ec == std::errc()) found.insert(fd);
  }
  std::erase_if(found, [](int fd) { return ::fcntl(fd, F_GETFD) < 0; });  // the iteration's own
  return found;
}

nanoseconds read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

// The 22nd field of /proc/PID/stat, counted behind the program's name, which may hold anything.
std::optional<nanoseconds> began_of(pid_t pid) {
  const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
  if (!stat) return std::nullopt;
  std::size_t at = stat->rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat->find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  std::uint64_t ticks = 0;
  const char* const begin = stat->data() + at + 1;
  if (std::from_chars(begin, stat->data() + stat->size(), ticks).ec != std::errc()) return std::nullopt;
  return nanoseconds(seconds(1)) * static_cast<std::int64_t>(ticks) / ::sysconf(_SC_CLK_TCK);
}

struct PidFile {
  pid_t pid;
  nanoseconds written;  // wall clock
};

Result<PidFile> read_pid_file(const fs::path& file) {
  const Result<std::string> text = read_file(file, 64);
  if (!text) return text.error();
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return last_system_error("stat " + file.string());
  const std::size_t begin = text->find_first_not_of(" \t\r\n"), end = text->find_last_not_of(" \t\r\n");
  if (begin == std::string::npos) return Error(Errc::not_found, file.string() + ": it is empty");
  pid_t pid = 0;
  const auto [stop, error] = std::from_chars(text->data() + begin, text->data() + end + 1, pid);
  if (error != std::errc() || stop != text->data() + end + 1 || pid <= 0 || pid == ::getpid())
    return Error(Errc::syntax, file.string() + ": holds no process's number");
  return PidFile{pid, seconds(info.st_mtim.tv_sec) + nanoseconds(info.st_mtim.tv_nsec)};
}

}  // namespace

Inheritance Inheritance::now() {
  Inheritance found;
  found.descriptors_ = open_descriptors();
  return found;
}

void Inheritance::keep_to_itself() const {
  for (const int fd : open_descriptors())
    if (fd > STDERR_FILENO && !descriptors_.contains(fd)) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

Result<pid_t> start_process(const std::vector<std::string>& command, const Inheritance& inheritance) {
  inheritance.keep_to_itself();
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, ignored;  // what the helper handles is the default again by itself
  sigemptyset(&none);
  sigemptyset(&ignored);
  sigaddset(&ignored, SIGPIPE);
  sigaddset(&ignored, SIGXFSZ);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &ignored);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, arguments.front(), nullptr, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (failed == 0) return pid;
  errno = failed;
  return last_system_error("start " + command.front());
}

std::optional<Ended> reap_one() {
  int status = 0;
  const pid_t pid = ::waitpid(-1, &status, WNOHANG);
  if (pid <= 0) return std::nullopt;
  return Ended{pid, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)};
}

Result<ForeignProcess> ForeignProcess::open(pid_t pid) {
  UniqueFd fd(::pidfd_open(pid, 0));
  if (!fd) {
    const Errc code = errno == ESRCH ? Errc::not_found : Errc::io;
    return Error(code, last_system_error("process " + std::to_string(pid)).message());
  }
  ForeignProcess process(pid, std::move(fd));
  process.began_ = began_of(pid);
  // Only a process that still runs is the one that /proc has told of.
  if (!process.running()) return Error(Errc::not_found, "process " + std::to_string(pid) + ": it has ended");
  return process;
}

bool ForeignProcess::running() const {
  pollfd ended{fd_.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) == 0;
}

Status ForeignProcess::signal(int number) const {
  if (::pidfd_send_signal(fd_.get(), number, nullptr, 0) == 0) return ok();
  return last_system_error("signal process " + std::to_string(pid_));
}

std::chrono::nanoseconds time_since_boot() { return read_clock(CLOCK_BOOTTIME); }

Effect effect_of(pid_t pid, int signal) {
  const auto status = read_file("/proc/" + std::to_string(pid) + "/status", 16384);
  if (!status) return Effect::handled;
  // Null where it is not told.
  const auto in_mask = [&](std::string_view field) -> std::optional<bool> {
    const std::size_t at = status->find(field);
    if (at == std::string::npos) return std::nullopt;
    std::uint64_t mask = 0;
    const char* const begin = status->data() + at + field.size();
    if (std::from_chars(begin, status->data() + status->size(), mask, 16).ec != std::errc()) return std::nullopt;
    return (mask >> (signal - 1) & 1) != 0;
  };
  const auto ignored = in_mask("\nSigIgn:\t"), caught = in_mask("\nSigCgt:\t"), blocked = in_mask("\nSigBlk:\t");
  if (!ignored || !caught || !blocked || *ignored || *caught) return Effect::handled;
  return *blocked ? Effect::blocked : Effect::fatal;
}

Result<ForeignProcess> open_pid_file(const fs::path& file) {
  const Result<PidFile> named = read_pid_file(file);
  if (!named) return named.error();
  Result<ForeignProcess> process = ForeignProcess::open(named->pid);
  if (!process || !process->began()) return process;
  // What is written in a file was there before: a younger process has got the pid of one that is gone. The clocks'
  // grain is a second where a file system keeps no more.
  const nanoseconds began = read_clock(CLOCK_REALTIME) - time_since_boot() + *process->began();
  if (began <= named->written + seconds(2)) return process;
  return Error(Errc::conflict, file.string() + ": process " + std::to_string(named->pid) +
                                   " is younger than the file, so it is another one: not signalled");
}

}  // namespace entente::helper
