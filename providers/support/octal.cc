#include "providers/support/octal.h"

namespace hearth {

namespace {

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

unsigned digit(char c) {
  return static_cast<unsigned>(c - '0');
}

}  // namespace

std::string without_octal_escapes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && text.size() - i > 3 && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
        is_octal(text[i + 3])) {
      out +=
          static_cast<char>((digit(text[i + 1]) * 64 + digit(text[i + 2]) * 8 + digit(text[i + 3])) & 255U);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string with_octal_escapes(std::string_view text, std::string_view also) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte != 0x7f && c != '\\' && also.find(c) == std::string_view::npos) {
      out += c;
      continue;
    }
    out += '\\';
    for (const unsigned shift : {6U, 3U, 0U}) out += static_cast<char>('0' + ((byte >> shift) & 7U));
  }
  return out;
}

}  // namespace hearth
