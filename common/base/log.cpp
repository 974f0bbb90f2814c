#include "common/base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>

#include "common/base/time.hpp"

namespace entente {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "info";
}

// Values come from strangers too: everything outside printable ASCII is escaped, so that no line can be forged.
void append_quoted(std::string& line, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  line += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      line += "\\u00";
      line += digits[byte >> 4];
      line += digits[byte & 15];
    } else {
      line += c;
    }
  }
  line += '"';
}

bool plain(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text)
    if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\') return false;
  return true;
}

std::string text_line(Time now, LogLevel level, std::string_view event, Log::Fields fields) {
  std::string line = format_time(std::chrono::floor<std::chrono::milliseconds>(now));
  line += ' ';
  line += name(level);
  line += ' ';
  line += event;
  for (const LogField& field : fields) {
    line += ' ';
    line += field.name();
    line += '=';
    if (field.literal() || plain(field.value()))
      line += field.value();
    else
      append_quoted(line, field.value());
  }
  return line;
}

std::string json_line(Time now, LogLevel level, std::string_view event, Log::Fields fields) {
  std::string line =
      "{\"time\":\"" + format_time(std::chrono::floor<std::chrono::milliseconds>(now)) + "\",\"level\":\"";
  line += name(level);
  line += "\",\"message\":";
  append_quoted(line, event);
  for (const LogField& field : fields) {
    line += ',';
    append_quoted(line, field.name());
    line += ':';
    if (field.literal())
      line += field.value();
    else
      append_quoted(line, field.value());
  }
  return line + '}';
}

}  // namespace

struct Log::Impl {
  spdlog::logger logger{"entente", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  std::atomic<LogFormat> format;
};

Log::Log(LogLevel level, LogFormat format) : impl_(std::make_unique<Impl>()) {
  impl_->logger.set_pattern("%v");
  impl_->logger.flush_on(spdlog::level::trace);
  set_level(level);
  set_format(format);
}

Log::~Log() = default;

void Log::set_level(LogLevel level) { impl_->logger.set_level(spdlog_level(level)); }
void Log::set_format(LogFormat format) { impl_->format = format; }

void Log::write(LogLevel level, std::string_view event, Fields fields) {
  if (!impl_->logger.should_log(spdlog_level(level))) return;
  const Time now = std::chrono::system_clock::now();
  impl_->logger.log(spdlog_level(level), impl_->format == LogFormat::json ? json_line(now, level, event, fields)
                                                                          : text_line(now, level, event, fields));
}

}  // namespace entente
