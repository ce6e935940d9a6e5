#include "reconciler/core/canonical.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

namespace hearth {

namespace {

constexpr std::uint64_t max_number = std::numeric_limits<std::uint64_t>::max();

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

// The digits at the front of TEXT; nothing when there are none or they do not fit.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  std::uint64_t number = 0;
  while (!text.empty() && is_digit(text.front())) {
    const auto digit = static_cast<std::uint64_t>(text.front() - '0');
    if (number > (max_number - digit) / 10) return std::nullopt;
    number = number * 10 + digit;
    text.remove_prefix(1);
  }
  return number;
}

// NUMBER.FRACTION × UNIT in whole numbers; nothing when it does not come out even, or does not fit. Floating
// point would make 0.1 + 0.2 of a second differ from 0.3.
std::optional<std::uint64_t> multiply(std::uint64_t number, std::string_view fraction, std::uint64_t unit) {
  if (number != 0 && unit > max_number / number) return std::nullopt;
  const std::uint64_t whole = number * unit;
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  // 0.abc × unit, digit by digit from the last: each step divides by ten.
  std::uint64_t scale = 1;
  std::uint64_t digits = 0;
  for (const char c : fraction) {
    if (scale > max_number / 10 / 10) return std::nullopt;
    scale *= 10;
    digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (digits != 0 && unit > max_number / digits) return std::nullopt;
  if (digits * unit % scale != 0) return std::nullopt;
  const std::uint64_t part = digits * unit / scale;
  if (whole > max_number - part) return std::nullopt;
  return whole + part;
}

// The digits behind a point at the front of TEXT; nothing when there is a point without digits.
std::optional<std::string_view> take_fraction(std::string_view& text) {
  if (!text.starts_with('.')) return std::string_view{};
  text.remove_prefix(1);
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view fraction = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  if (fraction.empty()) return std::nullopt;
  text.remove_prefix(fraction.size());
  return fraction;
}

using Unit = std::pair<std::string_view, std::uint64_t>;

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
  const auto* found =
      std::find_if(units.begin(), units.end(), [&](const Unit& unit) { return unit.first == name; });
  return found == units.end() ? nullptr : found;
}

constexpr std::array<Unit, 12> size_units = {{{"", 1},
                                              {"B", 1},
                                              {"KiB", std::uint64_t{1} << 10U},
                                              {"MiB", std::uint64_t{1} << 20U},
                                              {"GiB", std::uint64_t{1} << 30U},
                                              {"TiB", std::uint64_t{1} << 40U},
                                              {"PiB", std::uint64_t{1} << 50U},
                                              {"KB", 1'000},
                                              {"MB", 1'000'000},
                                              {"GB", 1'000'000'000},
                                              {"TB", 1'000'000'000'000},
                                              {"PB", 1'000'000'000'000'000}}};

// In microseconds. Months and years are left out: they have no fixed length.
constexpr std::uint64_t second = 1'000'000;
constexpr std::uint64_t minute = 60 * second;
constexpr std::uint64_t hour = 60 * minute;
constexpr std::uint64_t day = 24 * hour;
constexpr std::uint64_t week = 7 * day;
constexpr std::array<Unit, 24> time_units = {
    {{"", second},    {"us", 1},       {"usec", 1},        {"µs", 1},           {"ms", 1'000},
     {"msec", 1'000}, {"s", second},   {"sec", second},    {"second", second},  {"seconds", second},
     {"m", minute},   {"min", minute}, {"minute", minute}, {"minutes", minute}, {"h", hour},
     {"hr", hour},    {"hour", hour},  {"hours", hour},    {"d", day},          {"day", day},
     {"days", day},   {"w", week},     {"week", week},     {"weeks", week}}};

constexpr std::array<Unit, 6> canonical_time_units = {
    {{"d", day}, {"h", hour}, {"min", minute}, {"s", second}, {"ms", 1'000}, {"us", 1}}};

}  // namespace

std::optional<std::string> canonical_path(std::string_view text) {
  if (!text.starts_with('/') || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('/'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string out;
  for (const auto part : parts) out.append("/").append(part);
  return out.empty() ? "/" : out;
}

std::optional<std::string> canonical_mode(std::string_view text) {
  if (text.empty() || text.find_first_not_of("01234567") != std::string_view::npos) return std::nullopt;
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  if (text.size() > 4) return std::nullopt;
  return std::string(4 - text.size(), '0').append(text);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto number = take_number(text);
  const auto fraction = take_fraction(text);
  if (!number || !fraction) return std::nullopt;
  skip_blanks(text);
  const Unit* unit = find_unit(size_units, text);
  return unit == nullptr ? std::nullopt : multiply(*number, *fraction, unit->second);
}

std::string format_size(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 5> names = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  std::string_view name;
  for (std::size_t i = 0; i < names.size() && bytes != 0 && bytes % 1024 == 0; ++i) {
    bytes /= 1024;
    name = names[i];
  }
  return std::to_string(bytes).append(name);
}

std::optional<std::string> canonical_size(std::string_view text) {
  const auto bytes = parse_size(text);
  if (!bytes) return std::nullopt;
  return format_size(*bytes);
}

std::optional<std::string> canonical_duration(std::string_view text) {
  if (text == "infinity") return std::string(text);
  std::uint64_t total = 0;
  skip_blanks(text);
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto number = take_number(text);
    const auto fraction = take_fraction(text);
    if (!number || !fraction) return std::nullopt;
    skip_blanks(text);
    const auto end = std::find_if(text.begin(), text.end(), [](char c) { return is_digit(c) || c == ' '; });
    const std::string_view name = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(name.size());
    skip_blanks(text);
    const Unit* unit = find_unit(time_units, name);
    const auto span = unit == nullptr ? std::nullopt : multiply(*number, *fraction, unit->second);
    if (!span || total > max_number - *span) return std::nullopt;
    total += *span;
  }
  if (total == 0) return "0s";
  std::string out;
  for (const auto& [name, length] : canonical_time_units) {
    if (total < length) continue;
    if (!out.empty()) out += ' ';
    out += std::to_string(total / length).append(name);
    total %= length;
  }
  return out;
}

std::optional<std::string> canonical_unit(std::string_view text) {
  static constexpr std::array<std::string_view, 11> suffixes = {
      ".service", ".socket", ".target", ".device", ".mount", ".automount",
      ".swap",    ".timer",  ".path",   ".slice",  ".scope"};
  if (text.empty() || text.find('/') != std::string_view::npos || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const bool has_suffix = std::any_of(suffixes.begin(), suffixes.end(), [&](std::string_view suffix) {
    return text.size() > suffix.size() && text.ends_with(suffix);
  });
  return std::string(text).append(has_suffix ? "" : ".service");
}

std::string mode_of_owner(const std::string& mode) {
  std::string out = mode;
  for (std::size_t i = 0; i < 2 && i < out.size(); ++i) out[out.size() - 1 - i] = '0';
  return out;
}

bool is_open_to_others(std::string_view mode) {
  return !mode.empty() && mode.back() != '0';
}

std::optional<std::string> canonical_sysctl(std::string_view text) {
  if (text.starts_with('/')) text.remove_prefix(1);
  const std::size_t first = text.find_first_of("./");
  if (first == std::string_view::npos) return std::nullopt;
  const bool slashes = text[first] == '/';
  std::string out;
  for (const char c : text) {
    const bool separates = c == (slashes ? '/' : '.');
    if (separates && (out.empty() || out.back() == '.')) return std::nullopt;
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) return std::nullopt;
    out += separates ? '.' : c == '.' || c == '/' ? '/' : c;
  }
  // `..` between separators would lead out of /proc/sys.
  if (out.back() == '.' || ("." + out + ".").find(".//.") != std::string::npos) return std::nullopt;
  return out;
}

std::optional<std::string> canonical_address(std::string_view text) {
  // A NUL in the middle would end it for inet_pton.
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  for (const int family : {AF_INET, AF_INET6}) {
    if (::inet_pton(family, terminated.c_str(), bytes.data()) == 1 &&
        ::inet_ntop(family, bytes.data(), out.data(), out.size()) != nullptr) {
      return out.data();
    }
  }
  return std::nullopt;
}

}  // namespace hearth
