// Structured log lines on stderr: an event in words, and named values. No secret is ever a value.
//   log.info("bundle accepted", {{"td", "b.test"}, {"seq", 42}});
// text: 2026-11-22T08:58:14.123Z info  bundle accepted td=b.test seq=42
// json: {"time":"...","level":"info","message":"bundle accepted","td":"b.test","seq":42}
#pragma once

#include <concepts>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace entente {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

// One named value of a log line.
class LogField {
 public:
  LogField(std::string_view name, std::string_view value) : name_(name), value_(value) {}
  LogField(std::string_view name, const char* value) : name_(name), value_(value) {}
  LogField(std::string_view name, const std::string& value) : name_(name), value_(value) {}
  LogField(std::string_view name, bool value) : name_(name), value_(value ? "true" : "false"), literal_(true) {}
  LogField(std::string_view name, std::integral auto value)
      : name_(name), value_(std::to_string(value)), literal_(true) {}

  std::string_view name() const { return name_; }
  const std::string& value() const { return value_; }
  bool literal() const { return literal_; }  // a number or a boolean: unquoted in JSON

 private:
  std::string_view name_;
  std::string value_;
  bool literal_ = false;
};

// Where lines go. All members may be called from any thread.
class Log {
 public:
  using Fields = std::initializer_list<LogField>;

  explicit Log(LogLevel level = LogLevel::info, LogFormat format = LogFormat::text);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Both may change while others log (SIGHUP).
  void set_level(LogLevel level);
  void set_format(LogFormat format);

  void debug(std::string_view event, Fields fields = {}) { write(LogLevel::debug, event, fields); }
  void info(std::string_view event, Fields fields = {}) { write(LogLevel::info, event, fields); }
  void warning(std::string_view event, Fields fields = {}) { write(LogLevel::warning, event, fields); }
  void error(std::string_view event, Fields fields = {}) { write(LogLevel::error, event, fields); }

 private:
  void write(LogLevel level, std::string_view event, Fields fields);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente
