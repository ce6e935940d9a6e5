#include "providers/host_storage/fstab.h"

#include <algorithm>
#include <array>
#include <optional>

#include "providers/support/lines.h"
#include "providers/support/octal.h"

namespace hearth {

namespace {

constexpr std::string_view blanks = " \t";

// A line's words by where they stand. Comments at its end are part of the tail.
struct Words {
  std::vector<std::string_view> words;
  std::string_view line;

  [[nodiscard]] std::size_t end_of(std::size_t word) const {
    return static_cast<std::size_t>(words[word].data() - line.data()) + words[word].size();
  }
};

// A file from another system may end its lines in \r\n.
std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Words words_of(std::string_view line) {
  Words out{{}, line};
  while (out.words.size() < 6) {
    const std::size_t begin = line.find_first_not_of(blanks);
    if (begin == std::string_view::npos) break;
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(blanks), line.size());
    out.words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return out;
}

// As strtol reads it, up to the end of the word.
std::optional<int> number(std::string_view word) {
  while (!word.empty() && std::string_view("\n\v\f\r").find(word.front()) != std::string_view::npos)
    word.remove_prefix(1);
  bool negative = false;
  if (!word.empty() && (word.front() == '-' || word.front() == '+')) {
    negative = word.front() == '-';
    word.remove_prefix(1);
  }
  if (word.empty() || word.size() > 9) return std::nullopt;
  int value = 0;
  for (const char c : word) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

std::optional<FstabEntry> read_line(std::string_view whole) {
  const std::string_view line = without_return(whole);
  const Words said = words_of(line);
  if (said.words.size() < 3 || said.words[0].starts_with('#')) return std::nullopt;
  FstabEntry entry{.source = without_octal_escapes(said.words[0]),
                   .target = without_octal_escapes(said.words[1]),
                   .type = without_octal_escapes(said.words[2]),
                   .options = said.words.size() > 3 ? without_octal_escapes(said.words[3]) : "",
                   .line = std::string(whole)};
  for (std::size_t i = 4; i < said.words.size(); ++i) {
    const auto value = number(said.words[i]);
    if (!value) return std::nullopt;
    (i == 4 ? entry.dump : entry.pass) = *value;
  }
  return entry;
}

}  // namespace

std::vector<FstabEntry> read_fstab(std::string_view text) {
  std::vector<FstabEntry> entries;
  for (const std::string& line : split_lines(text)) {
    if (auto entry = read_line(line)) entries.push_back(*std::move(entry));
  }
  return entries;
}

std::vector<std::string> split_options(std::string_view options) {
  std::vector<std::string> out;
  std::string option;
  bool quoted = false;
  const auto end = [&] {
    if (!option.empty() && option != "defaults" && std::find(out.begin(), out.end(), option) == out.end())
      out.push_back(option);
    option.clear();
  };
  for (const char c : options) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) {
      end();
    } else {
      option += c;
    }
  }
  end();
  return out;
}

std::string fstab_line(std::string_view before, const FstabEntry& wanted) {
  const std::string_view line = without_return(before);
  const auto known = read_line(before);
  const std::string options = wanted.options.empty() ? "defaults" : wanted.options;
  std::array<std::string, 6> words = {with_octal_escapes(wanted.source, "#"),
                                      with_octal_escapes(wanted.target),
                                      with_octal_escapes(wanted.type),
                                      with_octal_escapes(options),
                                      std::to_string(wanted.dump),
                                      std::to_string(wanted.pass)};
  if (!known) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
  }
  const Words said = words_of(line);
  const std::array<bool, 6> same = {
      known->source == wanted.source, known->target == wanted.target,
      known->type == wanted.type,     split_options(known->options) == split_options(wanted.options),
      known->dump == wanted.dump,     known->pass == wanted.pass};
  // Words at the end that are left out mean `defaults 0 0`.
  std::size_t count = said.words.size();
  for (std::size_t i = count; i < words.size(); ++i) {
    if (!same[i]) count = i + 1;
  }
  std::string out;
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i >= said.words.size()) {
      out += " " + words[i];
      continue;
    }
    const std::size_t end = said.end_of(i);
    const std::size_t begin = end - said.words[i].size();
    out += line.substr(at, begin - at);
    out += same[i] ? std::string(said.words[i]) : words[i];
    at = end;
  }
  out += line.substr(at);
  if (line.size() < before.size()) out += '\r';
  return out;
}

std::string plain_source(std::string_view source) {
  const std::size_t equals = source.find('=');
  if (equals == std::string_view::npos) return std::string(source);
  const std::string_view value = source.substr(equals + 1);
  if (value.size() < 2 || (value.front() != '"' && value.front() != '\'') || value.back() != value.front())
    return std::string(source);
  return std::string(source.substr(0, equals + 1)).append(value.substr(1, value.size() - 2));
}

}  // namespace hearth
