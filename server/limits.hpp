// What strangers may use of the endpoint. The defaults are the configuration's.
#pragma once

#include <cstddef>

#include "common/base/time.hpp"

namespace entente::server {

struct Limits {
  std::size_t connections = 20000;
  std::size_t connections_per_address = 200;  // IPv6: per /64
  Duration request_timeout =
      std::chrono::seconds(10);  // total, for the handshake and for each request, from its first byte
  Duration idle_timeout = std::chrono::seconds(120);  // between requests
  std::size_t target_size = 8U << 10;                 // bytes; over it: 414
  std::size_t header_size = 16U << 10;                // bytes, request line included; over it: 431
};

}  // namespace entente::server
