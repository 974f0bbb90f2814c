// Texts of strangers in our messages: short, printable, and no carrier of anything else. Internal to spiffe.
#pragma once

#include <string>
#include <string_view>

namespace entente::spiffe {

// The text in double quotes, pure ASCII: control characters and the rest escaped as in JSON, cut after 48 bytes.
std::string in_quotes(std::string_view text);

// "character 'A'" or "byte 0x0a".
std::string name_of_byte(char byte);

}  // namespace entente::spiffe
