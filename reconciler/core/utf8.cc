#include "reconciler/core/utf8.h"

#include <algorithm>

namespace hearth {

std::size_t decode_utf8(std::string_view text, std::size_t offset, char32_t& character) {
  if (offset >= text.size()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[offset + i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    character = first;
    return 1;
  }
  std::size_t length = 0;
  char32_t least = 0;  // what fits into fewer bytes must be written in fewer
  if ((first & 0xE0U) == 0xC0U) {
    length = 2;
    least = 0x80;
    character = first & 0x1FU;
  } else if ((first & 0xF0U) == 0xE0U) {
    length = 3;
    least = 0x800;
    character = first & 0x0FU;
  } else if ((first & 0xF8U) == 0xF0U) {
    length = 4;
    least = 0x10000;
    character = first & 0x07U;
  } else {
    return 0;
  }
  if (text.size() - offset < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
    character = (character << 6U) | (byte(i) & 0x3FU);
  }
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  return character < least || character > 0x10FFFF || surrogate ? 0 : length;
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++count) {
    char32_t character = 0;
    i += std::max<std::size_t>(decode_utf8(text, i, character), 1);
  }
  return count;
}

std::string quote(std::string_view text, std::size_t most) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    if (i >= most) return out + "…\"";
    char32_t character = 0;
    const std::size_t length = decode_utf8(text, i, character);
    const auto byte = static_cast<unsigned char>(text[i]);
    if (text[i] == '\n') {
      out += "\\n";
    } else if (text[i] == '"' || text[i] == '\\') {
      out += '\\';
      out += text[i];
    } else if (length == 0 || character < 0x20 || character == 0x7F) {
      out += "\\x";
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    } else {
      out += text.substr(i, length);
    }
    i += std::max<std::size_t>(length, 1);
  }
  return out + "\"";
}

}  // namespace hearth
