// The regular expressions of JSON Schema, matched in linear time.
//
// std::regex backtracks: a harmless-looking pattern takes exponential time on the wrong text, and a long text
// overflows the stack. Manifests are untrusted input, so this one simulates all alternatives at once instead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace hearth {

// A subset of ECMAScript: literals, `.`, classes with ranges, \d \w \s and their negations, \b \B, \t \n \r
// \f \v, \xHH,
// \uHHHH, groups (also `(?:…)`), `|`, `* + ? {n} {n,} {n,m}` (lazy or not: it makes no difference to whether
// something matches), `^` and `$`. Works on characters, not bytes. Refused: backreferences, look-around,
// named groups, \p.
class Pattern {
 public:
  // The error says in one sentence what is wrong with TEXT.
  static tl::expected<Pattern, std::string> compile(std::string_view text);

  // Whether TEXT holds a match anywhere, as JSON Schema wants it: write ^…$ for the whole. Takes time
  // proportional to the size of TEXT times that of the pattern. Any thread.
  [[nodiscard]] bool is_found_in(std::string_view text) const;

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  friend class PatternCompiler;

  // Characters as sorted ranges, both ends included.
  struct CharacterSet {
    std::vector<std::pair<char32_t, char32_t>> ranges;
    bool negated = false;

    [[nodiscard]] bool contains(char32_t character) const;
  };

  enum class Opcode : std::uint8_t {
    character,
    set,
    split,
    jump,
    begin,
    end,
    word_border,
    no_word_border,
    match
  };

  struct Instruction {
    Opcode opcode = Opcode::match;
    std::uint32_t first = 0;   // the character, the set, or where to go
    std::uint32_t second = 0;  // split: where else to go
  };

  class Threads;

  Pattern() = default;

  std::string text_;
  std::vector<Instruction> program_;
  std::vector<CharacterSet> sets_;
};

}  // namespace hearth
