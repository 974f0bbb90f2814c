#include "syncer/doctor/files.hpp"

#include "common/base/file.hpp"
#include "syncer/doctor/examine.hpp"

namespace entente::syncer::doctor {
namespace {

std::optional<mode_t> permissions(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return info.st_mode & 07777U;
}

// The outermost folder above `path` that is closed to users other than its owner and group.
std::filesystem::path closed_folder_above(const std::filesystem::path& path) {
  std::filesystem::path closed;
  for (std::filesystem::path folder = path.parent_path(); !folder.empty(); folder = folder.parent_path()) {
    const std::optional<mode_t> mode = permissions(folder);
    if (mode && (*mode & S_IXOTH) == 0) closed = folder;
    if (folder == folder.root_path()) break;
  }
  return closed;
}

std::string octal(mode_t mode) {
  std::string digits;
  for (int shift = 9; shift >= 0; shift -= 3) digits += static_cast<char>('0' + ((mode >> shift) & 7U));
  return digits;
}

std::string_view noun(FileKind kind) {
  switch (kind) {
    case FileKind::admin_socket:
      return "admin socket";
    case FileKind::workload_socket:
      return "Workload API socket";
    case FileKind::data_dir:
      return "data_dir";
    case FileKind::publication:
      return "publication";
    case FileKind::private_key:
      return "private key";
  }
  return "file";
}

struct Rule {
  std::string check;
  mode_t required, forbidden;  // permission bits
  std::string advice;          // where they are otherwise
  bool reached_by_all;         // users other than the owner come to it by its path
};

Rule rule_for(const FileSeen& file) {
  switch (file.kind) {
    case FileKind::admin_socket:
      return {"admin_socket", 0600, file.group_expected ? 0007U : 0077U,
              "stop whatever changes it: who can open it, runs this trust domain; Entente makes it 0600, or 0660 with "
              "admin.group",
              false};
    case FileKind::workload_socket:
      return {"workload_socket", 0666, 0,
              "make it 0666 as Entente creates it: callers are known by their credentials, not by the file", true};
    case FileKind::data_dir:
      return {"data_dir", 0700, 0077, "chmod 0700: the issuer's keys are in it", false};
    case FileKind::publication:
      return {"publication", 0644, 0022, "make it 0644: it is public, and the server's user must read it", true};
    case FileKind::private_key:
      return {"private_key", 0400, 0007, "chmod 0600, or 0640 with the server's group", false};
  }
  return {"file", 0, 0, "", false};
}

}  // namespace

FileSeen look_at_file(FileKind kind, const std::filesystem::path& path) {
  FileSeen seen;
  seen.kind = kind;
  seen.path = path;
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    seen.error = last_system_error(path.string());
  else
    seen.mode = info.st_mode & 07777U;
  seen.closed_folder = closed_folder_above(path);
  return seen;
}

void examine_file(const FileSeen& file, Findings& findings) {
  const Rule rule = rule_for(file);
  const std::string name = std::string(noun(file.kind)) + " " + file.path.string();
  if (file.error) {
    if (file.error->code() == Errc::permission_denied)
      findings.note(rule.check, name + ": cannot be seen as this user: " + file.error->message(),
                    "run the doctor as the user that Entente runs as");
    else
      findings.problem(rule.check, name + ": " + file.error->message(),
                       "see in the log whether Entente runs with this configuration, and could create it");
    return;
  }
  const mode_t wrong = (file.mode & rule.forbidden) | (~file.mode & rule.required);
  if (wrong != 0) findings.problem(rule.check, name + " has mode " + octal(file.mode), rule.advice);
  if (rule.reached_by_all && !file.closed_folder.empty())
    findings.warning(rule.check, name + " lies in " + file.closed_folder.string() + ", which other users may not enter",
                     "chmod o+x that folder, or move it: who is not its owner or in its group gets no further");
  else if (wrong == 0)
    findings.ok(rule.check, name + " has mode " + octal(file.mode));
}

}  // namespace entente::syncer::doctor
