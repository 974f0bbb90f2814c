// Reading a YAML tree into values, each mistake with its place and its name in the file. Internal to config.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "common/config/yaml_tree.hpp"

namespace entente::config {

// A value of the tree, and what it is called: "federation[0].endpoint_url". Refers to both arguments.
class Node {
 public:
  Node(const Value& value, std::string name, Mistakes& mistakes)
      : value_(&value), name_(std::move(name)), mistakes_(&mistakes) {}

  const Value& value() const { return *value_; }
  const std::string& name() const { return name_; }
  Position at() const { return value_->at; }
  Mistakes& mistakes() const { return *mistakes_; }

  // "<name>: <what>", here. Nothing for a broken value: that was said already.
  void mistake(std::string_view what) const { report(value_->at, what); }
  // The same at its key: for what is missing in it.
  void mistake_at_head(std::string_view what) const { report(value_->head, what); }

  // `parse` is a function from text to Result<T>; null and a mistake where the value is no text, or not a good one.
  template <class Parse>
  auto as(Parse&& parse) const {
    using T = typename std::invoke_result_t<Parse&, const std::string&>::value_type;
    std::optional<T> read;
    const std::string* const text = plain_text();
    if (text == nullptr) return read;
    if (auto parsed = parse(*text)) {
      read.emplace(std::move(*parsed));
    } else {
      mistake(parsed.error().message());
    }
    return read;
  }

  // A list's elements; none for nothing; none and a mistake for what is no list.
  std::vector<Node> items() const;
  // A list of at least one; `parse` as above. Where an element is like one before it, that is a mistake. Null after
  // any.
  template <class Parse>
  auto as_list_of_different(Parse&& parse) const {
    using T = typename std::invoke_result_t<Parse&, const std::string&>::value_type;
    std::vector<T> values;
    bool good = value_->kind == Kind::list && !value_->items.empty();
    if (!good && (value_->kind == Kind::list || value_->kind == Kind::nothing)) mistake("expected at least one");
    for (const Node& item : items()) {
      std::optional<T> value = item.as(parse);
      const auto first = value ? std::find(values.begin(), values.end(), *value) : values.end();
      if (first != values.end()) item.mistake("stands here twice: keep one");
      good = good && value && first == values.end();
      if (value) values.push_back(*std::move(value));
    }
    return good ? std::optional(std::move(values)) : std::nullopt;
  }

 private:
  void report(Position at, std::string_view what) const;
  const std::string* plain_text() const;

  const Value* value_;
  std::string name_;
  Mistakes* mistakes_;
};

// A map whose keys are asked for one by one. Keys that nobody asked for by its end are mistakes.
class Section {
 public:
  explicit Section(Node node);  // nothing counts as an empty map
  ~Section();
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

  const Node& node() const { return node_; }
  // Whether there is anything to say about what is missing: not where the map itself is a mistake.
  bool readable() const { return readable_; }

  std::optional<Node> find(std::string_view key);
  // A mistake where it is missing; `why` it is needed, or how it looks.
  std::optional<Node> need(std::string_view key, std::string_view why);
  // Exactly one of `keys`; of the `later` ones, a mistake that says that they are not supported yet.
  struct Alternative {
    std::string_view key;
    Node node;
  };
  std::optional<Alternative> one_of(std::initializer_list<std::string_view> keys,
                                    std::initializer_list<std::string_view> later);
  // A mistake where the key is there, which says why it must not be.
  bool refuse(std::string_view key, std::string_view why);
  // Known to the documentation, but not supported yet.
  bool refuse_unsupported(std::string_view key) { return refuse(key, "not supported in this version"); }

  template <class T, class Parse>
  void set(std::string_view key, T& target, Parse&& parse) {
    if (const auto found = find(key))
      if (auto read = found->as(parse)) target = *std::move(read);
  }
  template <class Parse>
  auto get(std::string_view key, std::string_view why, Parse&& parse) {
    const auto found = need(key, why);
    return found ? found->as(parse) : decltype(found->as(parse))();
  }

 private:
  std::optional<Node> look_up(std::string_view key) const;
  void report_unknown() const;

  Node node_;
  bool readable_;
  std::vector<std::string> known_;
};

// The text in quotes, shortened and with control characters shown as '?': for messages.
std::string in_quotes(std::string_view text);
// "a, b or c".
std::string join_or(const std::vector<std::string>& words);
// The candidate that `word` was probably meant to be; "" where none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace entente::config
