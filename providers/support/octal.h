// Octal escapes, by which fstab, mountinfo and exports hide blanks in a word: `\040`.
#pragma once

#include <string>
#include <string_view>

namespace hearth {

// TEXT with each backslash and three octal digits replaced by the byte that they mean. Other backslashes stay.
std::string without_octal_escapes(std::string_view text);

// TEXT as one word: blanks, control characters, backslashes and what is in ALSO escaped.
std::string with_octal_escapes(std::string_view text, std::string_view also = {});

}  // namespace hearth
