// How results look: JSON as one document, text as aligned columns or lines; colour only where a person sees it.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.hpp"
#include "common/base/time.hpp"

namespace entente::cli {

using Json = nlohmann::ordered_json;

// One document and a newline on stdout.
void print_json(const Json& document);

// Columns aligned by their widest cell; the first row is the header.
void print_table(const std::vector<std::vector<std::string>>& rows);
// "name:  value" lines, aligned.
void print_fields(const std::vector<std::pair<std::string, std::string>>& fields);

enum class Tone { good, warning, bad, plain };
// The text in the tone's colour where stdout is a terminal and NO_COLOR is not set.
std::string toned(std::string_view text, Tone tone);

// What strangers wrote, made fit for a terminal: control characters and bytes over 0x7e are shown as \xNN.
std::string printable(std::string_view text);

// Times of messages: null where the field is not set.
std::optional<Time> time_of(bool set, const google::protobuf::Timestamp& message);
Json json_time(std::optional<Time> time);
// "3 min ago", "in 2 h", "never".
std::string ago(std::optional<Time> time, Time now);
std::string ahead(std::optional<Time> time, Time now);
// Of an end: "in 2 h", "expired 3 d ago".
std::string until(std::optional<Time> time, Time now);

// Says on stderr what is being waited for once it takes longer than a second, where stderr is a terminal.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What `call` returns; the progress is gone from the terminal before anything else is printed.
template <class Call>
auto waiting(std::string what, Call call) {
  const Progress progress(std::move(what));
  return call();
}

}  // namespace entente::cli
