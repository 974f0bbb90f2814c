// The form of a DNS name, as certificates carry it.
#pragma once

#include <string_view>

namespace entente {

// RFC 1123 2.1, with the underscore that many names have; the first label may be `*`. An IPv4 address is none.
bool is_dns_name(std::string_view text);

}  // namespace entente
