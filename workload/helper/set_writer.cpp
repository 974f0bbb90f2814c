#include "workload/helper/set_writer.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>

#include "workload/helper/config_values.hpp"

namespace entente::helper {
namespace {

namespace fs = std::filesystem;

constexpr const char* data_link = "..data";
constexpr const char* manifest = "..files";
constexpr std::string_view set_prefix = "..set.";
constexpr const char* fresh_suffix = "..new";  // no name of ours begins or ends so

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

bool is_set_folder(std::string_view name) {
  return name.starts_with(set_prefix) &&
         name.find_first_not_of("0123456789", set_prefix.size()) == std::string_view::npos;
}

std::vector<std::string> names_in(int folder) {
  std::vector<std::string> names;
  const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, CloseFolder> open(copy < 0 ? nullptr : ::fdopendir(copy));
  if (!open) return names;
  while (const dirent* entry = ::readdir(open.get())) names.emplace_back(entry->d_name);
  std::erase_if(names, [](const std::string& name) { return name == "." || name == ".."; });
  return names;
}

// "" where it is no link.
std::string link_target(int folder, const std::string& name) {
  char target[512];
  const ssize_t length = ::readlinkat(folder, name.c_str(), target, sizeof target);
  return length < 0 ? std::string() : std::string(target, static_cast<std::size_t>(length));
}

std::string target_of(const std::string& name) { return std::string(data_link) + "/" + name; }
bool is_our_link(int folder, const std::string& name) { return link_target(folder, name) == target_of(name); }

Status sync(int fd, std::string_view what) {
  return ::fsync(fd) == 0 ? ok() : Status(last_system_error("fsync " + std::string(what)));
}

Status write_all(int fd, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return last_system_error("write " + name);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return ok();
}

Status give_to(int fd, const RenderedFile& file) {
  if (!file.owner && !file.group) return ok();
  if (::fchown(fd, file.owner.value_or(uid_t(-1)), file.group.value_or(gid_t(-1))) == 0) return ok();
  const bool forbidden = errno == EPERM;
  Error error = last_system_error("give " + file.name + " to its owner and group");
  if (!forbidden) return error;
  return Error(error.code(), error.message() + " (only root may give files away, others only to a group of their own)");
}

// `path` is relative to the folder; the file must not be there yet. The mode comes last: until then it is ours alone.
Status create(int folder, const std::string& path, const RenderedFile& file) {
  const UniqueFd fd(::openat(folder, path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return last_system_error("create " + file.name);
  if (const Status written = write_all(fd.get(), file.content.text(), file.name); !written) return written.error();
  if (const Status given = give_to(fd.get(), file); !given) return given.error();
  if (::fchmod(fd.get(), file.mode) != 0) return last_system_error("chmod " + file.name);
  return sync(fd.get(), file.name);
}

// A folder of files alone, as sets are.
void remove_set_folder(int folder, const std::string& name) {
  {
    const UniqueFd set(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (set)
      for (const std::string& file : names_in(set.get())) ::unlinkat(set.get(), file.c_str(), 0);
  }
  ::unlinkat(folder, name.c_str(), AT_REMOVEDIR);
}

// A new, empty one; its name rises with the time.
Result<std::string> make_set_folder(int folder) {
  auto number = std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  for (int attempt = 0; attempt < 100; ++attempt, ++number) {
    std::string name = std::string(set_prefix) + std::to_string(number);
    if (::mkdirat(folder, name.c_str(), 0700) == 0) return name;
    if (errno != EEXIST) break;
  }
  return last_system_error("create a folder for the set");
}

Status fill_set_folder(int folder, const std::string& name, const FileSet& set) {
  const UniqueFd fd(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return last_system_error("open " + name);
  for (const RenderedFile& file : set.files)
    if (const Status created = create(fd.get(), file.name, file); !created) return created.error();
  // Everybody may pass; each file's own mode says who may read it.
  if (::fchmod(fd.get(), 0755) != 0) return last_system_error("chmod " + name);
  return sync(fd.get(), name);
}

// Puts a link in the place of whatever is there, in one step.
Status put_link(int folder, const std::string& name, const std::string& target) {
  const std::string fresh = "..link" + std::string(fresh_suffix);
  ::unlinkat(folder, fresh.c_str(), 0);
  if (::symlinkat(target.c_str(), folder, fresh.c_str()) != 0) return last_system_error("link " + name);
  if (::renameat(folder, fresh.c_str(), folder, name.c_str()) == 0) return ok();
  const Error error = last_system_error("put the link " + name + " in place");
  ::unlinkat(folder, fresh.c_str(), 0);
  return error;
}

// Those of the names that nothing has.
std::vector<std::string> absent_of(int folder, std::vector<std::string> names) {
  struct stat ignored {};
  std::erase_if(names, [&](const std::string& name) {
    return ::fstatat(folder, name.c_str(), &ignored, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
  });
  return names;
}

Status put_links(int folder, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (is_our_link(folder, name)) continue;
    if (const Status put = put_link(folder, name, target_of(name)); !put) return put.error();
  }
  return ok();
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void remove_links(int folder, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (is_our_link(folder, name)) ::unlinkat(folder, name.c_str(), 0);
}

void remove_other_links(int folder, const std::vector<std::string>& kept) {
  for (const std::string& name : names_in(folder))
    if (!contains(kept, name) && is_our_link(folder, name)) ::unlinkat(folder, name.c_str(), 0);
}

void remove_other_sets(int folder, const std::vector<std::string>& kept) {
  for (const std::string& name : names_in(folder))
    if (is_set_folder(name) && !contains(kept, name)) remove_set_folder(folder, name);
}

std::vector<std::string> names_of(const FileSet& set) {
  std::vector<std::string> names;
  for (const RenderedFile& file : set.files) names.push_back(file.name);
  return names;
}

UniqueFd open_folder(const fs::path& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// The names of an earlier life in Layout::files.
std::vector<std::string> read_manifest(const fs::path& directory) {
  std::vector<std::string> names;
  const Result<std::string> text = read_file(directory / manifest, 1U << 20);
  for (std::size_t begin = 0; text && begin < text->size();) {
    const std::size_t end = text->find('\n', begin);
    names.push_back(text->substr(begin, end - begin));
    if (end == std::string::npos) break;
    begin = end + 1;
  }
  std::erase_if(names, [](const std::string& name) {
    return name.empty() || name.starts_with('/') || name.starts_with("..") || name.find("/..") != std::string::npos;
  });
  return names;
}

// What an earlier life in Layout::files left, but for `kept`.
void remove_listed(int folder, const fs::path& directory, const std::vector<std::string>& kept) {
  for (const std::string& name : read_manifest(directory))
    if (!contains(kept, name)) ::unlinkat(folder, name.c_str(), 0);
  ::unlinkat(folder, manifest, 0);
}

Status replace_one(int directory, const fs::path& path, const RenderedFile& file) {
  if (fs::path(file.name).has_parent_path())
    if (const Status made = ensure_folder((path / file.name).parent_path(), 0755); !made) return made.error();
  const std::string fresh = file.name + fresh_suffix;
  ::unlinkat(directory, fresh.c_str(), 0);
  Status replaced = create(directory, fresh, file);
  if (replaced && ::renameat(directory, fresh.c_str(), directory, file.name.c_str()) != 0)
    replaced = last_system_error("put " + file.name + " in place");
  if (!replaced) ::unlinkat(directory, fresh.c_str(), 0);
  return replaced;
}

}  // namespace

SetWriter::SetWriter(fs::path directory, mode_t directory_mode, Layout layout)
    : directory_(std::move(directory)), directory_mode_(directory_mode), layout_(layout) {}

Status SetWriter::write(const FileSet& set) {
  if (const Status made = ensure_folder(directory_, directory_mode_); !made) return made.error();
  const UniqueFd folder = open_folder(directory_);
  if (!folder) return last_system_error("open " + directory_.string());
  const Status written = layout_ == Layout::set ? write_set(folder.get(), set) : write_files(folder.get(), set);
  if (!written) return written.error().within(directory_.string());
  names_ = names_of(set);
  return ok();
}

Status SetWriter::write_set(int directory, const FileSet& set) {
  const Result<std::string> fresh = make_set_folder(directory);
  if (!fresh) return fresh.error();
  const std::string before = link_target(directory, data_link);
  const std::vector<std::string> names = names_of(set), added = absent_of(directory, names);
  Status switched = fill_set_folder(directory, *fresh, set);
  // A link that leads nowhere yet is no file: with the switch they all appear at once.
  if (switched) switched = put_links(directory, added);
  if (switched) switched = put_link(directory, data_link, *fresh);
  if (!switched) {
    remove_links(directory, added);
    remove_set_folder(directory, *fresh);
    return switched;
  }
  current_ = *fresh;
  if (is_set_folder(before)) replaced_.push_back(before);
  const Status linked = put_links(directory, names);
  remove_other_links(directory, names);
  remove_listed(directory, directory_, names);
  if (!linked) return linked.error();
  return sync(directory, "the directory");
}

Status SetWriter::write_files(int directory, const FileSet& set) {
  std::vector<std::string> ours = names_of(set), before = read_manifest(directory_);
  std::string listed;
  for (const auto* names : {&ours, &before})
    for (const std::string& name : *names) listed += name + '\n';
  // First said, then done: a file that is not listed could stay for ever.
  if (const Status said = replace_file(directory_ / manifest, listed, 0644); !said) return said.error();
  for (const RenderedFile& file : set.files)
    if (const Status replaced = replace_one(directory, directory_, file); !replaced) return replaced.error();
  for (const std::string& name : before)
    if (!contains(ours, name)) ::unlinkat(directory, name.c_str(), 0);
  listed.clear();
  for (const std::string& name : ours) listed += name + '\n';
  if (const Status said = replace_file(directory_ / manifest, listed, 0644); !said) return said.error();
  remove_other_links(directory, ours);
  ::unlinkat(directory, data_link, 0);
  remove_other_sets(directory, {});
  return sync(directory, "the directory");
}

bool SetWriter::intact() const {
  if (names_.empty()) return true;
  const UniqueFd folder = open_folder(directory_);
  if (!folder) return false;
  if (layout_ == Layout::set && link_target(folder.get(), data_link) != current_) return false;
  return std::all_of(names_.begin(), names_.end(), [&](const std::string& name) {
    const std::string path = layout_ == Layout::set ? current_ + "/" + name : name;
    return ::faccessat(folder.get(), path.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
           (layout_ == Layout::files || is_our_link(folder.get(), name));
  });
}

bool SetWriter::prune() {
  std::vector<std::string> kept = std::exchange(replaced_, {});
  const bool more = !kept.empty();
  if (layout_ != Layout::set || current_.empty()) return false;
  kept.push_back(current_);
  if (const UniqueFd folder = open_folder(directory_)) remove_other_sets(folder.get(), kept);
  return more;
}

Status SetWriter::remove() {
  names_.clear();
  replaced_.clear();
  current_.clear();
  const UniqueFd folder = open_folder(directory_);
  if (!folder) return errno == ENOENT ? ok() : Status(last_system_error("open " + directory_.string()));
  if (::unlinkat(folder.get(), data_link, 0) != 0 && errno != ENOENT)
    return last_system_error("remove " + directory_.string() + "/" + data_link);
  remove_other_links(folder.get(), {});
  remove_other_sets(folder.get(), {});
  for (const std::string& name : read_manifest(directory_))
    if (::unlinkat(folder.get(), name.c_str(), 0) != 0 && errno != ENOENT)
      return last_system_error("remove " + directory_.string() + "/" + name);
  ::unlinkat(folder.get(), manifest, 0);
  return sync(folder.get(), directory_.string());
}

}  // namespace entente::helper
