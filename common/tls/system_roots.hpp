// The system's root certificates, read once for all the connections that trust them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

struct x509_store_st;

namespace entente::tls {

// OpenSSL's store of trusted certificates; thread-safe in itself.
using RootStorePtr = std::shared_ptr<x509_store_st>;

// OpenSSL's default file and folder, or those that SSL_CERT_FILE and SSL_CERT_DIR name. For one thread.
class SystemRoots {
 public:
  // A certificate that is written over in place within the folder changes nothing that a look at the folder would show.
  static constexpr Duration oldest = std::chrono::hours(1);

  // The same store for as long as neither file nor folder changed, and for `oldest` at most: who holds another one than
  // this trusts what was. Errc::crypto.
  Result<RootStorePtr> current(Time now);

 private:
  // What stat(2) tells of one path; all zero where there is nothing.
  struct Mark {
    std::uint64_t device = 0, inode = 0;
    std::int64_t size = 0, seconds = 0, nanoseconds = 0;
    friend bool operator==(const Mark&, const Mark&) = default;
  };
  static Mark mark_of(const std::string& path);
  static std::vector<Mark> marks();

  RootStorePtr store_;
  std::vector<Mark> marks_;
  Time read_;
};

}  // namespace entente::tls
