// How results look: JSON as one document, text as aligned columns or lines; colour only where a person sees it.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <memory>
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

using Rows = std::vector<std::vector<std::string>>;
using Fields = std::vector<std::pair<std::string, std::string>>;

// Columns aligned by their widest cell; the first row is the header. Where a line would be longer than `width` (0: no
// limit) its last cell is cut, down to 20 characters; only a last cell without colour is.
std::string table(const Rows& rows, std::size_t width = 0);
// "name:  value" lines, aligned.
std::string field_lines(const Fields& fields);

enum class Tone { plain, good, warning, bad, loud };  // loud: not to be overlooked

// Gives texts their tone's colour, or leaves them as they are.
class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}
  std::string operator()(std::string_view text, Tone tone) const;

 private:
  bool on_;
};

// Whether output to a file descriptor is coloured: on a terminal, unless NO_COLOR is set.
bool colour_wanted(bool terminal, const char* no_color);
Paint paint_for_stdout();
Paint paint_for_stderr();
// The text in the tone's colour, for stdout.
std::string toned(std::string_view text, Tone tone);
// Characters in a line of stdout's terminal; 0 where it is none.
std::size_t terminal_width();

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
// "2026-11-22T10:00:00Z (3 min ago)"; "-" where there is none.
std::string moment(std::optional<Time> time, const std::string& relative);

template <class T>
Json json_of(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}
template <class Rep, class Period>
Json json_of(const std::optional<std::chrono::duration<Rep, Period>>& value) {
  return value ? Json(std::chrono::duration_cast<std::chrono::seconds>(*value).count()) : Json(nullptr);
}
// Empty is not known.
Json json_text(const std::string& text);

std::string joined(const std::vector<std::string>& parts, std::string_view separator);

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
