// Bytes that must not outlive their use: move-only, wiped on destruction, never printed and never in JSON.
#pragma once

#include <string>
#include <string_view>

#include "common/base/encoding.hpp"

namespace entente {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(Bytes bytes) : bytes_(std::move(bytes)) {}
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  ~SecretBytes();

  ByteView view() const { return bytes_; }
  std::string_view text() const { return as_text(bytes_); }
  bool empty() const { return bytes_.empty(); }

 private:
  Bytes bytes_;
};

// Overwrites memory in a way that the compiler keeps.
void wipe(void* memory, std::size_t size);

}  // namespace entente
