// Waiting for what other threads bring about: as short as possible, and not for ever.
#pragma once

#include <chrono>
#include <thread>

namespace entente::test {

// Whether `condition` holds before `limit` has passed.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace entente::test
