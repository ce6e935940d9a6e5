// Text files by lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hearth {

// The lines of TEXT without their ends, also a last one that has none. An empty text has no lines.
std::vector<std::string> split_lines(std::string_view text);

// The words of LINE between blanks of any kind.
std::vector<std::string_view> split_words(std::string_view line);

}  // namespace hearth
