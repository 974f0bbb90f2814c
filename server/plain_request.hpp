// The short way for what nearly every client sends: a GET with fields that decide nothing. It knows no request that
// Beast's parser would read otherwise or refuse; whatever it is not sure of is Beast's. RFC 9112.
#pragma once

#include <optional>
#include <string_view>

#include "server/respond.hpp"

namespace entente::server {

// `header` is one whole header section with the empty line that ends it. Empty: not plain.
std::optional<Request> read_plain_request(std::string_view header);

}  // namespace entente::server
