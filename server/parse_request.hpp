// Reading one request's header section from the bytes that have come. Without I/O; what is no plain GET is read by
// Beast's parser.
#pragma once

#include <cstddef>
#include <string_view>

#include "server/limits.hpp"
#include "server/respond.hpp"

namespace entente::server {

struct ParsedRequest {
  enum class State { incomplete, complete, refused };
  State state = State::incomplete;
  Request request;                       // when complete
  std::size_t size = 0;                  // when complete: the bytes that were the request's
  Answer refusal = Answer::bad_request;  // when refused
};

// `bytes` begins where a request may begin. Refuses as soon as it is certain: 414, 431, or 400 for what is not HTTP/1.
ParsedRequest parse_request(std::string_view bytes, const Limits& limits);

}  // namespace entente::server
