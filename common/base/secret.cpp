#include "common/base/secret.hpp"

#include <cstring>

namespace entente {

void wipe(void* memory, std::size_t size) {
  if (size > 0) explicit_bzero(memory, size);  // nothing may have a null address
}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  wipe(bytes_.data(), bytes_.size());
  bytes_ = std::move(other.bytes_);
  return *this;
}

SecretBytes::~SecretBytes() { wipe(bytes_.data(), bytes_.size()); }

}  // namespace entente
