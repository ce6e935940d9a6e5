#include "reconciler/core/schedule.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

namespace hearth {

namespace {

struct FieldRange {
  unsigned low;
  unsigned high;
  std::string_view names;  // three letters each, from LOW on
};

constexpr std::array<FieldRange, 5> ranges = {{
    {0, 59, ""},
    {0, 23, ""},
    {1, 31, ""},
    {1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    {0, 7, "sunmontuewedthufrisat"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> nicknames = {{
    {"@reboot", "@reboot"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
    {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
}};

std::optional<unsigned> small_number(std::string_view text) {
  if (text.empty() || text.size() > 3) return std::nullopt;
  unsigned number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number;
}

std::optional<unsigned> point(std::string_view text, const FieldRange& range) {
  if (text.size() == 3 && !range.names.empty()) {
    std::string lower(text);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const std::size_t at = range.names.find(lower);
    if (at != std::string_view::npos && at % 3 == 0) return range.low + static_cast<unsigned>(at / 3);
  }
  const auto number = small_number(text);
  return number && *number >= range.low && *number <= range.high ? number : std::nullopt;
}

// `*`, `5`, `1-5`, `*/2`, `1-5/2`.
std::optional<std::string> canonical_element(std::string_view text, const FieldRange& range) {
  const std::size_t slash = text.find('/');
  std::string step;
  if (slash != std::string_view::npos) {
    const auto number = small_number(text.substr(slash + 1));
    if (!number || *number == 0) return std::nullopt;
    step = "/" + std::to_string(*number);
    text = text.substr(0, slash);
  }
  if (text == "*") return "*" + step;
  const std::size_t dash = text.find('-');
  const auto first = point(text.substr(0, dash), range);
  if (!first) return std::nullopt;
  if (dash == std::string_view::npos) {
    if (!step.empty()) return std::nullopt;
    return std::to_string(*first);
  }
  const auto last = point(text.substr(dash + 1), range);
  if (!last || *last < *first) return std::nullopt;
  return std::to_string(*first) + "-" + std::to_string(*last) + step;
}

std::optional<std::string> canonical_field(std::string_view text, const FieldRange& range) {
  std::string out;
  for (;;) {
    const std::size_t comma = text.find(',');
    const auto element = canonical_element(text.substr(0, comma), range);
    if (!element) return std::nullopt;
    out += (out.empty() ? "" : ",") + *element;
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return &range == &ranges.back() && out == "7" ? "0" : out;
}

// The words of TEXT, of which no schedule has more than five: one more than that is enough to tell.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (words.size() <= ranges.size()) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.empty()) break;
    words.push_back(text.substr(0, text.find_first_of(" \t")));
    text.remove_prefix(words.back().size());
  }
  return words;
}

}  // namespace

std::optional<std::string> canonical_schedule(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  if (words.size() == 1) {
    const auto found = std::find_if(nicknames.begin(), nicknames.end(),
                                    [&](const auto& nickname) { return nickname.first == words.front(); });
    if (found == nicknames.end()) return std::nullopt;
    return std::string(found->second);
  }
  if (words.size() != ranges.size()) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const auto field = canonical_field(words[i], ranges[i]);
    if (!field) return std::nullopt;
    out += (i == 0 ? "" : " ") + *field;
  }
  return out;
}

}  // namespace hearth
