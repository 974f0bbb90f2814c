// Strangers' bytes in our own messages: what a peer sends ends up on terminals, in logs and in protobuf's UTF-8 fields.
#pragma once

#include <string>
#include <string_view>

namespace entente {

// Printable ASCII, at most `limit` bytes of it: every other byte becomes '?', and a cut shows as "...".
std::string plain_text(std::string_view text, std::size_t limit);

}  // namespace entente
