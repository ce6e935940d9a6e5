#include "reconciler/core/time_span.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace hearth {

namespace {

constexpr std::int64_t longest = 366LL * 24 * 3600;
constexpr std::array<std::pair<char, std::int64_t>, 5> units = {
    {{'w', 7LL * 24 * 3600}, {'d', 24LL * 3600}, {'h', 3600}, {'m', 60}, {'s', 1}}};

}  // namespace

std::optional<std::chrono::seconds> parse_time_span(std::string_view text) {
  std::int64_t total = 0;
  std::size_t next_unit = 0;  // each unit once, the larger one first
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 0 || number > longest) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) return std::nullopt;
    while (next_unit < units.size() && units.at(next_unit).first != text.front()) ++next_unit;
    if (next_unit == units.size()) return std::nullopt;
    total += number * units.at(next_unit++).second;
    if (total > longest) return std::nullopt;
    text.remove_prefix(1);
  }
  if (total == 0) return std::nullopt;
  return std::chrono::seconds(total);
}

std::string time_span_text(std::chrono::seconds span) {
  static constexpr std::array<std::pair<const char*, std::int64_t>, 4> names = {
      {{" d", 24LL * 3600}, {" h", 3600}, {" min", 60}, {" s", 1}}};
  std::int64_t left = span.count() < 0 ? 0 : span.count();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto [name, length] = names.at(i);
    if (left < length) continue;
    std::string out = std::to_string(left / length) + name;
    left %= length;
    if (i + 1 < names.size() && left >= names.at(i + 1).second) {
      out += " " + std::to_string(left / names.at(i + 1).second) + names.at(i + 1).first;
    }
    return out;
  }
  return "0 s";
}

}  // namespace hearth
