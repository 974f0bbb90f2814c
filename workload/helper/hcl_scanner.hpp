// The words of an HCL text. Internal to helper.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/config/mistakes.hpp"

namespace entente::helper {

struct HclToken {
  enum class Kind { end, identifier, number, text, sign };
  Kind kind = Kind::end;
  std::string text;  // of a quoted text what it says; of a sign the sign: one of = { } [ ] ,
  config::Position at;
};

class HclScanner {
 public:
  // The text must outlive the scanner.
  explicit HclScanner(std::string_view text);

  // After an error, where() says its place.
  Result<HclToken> next();
  config::Position where() const { return at_; }

 private:
  Status skip_blanks();
  Status skip_block_comment();
  void skip_line();
  Result<HclToken> quoted();
  Status escape(std::string& into);
  Status interpolation(std::string& into);
  Result<HclToken> heredoc();
  HclToken word(HclToken::Kind kind);

  bool at_end() const { return rest_.empty(); }
  char peek(std::size_t ahead = 0) const { return ahead < rest_.size() ? rest_[ahead] : '\0'; }
  char take();
  HclToken token(HclToken::Kind kind) const { return {kind, {}, at_}; }

  std::string_view rest_;
  config::Position at_;
};

}  // namespace entente::helper
