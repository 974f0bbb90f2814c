#include "workload/attest/unix_attestor.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <sstream>

#include "common/base/encoding.hpp"
#include "common/base/file.hpp"
#include "common/crypto/signature.hpp"

namespace entente::workload {
namespace {

constexpr std::size_t largest_program = 512U << 20;
constexpr std::size_t largest_database_entry = 1U << 20;

void add(Selectors& selectors, std::string_view kind, std::string_view value) {
  selectors.push_back(trust::Selector{"unix", std::string(kind) + ":" + std::string(value)});
}

// The name of a user or group, by getpwuid_r or getgrgid_r; empty when there is none or the database does not answer.
template <class Entry, class Id>
std::string name_of(Id id, int (*look_up)(Id, Entry*, char*, std::size_t, Entry**), char* Entry::*name) {
  for (std::string buffer(1024, '\0'); buffer.size() <= largest_database_entry; buffer.resize(buffer.size() * 4)) {
    Entry entry{};
    Entry* found = nullptr;
    const int problem = look_up(id, &entry, buffer.data(), buffer.size(), &found);
    if (problem == ERANGE) continue;
    return problem == 0 && found != nullptr ? std::string(found->*name) : std::string();
  }
  return {};
}

std::string user_name(uid_t uid) { return name_of<passwd>(uid, ::getpwuid_r, &passwd::pw_name); }
std::string group_name(gid_t gid) { return name_of<group>(gid, ::getgrgid_r, &group::gr_name); }

std::string proc(pid_t pid, std::string_view file) { return "/proc/" + std::to_string(pid) + "/" + std::string(file); }

void add_credentials(Selectors& selectors, const rpc::Caller& caller) {
  add(selectors, "uid", std::to_string(caller.uid));
  add(selectors, "gid", std::to_string(caller.gid));
  if (const std::string name = user_name(caller.uid); !name.empty()) add(selectors, "user", name);
  if (const std::string name = group_name(caller.gid); !name.empty()) add(selectors, "group", name);
}

// The numbers behind a name in /proc/<pid>/status: "Groups:", "Uid:".
std::vector<id_t> numbers_of(std::string_view name, std::string_view proc_status) {
  const std::string key = "\n" + std::string(name);
  const std::size_t at = proc_status.find(key);
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + key.size();
  std::istringstream line{std::string(proc_status.substr(from, proc_status.find('\n', from) - from))};
  std::vector<id_t> numbers;
  for (id_t number = 0; line >> number;) numbers.push_back(number);
  return numbers;
}

void add_supplementary_groups(Selectors& selectors, std::string_view proc_status) {
  for (const gid_t gid : supplementary_groups_in(proc_status)) {
    add(selectors, "supplementary_gid", std::to_string(gid));
    if (const std::string name = group_name(gid); !name.empty()) add(selectors, "supplementary_group", name);
  }
}

// Whether /proc/<pid> is of the caller's user. Where the kernel has no SO_PEERPIDFD the pid may have become another
// process's between connecting and being accepted, and nothing of that one may be taken for the caller's.
bool same_user(std::string_view proc_status, const rpc::Caller& caller) {
  const std::vector<id_t> uids = numbers_of("Uid:", proc_status);
  return std::find(uids.begin(), uids.end(), caller.uid) != uids.end();
}

// Where the right to read them is missing, the caller goes without these two.
void add_program(Selectors& selectors, pid_t pid) {
  const std::string link = proc(pid, "exe");
  char target[PATH_MAX];
  const ssize_t size = ::readlink(link.c_str(), target, sizeof target);
  struct stat program {};
  if (size < 0 || ::stat(link.c_str(), &program) != 0) return;
  // A removed program's link reads "/bin/x (deleted)": no path that an operator meant.
  if (program.st_nlink > 0 && size < PATH_MAX) add(selectors, "path", {target, static_cast<std::size_t>(size)});
  if (const Result<std::string> bytes = read_file(link, largest_program); bytes) {
    add(selectors, "sha256", hex_encode(crypto::sha256(as_bytes(*bytes))));
  }
}

}  // namespace

std::vector<gid_t> supplementary_groups_in(std::string_view proc_status) { return numbers_of("Groups:", proc_status); }

Result<Selectors> attest(const rpc::Caller& caller, const AttestOptions& options) {
  Selectors selectors;
  add_credentials(selectors, caller);
  // Unreadable where it is hidden (hidepid) or the process has gone: which of the two is checked below.
  const Result<std::string> proc_status = read_file(proc(caller.pid, "status"), 1U << 20);
  if (caller.pid != 0 && proc_status && same_user(*proc_status, caller)) {
    add_supplementary_groups(selectors, *proc_status);
    if (options.discover_path) add_program(selectors, caller.pid);
  }
  // Alive after /proc was read: so what was read was this process's and not that of a later one of the same number.
  if (!caller.alive()) {
    return Error(Errc::unavailable, "attest: process " + std::to_string(caller.pid) + " has ended since it connected");
  }
  std::sort(selectors.begin(), selectors.end());
  selectors.erase(std::unique(selectors.begin(), selectors.end()), selectors.end());
  return selectors;
}

}  // namespace entente::workload
