#include <array>

#include "common/crypto/key.hpp"

namespace entente::crypto {
namespace {

struct Named {
  KeyType type;
  std::string_view name;
};

constexpr std::array<Named, 5> key_types{{{KeyType::ec_p256, "ec-p256"},
                                          {KeyType::ec_p384, "ec-p384"},
                                          {KeyType::ec_p521, "ec-p521"},
                                          {KeyType::rsa_2048, "rsa-2048"},
                                          {KeyType::rsa_4096, "rsa-4096"}}};

}  // namespace

std::string_view to_string(KeyType type) {
  for (const Named& named : key_types)
    if (named.type == type) return named.name;
  return "unknown";
}

Result<KeyType> parse_key_type(std::string_view text) {
  for (const Named& named : key_types)
    if (named.name == text) return named.type;
  return Error(Errc::invalid_argument,
               "unknown key type \"" + std::string(text) + "\"; use ec-p256, ec-p384, ec-p521, rsa-2048 or rsa-4096");
}

}  // namespace entente::crypto
