#include "cli/print.hpp"

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

bool colour_wanted() {
  const char* refused = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) == 1 && (refused == nullptr || *refused == '\0');
}

}  // namespace

int fail(const Error& error) {
  std::cerr << "entente: " << printable(error.message()) << '\n';
  return error.code() == Errc::invalid_argument ? exit_usage : exit_failed;
}

int fail_usage(const std::string& message) {
  std::cerr << "entente: " << printable(message) << '\n';
  return exit_usage;
}

void print_json(const Json& document) {
  std::cout << document.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], shown_width(row[i]));
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - shown_width(row[i]) + 2, ' ');
    }
    std::cout << line << '\n';
  }
}

void print_fields(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : fields) rows.push_back({name + ":", value});
  print_table(rows);
}

std::string toned(std::string_view text, Tone tone) {
  if (tone == Tone::plain || !colour_wanted()) return std::string(text);
  const char* code = tone == Tone::good ? "\x1b[32m" : tone == Tone::warning ? "\x1b[33m" : "\x1b[31m";
  return code + std::string(text) + "\x1b[0m";
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
