#include <openssl/rand.h>
#include <openssl/sha.h>

#include <stdexcept>

#include "common/crypto/handles.hpp"
#include "common/crypto/signature.hpp"

namespace entente::crypto {

Sha256 sha256(ByteView bytes) {
  Sha256 digest{};
  ::SHA256(bytes.data(), bytes.size(), digest.data());
  return digest;
}

Bytes random_bytes(std::size_t count) {
  Bytes bytes(count);
  // Without randomness nothing may go on: a start-up fault of the machine, not something a caller could handle.
  if (RAND_bytes(bytes.data(), static_cast<int>(count)) != 1) throw std::runtime_error("no random numbers");
  return bytes;
}

}  // namespace entente::crypto
