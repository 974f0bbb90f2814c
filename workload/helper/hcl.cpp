#include "workload/helper/hcl.hpp"

#include <algorithm>

#include "workload/helper/hcl_scanner.hpp"

namespace entente::helper {
namespace {

using config::Member;
using config::Mistakes;
using config::Position;
using config::Value;
using Word = HclToken::Kind;

constexpr int deepest = 16;

bool is_sign(const HclToken& token, char sign) { return token.kind == Word::sign && token.text.front() == sign; }

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

bool is_block(const Value& value) {
  return value.kind == config::Kind::map || (value.kind == config::Kind::list && !value.items.empty());
}

std::vector<Value> as_items(Value value) {
  if (value.kind == config::Kind::list) return std::move(value.items);
  std::vector<Value> items;
  items.push_back(std::move(value));
  return items;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : scanner_(text) {}

  // Members up to `}` or, at the top, up to the end.
  Status members(Value& map, bool top) {
    for (;;) {
      const Result<HclToken> key = scanner_.next();
      if (!key) return fail(scanner_.where(), key.error());
      if (key->kind == Word::end && top) return ok();
      if (is_sign(*key, '}') && !top) return ok();
      if (is_sign(*key, ',') && !map.members.empty()) continue;
      if (key->kind == Word::end) return fail(map.at, "not HCL: this { is never closed");
      if (key->kind != Word::identifier && key->kind != Word::text)
        return fail(key->at, "not HCL: expected a key such as cert_dir");
      if (const Status read = member(map, *key); !read) return read;
    }
  }

  Position failed_at() const { return failed_at_; }

 private:
  Status member(Value& map, const HclToken& key) {
    const Result<HclToken> sign = scanner_.next();
    if (!sign) return fail(scanner_.where(), sign.error());
    Value value;
    value.at = sign->at;
    if (is_sign(*sign, '{')) {
      if (const Status read = block(value); !read) return read;
    } else if (!is_sign(*sign, '=')) {
      return fail(sign->at, "not HCL: expected = or { behind the key \"" + key.text + "\"");
    } else if (const Status read = this->value(value); !read) {
      return read;
    }
    value.head = key.at;
    return add(map, key, std::move(value));
  }

  Status add(Value& map, const HclToken& key, Value value) {
    const std::string name = lower(key.text);
    const auto first =
        std::find_if(map.members.begin(), map.members.end(), [&](const Member& one) { return one.key == name; });
    if (first == map.members.end()) {
      map.members.push_back({name, key.at, std::move(value)});
      return ok();
    }
    if (!is_block(first->value) || !is_block(value))
      return fail(key.at,
                  "the key \"" + key.text + "\" stands here twice, first in " + to_string(first->at) + ": keep one");
    Value list = first->value;
    list.kind = config::Kind::list;
    list.items = as_items(std::move(first->value));
    list.members.clear();
    for (Value& item : as_items(std::move(value))) list.items.push_back(std::move(item));
    first->value = std::move(list);
    return ok();
  }

  Status value(Value& into) {
    const Result<HclToken> token = scanner_.next();
    if (!token) return fail(scanner_.where(), token.error());
    return value(into, *token);
  }

  Status value(Value& into, const HclToken& token) {
    into.at = into.head = token.at;
    if (is_sign(token, '{')) return block(into);
    if (is_sign(token, '[')) return list(into);
    const bool literal = token.kind == Word::text || token.kind == Word::number ||
                         (token.kind == Word::identifier && (token.text == "true" || token.text == "false"));
    if (!literal)
      return fail(token.at, "not HCL: expected a value: a text in \"quotation marks\", a number, true, false, [ or {");
    into.kind = token.text.empty() ? config::Kind::nothing : config::Kind::text;
    into.text = token.text;
    return ok();
  }

  Status block(Value& into) {
    if (++depth_ > deepest) return fail(into.at, "not HCL: nested too deeply");
    into.kind = config::Kind::map;
    const Status read = members(into, false);
    --depth_;
    return read;
  }

  Status list(Value& into) {
    if (++depth_ > deepest) return fail(into.at, "not HCL: nested too deeply");
    into.kind = config::Kind::list;
    for (;;) {
      const Result<HclToken> token = scanner_.next();
      if (!token) return fail(scanner_.where(), token.error());
      if (token->kind == Word::end) return fail(into.at, "not HCL: this [ is never closed");
      if (is_sign(*token, ']')) break;
      if (is_sign(*token, ',') && !into.items.empty()) continue;
      if (const Status read = value(into.items.emplace_back(), *token); !read) return read;
    }
    --depth_;
    return ok();
  }

  Status fail(Position at, std::string message) { return fail(at, Error(Errc::syntax, std::move(message))); }
  Status fail(Position at, const Error& error) {
    failed_at_ = at;
    return error;
  }

  HclScanner scanner_;
  Position failed_at_;
  int depth_ = 0;
};

}  // namespace

bool looks_like_hcl(std::string_view text) {
  HclScanner scanner(text);
  const Result<HclToken> first = scanner.next();
  if (!first || (first->kind != Word::identifier && first->kind != Word::text)) return false;
  const Result<HclToken> second = scanner.next();
  return second && (is_sign(*second, '=') || is_sign(*second, '{'));
}

std::optional<Value> parse_hcl(std::string_view text, Mistakes& mistakes) {
  Parser parser(text);
  Value document;
  document.kind = config::Kind::map;
  if (const Status read = parser.members(document, true); !read) {
    mistakes.add(parser.failed_at(), read.error().message());
    return std::nullopt;
  }
  return document;
}

}  // namespace entente::helper
