#include "providers/host_accounts/account_files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace hearth {

namespace {

// The parts of TEXT between SEPARATORs; one more than there are separators.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Calls TAKE with the fields of each line of the host's own that has COUNT of them, and notes the others' names.
template <typename Entry, typename Take>
AccountFile<Entry> parse_lines(std::string_view text, std::size_t count, const Take& take) {
  AccountFile<Entry> file;
  for (const std::string_view line : split(text, '\n')) {
    const auto fields = split(line, ':');
    std::string_view name = fields.front();
    if (name.empty()) continue;
    if (name.front() == '+' || name.front() == '-') {
      name.remove_prefix(1);
      if (!name.empty() && name.front() != '@') file.elsewhere.emplace_back(name);
      continue;
    }
    if (fields.size() != count) continue;
    if (auto entry = take(fields)) file.entries.push_back(*std::move(entry));
  }
  return file;
}

}  // namespace

AccountFile<PasswdEntry> parse_passwd(std::string_view text) {
  return parse_lines<PasswdEntry>(text, 7, [](const auto& fields) -> std::optional<PasswdEntry> {
    const auto uid = number<std::uint32_t>(fields[2]);
    const auto gid = number<std::uint32_t>(fields[3]);
    if (!uid || !gid) return std::nullopt;
    return PasswdEntry{.name = std::string(fields[0]),
                       .uid = *uid,
                       .gid = *gid,
                       .comment = std::string(fields[4]),
                       .home = std::string(fields[5]),
                       .shell = std::string(fields[6])};
  });
}

AccountFile<GroupEntry> parse_group(std::string_view text) {
  return parse_lines<GroupEntry>(text, 4, [](const auto& fields) -> std::optional<GroupEntry> {
    const auto gid = number<std::uint32_t>(fields[2]);
    if (!gid) return std::nullopt;
    GroupEntry entry{.name = std::string(fields[0]), .gid = *gid, .members = {}};
    for (const std::string_view member : split(fields[3], ',')) {
      if (member.empty() ||
          std::find(entry.members.begin(), entry.members.end(), member) != entry.members.end())
        continue;
      entry.members.emplace_back(member);
    }
    return entry;
  });
}

AccountFile<ShadowEntry> parse_shadow(std::string_view text) {
  return parse_lines<ShadowEntry>(text, 9, [](const auto& fields) -> std::optional<ShadowEntry> {
    ShadowEntry entry{.name = std::string(fields[0]), .password = ShadowEntry::Password::set, .expires = {}};
    const std::string_view password = fields[1];
    if (!password.empty() && (password.front() == '!' || password.front() == '*')) {
      entry.password = password.find_first_not_of("!*") == std::string_view::npos
                           ? ShadowEntry::Password::unusable
                           : ShadowEntry::Password::locked;
    }
    entry.expires = number<std::int64_t>(fields[7]);
    if (entry.expires && *entry.expires < 0) entry.expires.reset();  // as shadow(5) has it: never
    return entry;
  });
}

std::string to_text(const PasswdEntry& entry) {
  return entry.name + ":x:" + std::to_string(entry.uid) + ":" + std::to_string(entry.gid) + ":" +
         entry.comment + ":" + entry.home + ":" + entry.shell + "\n";
}

std::string to_text(const GroupEntry& entry) {
  std::string out = entry.name + ":x:" + std::to_string(entry.gid) + ":";
  for (std::size_t i = 0; i < entry.members.size(); ++i) out += (i == 0 ? "" : ",") + entry.members[i];
  return out + "\n";
}

std::vector<std::string> shadow_facts_command() {
  // A line of another form is not printed at all: nobody knows what in it is the hash.
  return {"sed", "-nE", R"(s/^([^:]*:[!*]*)[^:!*][^:]*(:.*)$/\1x\2/p;t;/^[^:]*:[!*]*:/p)", "/etc/shadow"};
}

std::optional<std::int64_t> days_of(std::string_view date) {
  const auto parts = split(date, '-');
  if (parts.size() != 3 || parts[0].size() != 4 || parts[1].size() != 2 || parts[2].size() != 2)
    return std::nullopt;
  const auto year = number<int>(parts[0]);
  const auto month = number<unsigned>(parts[1]);
  const auto day = number<unsigned>(parts[2]);
  if (!year || *year < 0 || !month || !day || *month < 1 || *month > 12 || *day < 1 || *day > 31)
    return std::nullopt;
  const std::chrono::sys_days first =
      std::chrono::year(*year) / std::chrono::month(*month) / std::chrono::day(1);
  return first.time_since_epoch().count() + static_cast<std::int64_t>(*day) - 1;
}

std::string date_of(std::int64_t days) {
  // What lies beyond the year 9999 is as good as the end of it.
  const auto within = std::clamp<std::int64_t>(days, 0, 2932896);
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{static_cast<int>(within)}}};
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return out.data();
}

}  // namespace hearth
