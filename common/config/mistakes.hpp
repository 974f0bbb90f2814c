// Collects what is wrong with a configuration while it is read. Internal to config.
#pragma once

#include <string>
#include <vector>

#include "common/config/config.hpp"

namespace entente::config {

// In the file, 1-based; columns count bytes.
struct Position {
  int line = 1, column = 1;
};
std::string to_string(Position at);  // "line 3"

class Mistakes {
 public:
  void add(Position at, std::string message) { list_.push_back({at.line, at.column, std::move(message)}); }
  bool empty() const { return list_.empty(); }
  // In the order of the file; those of one place in the order they were found.
  std::vector<Mistake> sorted() const;

 private:
  std::vector<Mistake> list_;
};

}  // namespace entente::config
