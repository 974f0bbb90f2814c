// JWT-SVIDs that were minted already, by registration entry and audience; the one that was asked for least recently
// goes first when there are too many.
#pragma once

#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/time.hpp"

namespace entente::workload {

// Thread-safe.
class JwtCache {
 public:
  static constexpr std::size_t most_tokens = 4096;
  static constexpr std::size_t largest_audience = 1024;  // bytes; longer ones are not kept

  struct Key {
    std::string entry;
    std::vector<std::string> audience;  // sorted
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  // A token that is to be used at `now` and was minted in `epoch`.
  std::optional<std::string> find(const Key& key, Time now, std::uint64_t epoch);
  // Kept until `use_until`.
  void put(const Key& key, std::string token, Time issued_at, Time use_until, std::uint64_t epoch);
  void clear();
  std::size_t size() const;

 private:
  struct Token {
    Key key;
    std::string text;
    Time issued_at, use_until;
    std::uint64_t epoch;
  };
  void erase(const Key& key);

  mutable std::mutex mutex_;
  std::list<Token> tokens_;  // the last used first
  std::map<Key, std::list<Token>::iterator> by_key_;
};

}  // namespace entente::workload
