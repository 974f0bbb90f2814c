#include "cli/print.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>

namespace entente::cli {
namespace {

// Cells may hold colour codes, which take no room.
std::size_t shown_width(std::string_view text) {
  std::size_t width = 0;
  bool in_code = false;
  for (const char c : text) {
    if (c == '\x1b') in_code = true;
    if (!in_code) ++width;
    if (in_code && c == 'm') in_code = false;
  }
  return width;
}

// Where the last cell of a line would end past the width.
std::string cut(const std::string& text, std::size_t room) {
  constexpr std::size_t least = 20;
  room = std::max(room, least);
  if (text.size() <= room || text.find('\x1b') != std::string::npos) return text;
  return text.substr(0, room - 3) + "...";
}

}  // namespace

int fail(const Error& error) {
  std::cerr << "entente: " << printable(error.message()) << '\n';
  return error.code() == Errc::invalid_argument ? exit_usage : exit_failed;
}

int fail_refused(const Error& error) {
  (void)fail(error);
  return exit_failed;
}

int fail_entente_only(const Error& error) {
  if (error.code() != Errc::unsupported) return fail_refused(error);
  return fail_refused(Error(error.code(), error.message() + "; this command works against an Entente alone"));
}

int fail_usage(const std::string& message) {
  std::cerr << "entente: " << printable(message) << '\n';
  return exit_usage;
}

void print_json(const Json& document) {
  std::cout << document.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

std::string table(const Rows& rows, std::size_t width) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], shown_width(row[i]));
  }
  std::string lines;
  for (const auto& row : rows) {
    std::string line;
    std::size_t used = 0;
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] - shown_width(row[i]) + 2, ' ');
      used += widths[i] + 2;
    }
    if (!row.empty()) line += width == 0 ? row.back() : cut(row.back(), width - std::min(used, width));
    while (line.ends_with(' ')) line.pop_back();
    lines += line + '\n';
  }
  return lines;
}

std::string field_lines(const Fields& fields) {
  Rows rows;
  for (const auto& [name, value] : fields) rows.push_back({name + ":", value});
  return table(rows);
}

std::string Paint::operator()(std::string_view text, Tone tone) const {
  if (!on_ || tone == Tone::plain) return std::string(text);
  const char* code = "\x1b[31m";
  if (tone == Tone::good) code = "\x1b[32m";
  if (tone == Tone::warning) code = "\x1b[33m";
  if (tone == Tone::loud) code = "\x1b[1;7;33m";
  return code + std::string(text) + "\x1b[0m";
}

bool colour_wanted(bool terminal, const char* no_color) {
  return terminal && (no_color == nullptr || *no_color == '\0');
}

Paint paint_for_stdout() { return Paint(colour_wanted(::isatty(STDOUT_FILENO) == 1, std::getenv("NO_COLOR"))); }
Paint paint_for_stderr() { return Paint(colour_wanted(::isatty(STDERR_FILENO) == 1, std::getenv("NO_COLOR"))); }

std::string toned(std::string_view text, Tone tone) { return paint_for_stdout()(text, tone); }

std::size_t terminal_width() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) != 1 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

std::string printable(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      result += c;
    } else {
      result += "\\x";
      result += digits[byte >> 4];
      result += digits[byte & 15];
    }
  }
  return result;
}

std::optional<Time> time_of(bool set, const google::protobuf::Timestamp& message) {
  if (!set) return std::nullopt;
  return Time(std::chrono::duration_cast<Time::duration>(std::chrono::seconds(message.seconds()) +
                                                         std::chrono::nanoseconds(message.nanos())));
}

Json json_time(std::optional<Time> time) { return time ? Json(format_time(*time)) : Json(nullptr); }

std::string ago(std::optional<Time> time, Time now) {
  return time ? describe_duration(std::max(Duration(now - *time), Duration::zero())) + " ago" : "never";
}

std::string ahead(std::optional<Time> time, Time now) {
  if (!time) return "-";
  return *time <= now ? "now" : "in " + describe_duration(*time - now);
}

std::string until(std::optional<Time> time, Time now) {
  return time && *time <= now ? "expired " + ago(time, now) : ahead(time, now);
}

std::string moment(std::optional<Time> time, const std::string& relative) {
  return time ? format_time(*time) + " (" + relative + ")" : std::string("-");
}

Json json_text(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) text.append(text.empty() ? "" : separator).append(part);
  return text;
}

struct Progress::Impl {
  std::mutex mutex;
  std::condition_variable finished;
  bool done = false;
  std::thread thread;
};

Progress::Progress(std::string what) {
  if (::isatty(STDERR_FILENO) != 1) return;
  impl_ = std::make_unique<Impl>();
  impl_->thread = std::thread([impl = impl_.get(), what = std::move(what)] {
    std::unique_lock lock(impl->mutex);
    if (impl->finished.wait_for(lock, std::chrono::seconds(1), [impl] { return impl->done; })) return;
    for (int seconds = 1;; ++seconds) {
      std::cerr << "\r" << what << " (" << seconds << " s) " << std::flush;
      if (impl->finished.wait_for(lock, std::chrono::seconds(1), [impl] { return impl->done; })) break;
    }
    std::cerr << "\r\x1b[K" << std::flush;
  });
}

Progress::~Progress() {
  if (!impl_) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->done = true;
  }
  impl_->finished.notify_one();
  impl_->thread.join();
}

}  // namespace entente::cli
