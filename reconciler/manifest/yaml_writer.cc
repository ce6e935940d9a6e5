#include "reconciler/manifest/yaml_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "reconciler/core/utf8.h"
#include "reconciler/manifest/yaml_scalar.h"

namespace hearth {

namespace {

constexpr std::size_t step = 2;         // columns of indentation
constexpr std::size_t flow_width = 90;  // of a list that is written on one line

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '/';
}

// What needs no quotes anywhere, also not in a list on one line. Narrower than YAML: nobody has to know its rules to see
// that such a text is one.
bool is_plain(std::string_view text) {
  if (text.empty() || !is_word_character(text.front()) || text.back() == ' ' || text.back() == ':')
    return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_word_character(c) || std::string_view(".-+@").find(c) != std::string_view::npos) continue;
    if ((c == ' ' || c == ':') && i + 1 < text.size() && is_word_character(text[i + 1])) continue;
    return false;
  }
  const PlainScalar read = read_plain_scalar(text);
  return read.value.is_string() && read.otherwise.empty() && read.problem.empty();
}

// Invisible, not allowed in a file, or the end of a line to some reader.
bool needs_escape(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0xA0) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF || c == 0xFFFE ||
         c == 0xFFFF;
}

void append_hex(std::string& out, char32_t number, int digits) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
    out += "0123456789ABCDEF"[(number >> static_cast<unsigned>(shift)) & 15U];
  }
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    char32_t c = 0;
    const std::size_t length = decode_utf8(text, i, c);
    if (length == 0) {
      out += text[i++];  // not UTF-8: whoever reads it says so
      continue;
    }
    switch (c) {
      case U'"': out += "\\\""; break;
      case U'\\': out += "\\\\"; break;
      case U'\n': out += "\\n"; break;
      case U'\r': out += "\\r"; break;
      case U'\t': out += "\\t"; break;
      default:
        if (!needs_escape(c)) {
          out += text.substr(i, length);
        } else if (c <= 0xFF) {
          out += "\\x";
          append_hex(out, c, 2);
        } else {
          out += "\\u";
          append_hex(out, c, 4);
        }
    }
    i += length;
  }
  return out + "\"";
}

std::string scalar(std::string_view text) {
  return is_plain(text) ? std::string(text) : quoted(text);
}

// Whether a block scalar can carry TEXT without anybody having to count spaces: the first line tells the indentation, so
// it must begin with a sign; a line of blanks only is one that editors like to trim.
bool fits_block(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == '\n') return false;
  for (std::size_t i = 0; i < text.size();) {
    char32_t c = 0;
    const std::size_t length = decode_utf8(text, i, c);
    if (length == 0 || (needs_escape(c) && c != U'\n' && c != U'\t')) return false;
    i += length;
  }
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (first && (line.front() == ' ' || line.front() == '\t')) return false;
    if (!line.empty() && line.find_first_not_of(" \t") == std::string_view::npos) return false;
    first = false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

// From the sign to the end of the last line.
std::string block(std::string_view text, std::size_t indent) {
  std::string out = text.ends_with("\n\n") ? "|+" : text.ends_with("\n") ? "|" : "|-";
  const std::string margin(indent, ' ');
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += "\n";
    if (end > 0) out.append(margin).append(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string real(double number) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  std::string out(buffer.data(), end);
  // 1.1 takes a number without a point for text or for an integer.
  const std::size_t exponent = std::min(out.find('e'), out.size());
  if (out.substr(0, exponent).find('.') == std::string::npos) out.insert(exponent, ".0");
  return out;
}

class Writer {
 public:
  // VALUE behind `key:` or `-`, with the blank or the line feed before it. INDENT is where lines of its own begin.
  std::string behind_sign(const Value& value, std::size_t indent) const {
    if (const std::string line = on_one_line(value); !line.empty()) return " " + line + "\n";
    if (value.is_string()) return " " + block(value.as_string(), indent) + "\n";
    return "\n" + lines(value, indent);
  }

  // A map or list that has members, each line with its indentation.
  std::string lines(const Value& value, std::size_t indent) const {
    const std::string margin(indent, ' ');
    std::string out;
    if (value.is_map()) {
      for (const auto& [key, position, member] : value.as_map()) {
        out += margin + scalar(key) + ":" + behind_sign(member, indent + step);
      }
      return out;
    }
    for (const Value& element : value.as_list()) {
      std::string text = behind_sign(element, indent + step);
      // A map's or list's first line stands behind the sign.
      if (text.front() == '\n') text = " " + text.substr(1 + indent + step);
      out += margin + "-" + text;
    }
    return out;
  }

  // "" where VALUE takes several lines.
  std::string on_one_line(const Value& value) const {
    switch (value.type()) {
      case Value::Type::null:
      case Value::Type::unknown: return "null";
      case Value::Type::boolean: return value.as_boolean() ? "true" : "false";
      case Value::Type::integer: return std::to_string(value.as_integer());
      case Value::Type::real: return real(value.as_number());
      case Value::Type::string: return fits_block(value.as_string()) ? "" : scalar(value.as_string());
      case Value::Type::secret: return "{secret: " + scalar(value.as_secret().name) + "}";
      case Value::Type::map: return value.as_map().empty() ? "{}" : "";
      case Value::Type::list: return short_list(value.as_list());
    }
    return "";
  }

 private:
  std::string short_list(const List& list) const {
    std::string out;
    for (const Value& element : list) {
      if (element.is_map() || element.is_list()) return "";
      const std::string text = on_one_line(element);
      if (text.empty()) return "";
      out += (out.empty() ? "" : ", ") + text;
    }
    return out.size() > flow_width && list.size() > 1 ? "" : "[" + out + "]";
  }
};

}  // namespace

std::string write_yaml(const Value& document) {
  const Writer writer;
  if (const std::string line = writer.on_one_line(document); !line.empty()) return line + "\n";
  if (document.is_string()) return block(document.as_string(), step) + "\n";
  return writer.lines(document, 0);
}

}  // namespace hearth
