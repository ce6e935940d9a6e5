#include "reconciler/transport/observe_layout.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace hearth {

namespace {

// Well below the 128 KiB that one argument and the 2 MiB that all arguments of a process may have, and small
// enough that sh finds a hash in the list of a group in no time.
constexpr std::size_t max_group_paths = 200;
constexpr std::size_t max_group_bytes = 64U << 10U;

// What the kernel makes up as it is read: two readings may differ, so the second cannot be checked by the
// first's hash.
bool is_volatile(std::string_view path) {
  return path.starts_with("/proc/") || path.starts_with("/sys/");
}

// Gathers paths into groups, each path once. One that tools would print quoted is asked alone: then every
// message is about it.
class Grouping {
 public:
  void add(const std::string& path) {
    if (!seen_.insert(path).second) return;
    if (!is_plain_path(path) || is_volatile(path)) {
      alone_.push_back({path});
      return;
    }
    if (groups_.empty() || groups_.back().size() >= max_group_paths ||
        bytes_ + path.size() > max_group_bytes) {
      groups_.emplace_back();
      bytes_ = 0;
    }
    groups_.back().push_back(path);
    bytes_ += path.size() + 1;
  }

  std::vector<ObserveLayout::Paths> take() {
    groups_.insert(groups_.end(), std::make_move_iterator(alone_.begin()),
                   std::make_move_iterator(alone_.end()));
    return std::move(groups_);
  }

 private:
  std::set<std::string> seen_;
  std::vector<ObserveLayout::Paths> groups_;
  std::vector<ObserveLayout::Paths> alone_;
  std::size_t bytes_ = 0;
};

bool contains_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

}  // namespace

std::string content_frame(std::size_t group, std::uint64_t limit) {
  return "c" + std::to_string(group) + "." + std::to_string(limit);
}

std::string full_unit_name(std::string_view unit) {
  static constexpr std::array<std::string_view, 11> suffixes{".service",   ".socket", ".device", ".mount",
                                                             ".automount", ".swap",   ".target", ".path",
                                                             ".timer",     ".slice",  ".scope"};
  const bool has_suffix = std::any_of(suffixes.begin(), suffixes.end(),
                                      [&](std::string_view suffix) { return unit.ends_with(suffix); });
  return std::string(unit) + (has_suffix ? "" : ".service");
}

std::string why_no_unit_name(std::string_view unit) {
  static constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.\\-@";
  if (unit.empty()) return "no unit is named";
  if (unit.size() > 240 || unit.find_first_not_of(allowed) != std::string_view::npos) {
    return "'" + std::string(unit) + "' is no name of a systemd unit";
  }
  return {};
}

std::string why_no_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return "'" + std::string(path) + "' is no absolute path";
  if (contains_nul(path)) return "a path cannot contain a NUL byte";
  return {};
}

std::string why_no_tree(std::string_view path) {
  const std::string why = why_no_path(path);
  if (!why.empty()) return why;
  if (path == "/" || path.ends_with('/') || path.find("//") != std::string_view::npos ||
      (std::string(path) + "/").find("/../") != std::string::npos ||
      (std::string(path) + "/").find("/./") != std::string::npos) {
    return "'" + std::string(path) + "' is no folder below / in its plain form";
  }
  return {};
}

std::string why_no_command(const std::vector<std::string>& argv) {
  if (argv.empty() || argv.front().empty()) return "no command is named";
  if (std::any_of(argv.begin(), argv.end(), contains_nul)) return "an argument cannot contain a NUL byte";
  // timeout(1) would take it for an option of its own.
  if (argv.front().front() == '-') return "a command cannot begin with '-'";
  return {};
}

bool is_plain_path(std::string_view path) {
  return std::all_of(path.begin(), path.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != '\'' && c != '\\' && c != '"'; });
}

ObserveLayout::ObserveLayout(const std::vector<Probe>& probes, std::string_view root) {
  Grouping file_groups;
  Grouping directory_groups;
  std::set<std::uint64_t> limits;
  std::set<std::string> seen_units;
  std::set<std::string> seen_configs;
  for (const Probe& probe : probes) {
    std::string why;
    if (const auto* read = std::get_if<ReadFile>(&probe)) {
      why = why_no_path(read->path);
      if (why.empty()) {
        file_groups.add(std::string(root) + read->path);
        if (read->max_content > 0) limits.insert(read->max_content);
      }
    } else if (const auto* list = std::get_if<ListDirectory>(&probe)) {
      why = why_no_path(list->path);
      if (why.empty()) directory_groups.add(std::string(root) + list->path);
    } else if (const auto* query = std::get_if<QueryUnit>(&probe)) {
      why = why_no_unit_name(query->unit);
      for (const std::string& path : query->config_files) {
        if (why.empty()) why = why_no_path(path);
      }
      if (why.empty() && !root.empty()) {
        why = std::string(root) + " only stands for /: no systemd runs there that could be asked about units";
      }
      if (why.empty()) {
        const std::string unit = full_unit_name(query->unit);
        if (seen_units.insert(unit).second) units.push_back(unit);
        for (const std::string& path : query->config_files) {
          if (seen_configs.insert(path).second) config_files.push_back(path);
        }
      }
    } else if (const auto* run = std::get_if<RunProbe>(&probe)) {
      why = why_no_command(run->argv);
      // It would look at this machine, not at what lies below the folder.
      if (why.empty() && !root.empty())
        why = std::string(root) + " only stands for /: no command can be run in it";
    } else if (const auto* count = std::get_if<CountOldFiles>(&probe)) {
      why = why_no_tree(count->directory);
    }
    refused.push_back(std::move(why));
  }
  files = file_groups.take();
  content_limits.assign(limits.begin(), limits.end());
  directories = directory_groups.take();
}

}  // namespace hearth
