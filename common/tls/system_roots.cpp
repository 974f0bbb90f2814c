#include "common/tls/system_roots.hpp"

#include <sys/stat.h>

#include <cstdlib>

#include "common/crypto/handles.hpp"

namespace entente::tls {
namespace {

std::string from_environment(const char* variable, const char* otherwise) {
  const char* const value = std::getenv(variable);
  return value != nullptr ? value : otherwise;
}

}  // namespace

SystemRoots::Mark SystemRoots::mark_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

// The folder may be several, with colons between them.
std::vector<SystemRoots::Mark> SystemRoots::marks() {
  std::vector<Mark> all = {mark_of(from_environment(X509_get_default_cert_file_env(), X509_get_default_cert_file()))};
  const std::string folders = from_environment(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
  for (std::size_t begin = 0; begin <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    all.push_back(mark_of(folders.substr(begin, end - begin)));
    begin = end + 1;
  }
  return all;
}

Result<RootStorePtr> SystemRoots::current(Time now) {
  std::vector<Mark> today = marks();
  const bool fresh = store_ && today == marks_ && now >= read_ && now - read_ < oldest;
  if (fresh) return store_;
  const crypto::ErrorQueueScope scope;
  const RootStorePtr store(X509_STORE_new(), X509_STORE_free);
  if (!store || X509_STORE_set_default_paths(store.get()) != 1) return crypto::drain_errors("tls: system roots");
  store_ = store;
  marks_ = std::move(today);
  read_ = now;
  return store_;
}

}  // namespace entente::tls
