// Reading configurations in a folder of a test's own, which holds the files that they name.
#pragma once

#include <string>
#include <vector>

#include "common/config/config.hpp"
#include "tests/support/temp_folder.hpp"

namespace entente::config::test {

// Three good lines; what a test adds begins in line 4.
inline const std::string good_start = "trust_domain: a.test\ndata_dir: data\nlocal: {issuer: {}}\n";

class ConfigFolder {
 public:
  ConfigFolder();  // with b.json and company-ca.pem

  std::filesystem::path path(std::string_view name) const { return folder_ / name; }
  std::filesystem::path write(std::string_view name, std::string_view content) const {
    return folder_.write(name, content);
  }
  // The configuration; a failure that shows the mistakes, and a throw, where there are any.
  Config config(const std::string& text) const;
  std::vector<Mistake> mistakes(const std::string& text) const;  // empty where there are none

 private:
  entente::test::TempFolder folder_;
};

std::string current_user();
std::string read_whole(const std::filesystem::path& path);
// The text with the one place that says `before` saying `after`; a throw where there is not just one.
std::string replaced(std::string text, const std::string& before, const std::string& after);

// What must be said, and where. The only mistake, unless there are more rows.
struct Expected {
  int line, column;
  std::string message;  // a part of it
};
void expect_mistakes(const std::vector<Mistake>& found, const std::vector<Expected>& expected);

// One configuration with one mistake.
struct Case {
  std::string text;
  Expected expected;
};
void expect_each(const std::vector<Case>& cases);
// The same, each text put behind good_start.
void expect_each_after_good_start(const std::vector<Case>& cases);

}  // namespace entente::config::test
