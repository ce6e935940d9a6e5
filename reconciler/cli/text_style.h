// How text for people is coloured, cut and made safe to print.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "reconciler/core/value.h"

namespace hearth {

struct TextStyle {
  bool color = false;
  bool verbose = false;  // nothing left out, however long
};

enum class Color : std::uint8_t { plain, green, yellow, red, cyan, bold, dim };

// TEXT in COLOR where the style has colours.
std::string paint(const TextStyle& style, Color color, std::string_view text);

// Columns that TEXT takes on a terminal: one a code point, which is right for what hearth prints itself.
std::size_t columns(std::string_view text);

// TEXT with spaces behind it up to WIDTH columns.
std::string padded(std::string_view text, std::size_t width);

// TEXT cut to WIDTH columns with "…" at the end where it was longer. No escape sequences in TEXT.
std::string cut(std::string_view text, std::size_t width);

// One line that a terminal cannot be harmed by: control characters, broken UTF-8 and marks that reverse the
// direction of writing become visible escapes. For everything that comes from live systems and files.
std::string printable(std::string_view text);

// A value within a line: `[demehouse]`, `{a: 1}`, `(unset)`. Secrets by name; unknown values say why.
std::string inline_text(const Value& value);

// "1 host", "2 hosts".
std::string counted(std::size_t count, std::string_view noun);

}  // namespace hearth
