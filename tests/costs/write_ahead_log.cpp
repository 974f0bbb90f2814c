#include "tests/costs/write_ahead_log.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace entente::test {
namespace {

constexpr std::size_t header_size = 32, frame_header_size = 24;

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (const char byte : bytes.substr(at, 4)) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace

WriteAheadLog read_write_ahead_log(const std::filesystem::path& database) {
  std::ifstream file(database.string() + "-wal", std::ios::binary);
  const std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (all.size() < header_size) throw std::runtime_error("no write-ahead log beside " + database.string());
  const std::string_view log(all), salts = log.substr(16, 8);
  const std::size_t frame_size = frame_header_size + number_at(log, 8);
  WriteAheadLog found;
  for (std::size_t at = header_size; at + frame_size <= log.size(); at += frame_size) {
    if (log.substr(at + 8, 8) != salts) break;  // what an earlier round left behind
    ++found.pages;
    if (number_at(log, at + 4) != 0) ++found.transactions;  // the last frame of one
  }
  return found;
}

}  // namespace entente::test
