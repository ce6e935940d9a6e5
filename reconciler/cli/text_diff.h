// What differs between two texts, line by line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace hearth {

struct DiffLine {
  enum class Type : std::uint8_t { context, removed, added, gap };
  Type type = Type::context;
  std::string_view text;    // without its newline; refers to the texts that were compared
  bool unfinished = false;  // the text's last line, and no newline ends it
  std::size_t skipped = 0;  // of a gap: equal lines that are left out
  friend bool operator==(const DiffLine&, const DiffLine&) = default;
};

// A shortest edit from BEFORE to AFTER with up to CONTEXT equal lines around each difference. Time and memory
// are bounded: texts with more than a few hundred differing lines may get a longer edit than necessary, never
// a wrong one.
std::vector<DiffLine> diff_lines(std::string_view before, std::string_view after, std::size_t context);

}  // namespace hearth
