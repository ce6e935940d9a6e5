#include "reconciler/cli/text_style.h"

#include <algorithm>

#include "reconciler/core/json.h"
#include "reconciler/core/utf8.h"

namespace hearth {

namespace {

std::string_view code(Color color) {
  switch (color) {
    case Color::plain: return "";
    case Color::green: return "\x1b[32m";
    case Color::yellow: return "\x1b[33m";
    case Color::red: return "\x1b[31m";
    case Color::cyan: return "\x1b[36m";
    case Color::bold: return "\x1b[1m";
    case Color::dim: return "\x1b[2m";
  }
  return "";
}

bool harmful(char32_t point) {
  return point < 0x20 || (point >= 0x7f && point <= 0x9f)  // C0, DEL, C1: terminals obey them
         || (point >= 0x200b && point <= 0x200f)           // zero width, direction marks
         || (point >= 0x2028 && point <= 0x202e)           // line separators, direction overrides
         || (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

void append_hex(std::string& out, char32_t number, int digits) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
    out += "0123456789abcdef"[(number >> static_cast<unsigned>(shift)) & 15U];
  }
}

// Bare where a person could not mistake it for something else; quoted otherwise.
std::string scalar_text(const std::string& text, bool in_collection) {
  const bool bare = !text.empty() && text.front() != ' ' && text.back() != ' ' && text.front() != '"' &&
                    text.find('\n') == std::string::npos &&
                    !(in_collection && text.find_first_of(",[]{}:") != std::string::npos) &&
                    printable(text) == text;
  return bare ? text : "\"" + printable(text) + "\"";
}

std::string value_text(const Value& value, bool in_collection) {
  switch (value.type()) {
    case Value::Type::null: return in_collection ? "null" : "(unset)";
    case Value::Type::string: return scalar_text(value.as_string(), in_collection);
    case Value::Type::list: {
      std::string out;
      for (const auto& element : value.as_list())
        out += (out.empty() ? "" : ", ") + value_text(element, true);
      return "[" + out + "]";
    }
    case Value::Type::map: {
      std::string out;
      for (const auto& [key, position, member] : value.as_map()) {
        out += (out.empty() ? "" : ", ") + scalar_text(key, true) + ": " + value_text(member, true);
      }
      return "{" + out + "}";
    }
    case Value::Type::secret: return "(secret " + printable(value.as_secret().name) + ")";
    case Value::Type::unknown: return "(unknown: " + printable(value.why_unknown()) + ")";
    case Value::Type::boolean:
    case Value::Type::integer:
    case Value::Type::real: return to_json(value);
  }
  return {};
}

}  // namespace

std::string paint(const TextStyle& style, Color color, std::string_view text) {
  if (!style.color || color == Color::plain || text.empty()) return std::string(text);
  return std::string(code(color)).append(text).append("\x1b[0m");
}

std::size_t columns(std::string_view text) {
  return count_characters(text);
}

std::string padded(std::string_view text, std::size_t width) {
  const std::size_t used = columns(text);
  return std::string(text).append(used < width ? width - used : 0, ' ');
}

std::string cut(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t end = 0;
  for (std::size_t kept = 0; kept + 1 < width; ++kept) {  // one column is the mark's
    char32_t ignored = 0;
    end += std::max<std::size_t>(1, decode_utf8(text, end, ignored));
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    char32_t point = 0;
    const std::size_t size = decode_utf8(text, at, point);
    if (size == 0) {
      out += "\\x";
      append_hex(out, static_cast<unsigned char>(text[at]), 2);
    } else if (point == '\n') {
      out += "\\n";
    } else if (point == '\t') {
      out += "\\t";
    } else if (harmful(point)) {
      out += point < 0x80 ? "\\x" : "\\u";
      append_hex(out, point, point < 0x80 ? 2 : 4);
    } else {
      out += text.substr(at, size);
    }
    at += std::max<std::size_t>(1, size);
  }
  return out;
}

std::string inline_text(const Value& value) {
  return value_text(value, false);
}

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count).append(" ").append(noun).append(count == 1 ? "" : "s");
}

}  // namespace hearth
