#include "common/config/yaml_reader.hpp"

#include <algorithm>

namespace entente::config {
namespace {

std::string found(const Value& value) {
  if (value.kind == Kind::nothing) return "nothing";
  if (value.kind == Kind::list) return "a list";
  if (value.kind == Kind::map) return "a map";
  return in_quotes(value.text);
}

std::string member_name(const std::string& parent, std::string_view key) {
  return parent.empty() ? std::string(key) : parent + "." + std::string(key);
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

}  // namespace

void Node::report(Position at, std::string_view what) const {
  if (value_->kind == Kind::broken) return;
  mistakes_->add(at, name_.empty() ? std::string(what) : name_ + ": " + std::string(what));
}

const std::string* Node::plain_text() const {
  if (value_->kind == Kind::broken) return nullptr;
  if (value_->kind != Kind::text) {
    mistake("expected one value, found " + found(*value_));
  } else if (value_->text.empty()) {
    mistake("expected a value, found an empty text");
  } else if (has_control(value_->text)) {
    mistake("a line break or another control character in the text");
  } else {
    return &value_->text;
  }
  return nullptr;
}

std::vector<Node> Node::items() const {
  std::vector<Node> nodes;
  if (value_->kind != Kind::list && value_->kind != Kind::nothing) mistake("expected a list, found " + found(*value_));
  for (std::size_t i = 0; i < value_->items.size(); ++i)
    nodes.emplace_back(value_->items[i], name_ + "[" + std::to_string(i) + "]", *mistakes_);
  return nodes;
}

Section::Section(Node node)
    : node_(std::move(node)), readable_(node_.value().kind == Kind::map || node_.value().kind == Kind::nothing) {
  if (!readable_) node_.mistake("expected a map of keys, found " + found(node_.value()));
}

Section::~Section() { report_unknown(); }

std::optional<Node> Section::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  return look_up(key);
}

std::optional<Node> Section::look_up(std::string_view key) const {
  if (!readable_) return std::nullopt;
  for (const Member& member : node_.value().members)
    if (member.key == key) return Node(member.value, member_name(node_.name(), key), node_.mistakes());
  return std::nullopt;
}

std::optional<Node> Section::need(std::string_view key, std::string_view why) {
  std::optional<Node> node = find(key);
  if (!node && readable_) node_.mistake_at_head(std::string(key) + " is missing: " + std::string(why));
  return node;
}

bool Section::refuse(std::string_view key, std::string_view why) {
  const std::optional<Node> node = look_up(key);
  if (!node) return false;  // not among the keys that a message offers
  known_.emplace_back(key);
  node->mistake(why);
  return true;
}

std::optional<Section::Alternative> Section::one_of(std::initializer_list<std::string_view> keys,
                                                    std::initializer_list<std::string_view> later) {
  std::optional<Alternative> chosen;
  bool unsupported = false;
  for (const std::string_view key : later) unsupported |= refuse_unsupported(key);
  for (const std::string_view key : keys) {
    const std::optional<Node> node = find(key);
    if (!node) continue;
    if (chosen) node->mistake("stands beside " + std::string(chosen->key) + ": only one of them can be");
    if (!chosen) chosen = Alternative{key, *node};
  }
  if (!chosen && !unsupported && readable_)
    node_.mistake_at_head("expected exactly one of " + join_or({keys.begin(), keys.end()}));
  return chosen;
}

void Section::report_unknown() const {
  for (const Member& member : node_.value().members) {
    if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
    const std::string where = node_.name().empty() ? "" : node_.name() + ": ";
    const std::string meant = nearest(member.key, known_);
    node_.mistakes().add(member.at, where + "unknown key " + in_quotes(member.key) +
                                        (meant.empty() ? "; the keys here are " + join_or(known_)
                                                       : "; did you mean " + in_quotes(meant) + "?"));
  }
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 80;
  std::string shown(text.substr(0, longest));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }, '?');
  return '"' + shown + (text.size() > longest ? "...\"" : "\"");
}

std::string join_or(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

namespace {

// Levenshtein's distance, one row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({changed, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t least = std::min<std::size_t>(3, word.size() / 2 + 1);  // beyond: another word, not a slip
  if (word.size() > 64) return best;
  for (const std::string& candidate : candidates) {
    const std::size_t far = distance(word, candidate);
    if (far >= least) continue;
    least = far;
    best = candidate;
  }
  return best;
}

}  // namespace entente::config
