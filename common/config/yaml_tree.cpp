#include "common/config/yaml_tree.hpp"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>

#include "common/config/yaml_source.hpp"

namespace entente::config {
namespace {

Position position(const YAML::Mark& mark) {
  return mark.is_null() ? Position() : Position{mark.line + 1, mark.column + 1};
}

constexpr const char* open_quote_message = "this quotation mark is never closed";

// Builds the tree from the parser's events.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const YamlSource& source, Mistakes& mistakes) : source_(source), mistakes_(mistakes) {}

  Value take() { return std::move(root_); }
  Position document_start() const { return document_start_; }
  std::optional<Position> open_quote() const { return open_quote_; }

  void OnDocumentStart(const YAML::Mark& mark) override { document_start_ = position(mark); }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { attach(leaf(Kind::nothing, mark)); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    mistakes_.add(position(mark), "aliases (*name) are not supported: write the value out");
    attach(leaf(Kind::broken, mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& text) override {
    Value value = leaf(Kind::text, mark);
    value.text = text;
    if (is_tagged(tag, mark)) value.kind = Kind::broken;
    // yaml-cpp takes the end of the file for the end of a quoted text.
    if (!source_.quote_is_closed(value.at)) {
      mistakes_.add(value.at, open_quote_message);
      open_quote_ = value.at;
      value.kind = Kind::broken;
    }
    attach(std::move(value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(Kind::list, mark, tag);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(Kind::map, mark, tag);
  }
  void OnMapEnd() override { close(); }

 private:
  // A list or map that is being read.
  struct Frame {
    Value value;
    std::optional<Value> key;              // of a map: read, its value is awaited
    std::map<std::string, Position> seen;  // of a map: its keys so far
    bool tagged = false;
  };

  static Value leaf(Kind kind, const YAML::Mark& mark) {
    Value value;
    value.kind = kind;
    value.at = value.head = position(mark);
    return value;
  }

  // "?" is a plain text's tag, "!" a quoted one's.
  bool is_tagged(const std::string& tag, const YAML::Mark& mark) {
    if (tag.empty() || tag == "?" || tag == "!") return false;
    mistakes_.add(position(mark), "tags (!name) are not supported: leave it out");
    return true;
  }

  void open(Kind kind, const YAML::Mark& mark, const std::string& tag) {
    Frame& frame = stack_.emplace_back();
    frame.value = leaf(kind, mark);
    frame.tagged = is_tagged(tag, mark);
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (frame.tagged) frame.value.kind = Kind::broken;
    attach(std::move(frame.value));
  }

  void attach(Value value) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.value.kind == Kind::list) {
      frame.value.items.push_back(std::move(value));
    } else if (!frame.key) {
      frame.key = std::move(value);
    } else {
      add_member(frame, *std::exchange(frame.key, std::nullopt), std::move(value));
    }
  }

  void add_member(Frame& frame, Value key, Value value) {
    if (key.kind == Kind::broken) return;
    if (key.kind != Kind::text) return mistakes_.add(key.at, "a key must be a plain text");
    const auto [first, is_new] = frame.seen.emplace(key.text, key.at);
    if (!is_new)
      return mistakes_.add(key.at, "the key \"" + key.text + "\" stands here twice, first in " +
                                       to_string(first->second) + ": keep one");
    value.head = key.at;
    if (value.kind == Kind::nothing) value.at = key.at;  // the parser's mark is that of whatever follows
    frame.value.members.push_back({std::move(key.text), key.at, std::move(value)});
  }

  const YamlSource& source_;
  Mistakes& mistakes_;
  Position document_start_;
  std::optional<Position> open_quote_;
  Value root_;
  std::vector<Frame> stack_;
};

// yaml-cpp's words, and in the commonest cases what they mean.
std::string explain(const YAML::ParserException& problem, const YamlSource& source) {
  if (dynamic_cast<const YAML::DeepRecursion*>(&problem) != nullptr) return "not YAML: nested too deeply";
  if (source.has_tab_in_indentation(position(problem.mark).line))
    return "not YAML: a tab in the indentation; use spaces";
  if (problem.msg == YAML::ErrorMsg::MAP_VALUE)
    return "not YAML: no value may begin at this colon; check the indentation, or put the text in quotes";
  if (problem.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW) return "not YAML: a [ is never closed";
  if (problem.msg == YAML::ErrorMsg::END_OF_MAP_FLOW) return "not YAML: a { is never closed";
  return "not YAML: " + problem.msg;
}

void refuse_second_document(YAML::Parser& parser, const YamlSource& source, Mistakes& mistakes) {
  Mistakes unheard;
  TreeBuilder second(source, unheard);
  if (parser.HandleNextDocument(second))
    mistakes.add(
        second.document_start(),
        "a second document begins here: a configuration is one document (check the indentation, and for a stray ---)");
}

}  // namespace

std::optional<Value> parse_yaml(std::string_view text, Mistakes& mistakes) {
  const YamlSource source(text);
  if (const auto bad = source.unreadable()) {
    mistakes.add(bad->at, bad->message);
    return std::nullopt;
  }
  std::istringstream stream{std::string(source.text())};
  Mistakes found;
  TreeBuilder builder(source, found);
  try {
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) refuse_second_document(parser, source, found);
  } catch (const YAML::ParserException& problem) {
    // An open quotation mark explains whatever came of it.
    if (const auto quote = builder.open_quote()) {
      mistakes.add(*quote, open_quote_message);
    } else {
      mistakes.add(position(problem.mark), explain(problem, source));
    }
    return std::nullopt;
  }
  for (Mistake& mistake : found.sorted()) mistakes.add({mistake.line, mistake.column}, std::move(mistake.message));
  return builder.take();
}

}  // namespace entente::config
