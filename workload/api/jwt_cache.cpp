#include "workload/api/jwt_cache.hpp"

namespace entente::workload {

std::optional<std::string> JwtCache::find(const Key& key, Time now, std::uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  const Token& token = *found->second;
  // Before it was issued: the clock was set back.
  if (token.epoch != epoch || now >= token.use_until || now < token.issued_at) return std::nullopt;
  tokens_.splice(tokens_.begin(), tokens_, found->second);
  return token.text;
}

void JwtCache::put(const Key& key, std::string token, Time issued_at, Time use_until, std::uint64_t epoch) {
  std::size_t size = 0;
  for (const std::string& each : key.audience) size += each.size();
  if (size > largest_audience) return;
  const std::lock_guard lock(mutex_);
  erase(key);
  tokens_.push_front(Token{key, std::move(token), issued_at, use_until, epoch});
  by_key_.emplace(key, tokens_.begin());
  if (tokens_.size() > most_tokens) erase(Key(tokens_.back().key));
}

void JwtCache::erase(const Key& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  tokens_.erase(found->second);
  by_key_.erase(found);
}

void JwtCache::clear() {
  const std::lock_guard lock(mutex_);
  by_key_.clear();
  tokens_.clear();
}

std::size_t JwtCache::size() const {
  const std::lock_guard lock(mutex_);
  return tokens_.size();
}

}  // namespace entente::workload
