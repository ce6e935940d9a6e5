#include "reconciler/manifest/yaml_text.h"

#include <algorithm>
#include <string>

#include "reconciler/core/utf8.h"

namespace hearth {

namespace {

std::string hexadecimal(char32_t number, std::size_t digits) {
  static constexpr std::string_view letters = "0123456789ABCDEF";
  std::string out(digits, '0');
  for (std::size_t i = digits; i-- > 0; number >>= 4U) out[i] = letters[number & 15U];
  return out;
}

// What YAML calls not printable, and marks that are invisible where they stand.
bool is_forbidden(char32_t c) {
  if (c < 0x20) return c != '\t' && c != '\n' && c != '\r';
  return (c >= 0x7F && c < 0xA0 && c != 0x85) || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF;
}

bool is_document_marker(std::string_view line) {
  return line.starts_with("---") &&
         (line.size() == 3 || std::string_view(" \t\r\n").find(line[3]) != std::string_view::npos);
}

}  // namespace

bool is_clean_text(std::string_view text, YamlComplaints& complaints) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    complaints.add("not-utf8", complaints.at(1, 1), "the file is UTF-16", "save the file as UTF-8");
    return false;
  }
  constexpr std::size_t enough = 10;  // of a file that is no text
  std::size_t bad = 0;
  std::size_t line = 1;
  std::size_t line_start = 0;
  for (std::size_t i = 0; i < text.size() && bad < enough;) {
    const char byte = text[i];
    if (byte == '\n') {
      ++line;
      line_start = ++i;
      continue;
    }
    if (byte >= ' ' && byte < 0x7F) {
      ++i;
      continue;
    }
    const Position here = complaints.at(line, i - line_start + 1);
    char32_t character = 0;
    const std::size_t length = decode_utf8(text, i, character);
    if (length == 0) {
      complaints.add("not-utf8", here,
                     "the byte 0x" + hexadecimal(static_cast<unsigned char>(byte), 2) + " is not UTF-8",
                     "save the file as UTF-8");
      ++bad;
      ++i;
      continue;
    }
    if (byte == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) {
      complaints.add("bad-character", here, "a carriage return stands without a line feed",
                     "end lines with a line feed");
      ++bad;
    } else if (is_forbidden(character)) {
      complaints.add("bad-character", here,
                     "the control character U+" + hexadecimal(character, 4) + " is not allowed",
                     "delete it; where it is meant, write an escape in double quotes");
      ++bad;
    }
    i += length;
  }
  return bad == 0;
}

std::vector<YamlChunk> split_documents(std::string_view text) {
  std::vector<YamlChunk> chunks;
  std::size_t start = 0;
  std::size_t start_line = 1;
  std::size_t line = 1;
  for (std::size_t i = 0; i < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', i), text.size() - 1) + 1;
    if (i != start && is_document_marker(text.substr(i, end - i))) {
      chunks.push_back({text.substr(start, i - start), start_line});
      start = i;
      start_line = line;
    }
    i = end;
  }
  if (start < text.size()) chunks.push_back({text.substr(start), start_line});
  return chunks;
}

bool has_directive(const YamlChunk& chunk, YamlComplaints& complaints) {
  std::size_t line = chunk.line;
  for (std::size_t i = 0; i < chunk.text.size(); ++line) {
    const std::size_t end = std::min(chunk.text.find('\n', i), chunk.text.size() - 1) + 1;
    const std::string_view text = chunk.text.substr(i, end - i);
    i = end;
    if (text.starts_with('%')) {
      complaints.add("bad-yaml", complaints.at(line, 1), "directives are not supported",
                     "delete the line: hearth reads YAML 1.2 and no tags");
      return true;
    }
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && text[first] != '#') break;
  }
  return false;
}

}  // namespace hearth
