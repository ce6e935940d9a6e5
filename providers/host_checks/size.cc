#include "providers/host_checks/size.h"

#include <cmath>
#include <string_view>

namespace hearth {

namespace {

constexpr std::string_view prefixes = "KMGT";

}  // namespace

std::optional<std::uint64_t> parse_size(const Value& value) {
  if (value.is_integer()) {
    if (value.as_integer() < 0) return std::nullopt;
    return static_cast<std::uint64_t>(value.as_integer());
  }
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.as_string();
  std::size_t at = 0;
  double number = 0;
  double place = 0;  // 0 before the point, then 1/10, 1/100, …
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && place == 0 && at > 0) {
      place = 1;
    } else if (c >= '0' && c <= '9') {
      if (place == 0) {
        number = number * 10 + (c - '0');
      } else {
        number += (place /= 10) * (c - '0');
      }
    } else {
      break;
    }
  }
  if (at == 0) return std::nullopt;
  while (at < text.size() && text[at] == ' ') ++at;
  std::string_view unit = std::string_view(text).substr(at);
  if (!unit.empty() && prefixes.find(unit.front()) != std::string_view::npos) {
    number *= std::pow(1024, static_cast<double>(prefixes.find(unit.front()) + 1));
    unit.remove_prefix(1);
    if (unit.starts_with("i")) unit.remove_prefix(1);
  }
  if (unit.starts_with("B")) unit.remove_prefix(1);
  if (!unit.empty() || number >= 9.2e18) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  auto number = static_cast<double>(bytes);
  std::size_t power = 0;
  while (number >= 1024 && power < prefixes.size()) {
    number /= 1024;
    ++power;
  }
  const auto tenths = static_cast<std::uint64_t>(std::llround(number * 10));
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " + prefixes[power - 1] + "iB";
}

}  // namespace hearth
