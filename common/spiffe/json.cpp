#include "common/spiffe/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "common/spiffe/text.hpp"

namespace entente::spiffe {
namespace {

using nlohmann::json;

// Walks over the text and keeps count of what the lexer has consumed: SAX events carry no position of their own.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, std::size_t& consumed) : at_(at), consumed_(&consumed) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*consumed_;
    return *this;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) { return a.at_ == b.at_; }

 private:
  const char* at_;
  std::size_t* consumed_;
};

// nlohmann's reason without its prefix and without the stranger's bytes that it quotes.
std::string reason_of(std::string_view what) {
  if (const auto at = what.find("syntax error "); at != what.npos)
    what.remove_prefix(at + 13);
  else if (const auto bracket = what.find("] "); bracket != what.npos)
    what.remove_prefix(bracket + 2);
  what = what.substr(0, what.find("; last read"));
  std::string reason(what.substr(0, 120));
  std::replace_if(
      reason.begin(), reason.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return reason;
}

// Builds the document. nlohmann's objects are ordered maps, so that a duplicate name costs one look-up.
class StrictBuilder final : public nlohmann::json_sax<json> {
 public:
  StrictBuilder(int max_depth, const std::size_t& consumed) : max_depth_(max_depth), consumed_(consumed) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return fail("binary data"); }

  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    const auto [entry, is_new] = open_.back()->get_ref<json::object_t&>().try_emplace(std::move(name));
    if (!is_new) return fail("duplicate name " + in_quotes(entry->first));
    value_ = &entry->second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception& cause) override {
    error_ = "not valid JSON at byte " + std::to_string(position) + ": " + reason_of(cause.what());
    return false;
  }

  json take() { return std::move(document_); }
  const std::string& error() const { return error_; }

 private:
  // The place for the next value: under the name just read, at the end of the open array, or the document itself.
  json& next_place() {
    if (open_.empty()) return document_;
    if (open_.back()->is_array()) return open_.back()->get_ref<json::array_t&>().emplace_back();
    return *value_;
  }
  template <class T>
  bool put(T&& value) {
    next_place() = std::forward<T>(value);
    return true;
  }
  bool open(json container) {
    if (static_cast<int>(open_.size()) == max_depth_)
      return fail("nested deeper than " + std::to_string(max_depth_) + " levels");
    json& place = next_place();
    place = std::move(container);
    open_.push_back(&place);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  bool fail(const std::string& what) {
    error_ = what + " at byte " + std::to_string(consumed_);
    return false;
  }

  int max_depth_;
  const std::size_t& consumed_;
  json document_;
  std::vector<json*> open_;  // the containers around the next value, outermost first
  json* value_ = nullptr;    // of the name just read
  std::string error_;
};

}  // namespace

Result<json> parse_strict_json(std::string_view text, int max_depth) {
  // RFC 8259 8.1: a byte order mark is not to be sent; nlohmann would skip it.
  if (text.starts_with("\xef\xbb\xbf")) return Error(Errc::syntax, "a byte order mark at byte 1: send plain UTF-8");
  // No JSON text holds one unescaped, and nlohmann takes it for the end, whatever comes after.
  if (const std::size_t nul = text.find('\0'); nul != text.npos)
    return Error(Errc::syntax, "not valid JSON at byte " + std::to_string(nul + 1) + ": a NUL byte");
  std::size_t consumed = 0;
  StrictBuilder builder(max_depth, consumed);
  const CountingIterator begin(text.data(), consumed), end(text.data() + text.size(), consumed);
  const bool nothing_after = true;
  if (!json::sax_parse(begin, end, &builder, json::input_format_t::json, nothing_after))
    return Error(Errc::syntax, builder.error());
  return builder.take();
}

}  // namespace entente::spiffe
