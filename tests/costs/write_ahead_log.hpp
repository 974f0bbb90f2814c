// What a SQLite database's write-ahead log holds: what was written, by how many transactions. Its format is SQLite's
// documented one (fileformat2.html, 4.1).
#pragma once

#include <cstdint>
#include <filesystem>

namespace entente::test {

struct WriteAheadLog {
  std::uint64_t pages = 0;         // written
  std::uint64_t transactions = 0;  // committed
};
inline WriteAheadLog operator-(const WriteAheadLog& a, const WriteAheadLog& b) {
  return {a.pages - b.pages, a.transactions - b.transactions};
}

// Since the log began anew, as it does after every 1,000 pages. Throws where there is none.
WriteAheadLog read_write_ahead_log(const std::filesystem::path& database);

}  // namespace entente::test
