#include "providers/support/text.h"

#include "reconciler/core/canonical.h"
#include "reconciler/core/utf8.h"

namespace hearth {

std::string normalised_path(std::string_view path) {
  return canonical_path(path).value_or(std::string(path));
}

std::string mode_text(std::uint32_t mode) {
  std::string out(4, '0');
  for (std::size_t i = 4; i-- > 0; mode >>= 3U) out[i] = static_cast<char>('0' + (mode & 7U));
  return out;
}

namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._:+-").find(c) != std::string_view::npos;
}

}  // namespace

std::string fit_name(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const char fit = is_name_character(c) ? c : '-';
    if (out.empty() && fit == '-') continue;
    out += fit;
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  std::size_t padding = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::size_t digit = 0;
    if (text[i] == '=') {
      if (i + 2 < text.size()) return std::nullopt;  // padding stands at the very end
      ++padding;
    } else {
      digit = digits.find(text[i]);
      if (digit == std::string_view::npos || padding > 0) return std::nullopt;
    }
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    if (i % 4 != 3) continue;
    out += static_cast<char>(bits >> 16U & 255U);
    out += static_cast<char>(bits >> 8U & 255U);
    out += static_cast<char>(bits & 255U);
    bits = 0;
  }
  out.resize(out.size() - padding);
  return out;
}

bool is_text(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    char32_t character = 0;
    const std::size_t length = decode_utf8(bytes, at, character);
    if (length == 0 || character == 0x7F) return false;
    if (character < 0x20 && std::u32string_view(U"\t\n\f\r").find(character) == std::u32string_view::npos)
      return false;
    at += length;
  }
  return true;
}

}  // namespace hearth
