#include "tests/common/config/config_support.hpp"

#include <gmock/gmock.h>
#include <pwd.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace entente::config::test {
namespace {

std::string data_file(const std::string& name) { return read_whole(ENTENTE_TEST_DATA "/config/" + name); }

}  // namespace

ConfigFolder::ConfigFolder() {
  write("b.json", data_file("b.json"));
  write("company-ca.pem", data_file("company-ca.pem"));
}

Config ConfigFolder::config(const std::string& text) const {
  auto outcome = parse(text, path("entente.yaml"));
  if (auto* config = std::get_if<Config>(&outcome)) return std::move(*config);
  throw std::runtime_error(describe("entente.yaml", std::get<1>(outcome)));
}

std::vector<Mistake> ConfigFolder::mistakes(const std::string& text) const {
  const auto outcome = parse(text, path("entente.yaml"));
  const auto* found = std::get_if<std::vector<Mistake>>(&outcome);
  return found == nullptr ? std::vector<Mistake>() : *found;
}

std::string current_user() {
  const passwd* user = ::getpwuid(::geteuid());
  return user == nullptr ? "root" : user->pw_name;
}

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string replaced(std::string text, const std::string& before, const std::string& after) {
  const auto at = text.find(before);
  if (at == std::string::npos || text.find(before, at + 1) != std::string::npos)
    throw std::runtime_error("not just once in the text: " + before);
  return text.replace(at, before.size(), after);
}

void expect_mistakes(const std::vector<Mistake>& found, const std::vector<Expected>& expected) {
  SCOPED_TRACE("found:\n" + describe("FILE", found));
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].line, expected[i].line);
    EXPECT_EQ(found[i].column, expected[i].column);
    EXPECT_THAT(found[i].message, testing::HasSubstr(expected[i].message));
  }
}

void expect_each(const std::vector<Case>& cases) {
  const ConfigFolder folder;
  for (const Case& one : cases) {
    SCOPED_TRACE(one.text);
    expect_mistakes(folder.mistakes(one.text), {one.expected});
  }
}

void expect_each_after_good_start(const std::vector<Case>& cases) {
  std::vector<Case> whole = cases;
  for (Case& one : whole) one.text = good_start + one.text;
  expect_each(whole);
}

}  // namespace entente::config::test
