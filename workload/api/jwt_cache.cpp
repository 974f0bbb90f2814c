#include "workload/api/jwt_cache.hpp"

namespace entente::workload {

std::optional<std::string> JwtCache::find(const Key& key, Time now, std::uint64_t epoch) {
  const std::lock_guard lock(x_mutex);
  const auto found = x_by_key.find(key);
  if (found == x_by_key.end()) return std::nullopt;
  const Token& token = *found->second;
  // Before it was issued: the clock was set back.
  if (token.epoch != epoch || now >= token.use_until || now < token.issued_at) return std::nullopt;
  x_tokens.splice(x_tokens.begin(), x_tokens, found->second);
  return token.text;
}

void JwtCache::put(const Key& key, std::string token, Time issued_at, Time use_until, std::uint64_t epoch) {
  std::size_t size = 0;
  for (const std::string& each : key.audience) size += each.size();
  if (size > largest_audience) return;
  const std::lock_guard lock(x_mutex);
  erase(key);
  x_tokens.push_front(Token{key, std::move(token), issued_at, use_until, epoch});
  x_by_key.emplace(key, x_tokens.begin());
  if (x_tokens.size() > most_tokens) erase(Key(x_tokens.back().key));
}

void JwtCache::erase(const Key& key) {
  const auto found = x_by_key.find(key);
  if (found == x_by_key.end()) return;
  x_tokens.erase(found->second);
  x_by_key.erase(found);
}

void JwtCache::clear() {
  const std::lock_guard lock(x_mutex);
  x_by_key.clear();
  x_tokens.clear();
}

std::size_t JwtCache::size() const {
  const std::lock_guard lock(x_mutex);
  return x_tokens.size();
}

}  // namespace entente::workload
