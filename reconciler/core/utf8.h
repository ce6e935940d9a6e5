// UTF-8, character by character.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hearth {

// Decodes the character at OFFSET (within TEXT) into CHARACTER. Returns its length in bytes, or 0 where there
// is none: stray and missing bytes, overlong forms, surrogates, beyond U+10FFFF.
std::size_t decode_utf8(std::string_view text, std::size_t offset, char32_t& character);

// How many characters TEXT has; a byte that is no UTF-8 counts as one.
std::size_t count_characters(std::string_view text);

// TEXT in double quotes for a message, on one line: what is not printable as an escape, cut (with …) after
// MOST bytes.
std::string quote(std::string_view text, std::size_t most = 60);

}  // namespace hearth
