// OpenSSL's way to a non-blocking socket: like its own socket BIO, but a peer that is gone is EPIPE and never SIGPIPE,
// whatever the process does with that signal. For tls's own sources.
#pragma once

#include "common/base/result.hpp"
#include "common/crypto/handles.hpp"

namespace entente::tls {

// What the BIO reads from and writes to; must outlive it. Does not own the descriptor.
struct SocketEnd {
  int fd = -1;
  int error = 0;  // errno of the last failure that waiting would not cure
  bool end_of_file = false;
};

crypto::BioPtr make_socket_bio(SocketEnd& end);

}  // namespace entente::tls
