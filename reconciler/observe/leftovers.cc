#include "reconciler/observe/leftovers.h"

#include <cmath>
#include <cstdlib>
#include <map>
#include <string_view>

namespace hearth {

namespace {

constexpr std::string_view guards = "/var/lib/hearth/guard/";
constexpr std::string_view copies = "/var/lib/hearth/undo/";
constexpr std::string_view uptime = "/proc/uptime";

// One file that find(1) has come by.
struct Entry {
  std::string_view path;
  std::string_view mark;
  std::string_view content;  // its first line
};

std::string_view next_field(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\0'), rest.size());
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return field;
}

std::vector<Entry> entries_of(std::string_view text) {
  std::vector<Entry> entries;
  while (!text.empty()) {
    Entry entry;
    entry.path = next_field(text);
    entry.mark = next_field(text);
    entry.content = next_field(text);
    if (!entry.content.ends_with('\n')) continue;  // broken off, or written just now
    entry.content.remove_suffix(1);
    entries.push_back(entry);
  }
  return entries;
}

// The seconds since boot; below zero when TEXT says nothing of the kind.
double seconds(std::string_view text) {
  const std::string first(text.substr(0, text.find(' ')));
  char* end = nullptr;
  const double value = std::strtod(first.c_str(), &end);
  return end == first.c_str() || !std::isfinite(value) || std::abs(value) > 1e12 ? -1 : value;
}

}  // namespace

Probe leftovers_probe() {
  return RunProbe{{"find",
                   "/var/lib/hearth/guard",
                   "/var/lib/hearth/undo",
                   "/proc/uptime",
                   "-maxdepth",
                   "2",
                   "-type",
                   "f",
                   "(",
                   "-name",
                   "holder",
                   "-o",
                   "-name",
                   "due",
                   "-o",
                   "-name",
                   "path",
                   "-o",
                   "-name",
                   "uptime",
                   ")",
                   "-printf",
                   "%p\\0%i.%T@\\0",
                   "-exec",
                   "head",
                   "-c",
                   "8192",
                   "{}",
                   ";",
                   "-printf",
                   "\\0"}};
}

Leftovers read_leftovers(const Reply& reply) {
  const auto* run = std::get_if<RunReply>(&reply);
  if (run == nullptr) return {};
  Leftovers found;
  std::map<std::string_view, std::pair<std::string_view, double>> armed;  // by id: holder, when (since boot)
  double now = -1;
  for (const Entry& entry : entries_of(run->out)) {
    if (entry.path == uptime) {
      now = seconds(entry.content);
    } else if (entry.path.starts_with(copies) && entry.path.ends_with("/path")) {
      // Names with a dot are copies that a run was still making when it died: they go with the next one of that file.
      if (entry.path[copies.size()] == '.' || !entry.content.starts_with('/')) continue;
      found.kept.push_back({std::string(entry.content), std::string(entry.mark)});
    } else if (entry.path.starts_with(guards)) {
      const std::string_view rest = entry.path.substr(guards.size());
      const std::string_view id = rest.substr(0, rest.find('/'));
      if (id.find('.') != std::string_view::npos) continue;  // not armed yet
      auto& [holder, due] = armed[id];
      if (rest.ends_with("/holder")) holder = entry.content;
      if (rest.ends_with("/due")) due = seconds(entry.content) / 100;
    }
  }
  for (const auto& [id, undo] : armed) {
    if (undo.first.empty()) continue;  // taken away while we looked
    // Further away than any time that is given: of another boot, whose clock had come further.
    constexpr double longest = 86400;
    const double left = now < 0 ? 0 : undo.second - now;
    found.armed.push_back(
        {std::string(id), std::string(undo.first),
         std::chrono::seconds(static_cast<std::int64_t>(left > longest ? -1 : std::floor(left)))});
  }
  return found;
}

}  // namespace hearth
