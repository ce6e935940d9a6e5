#include "providers/host_system/sysctl_files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <utility>

#include "providers/support/lines.h"
#include "reconciler/core/canonical.h"

namespace hearth {

namespace {

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::size_t rank(std::string_view path) {
  static constexpr std::array<std::string_view, 4> folders = {
      "/etc/sysctl.d/", "/run/sysctl.d/", "/usr/local/lib/sysctl.d/", "/usr/lib/sysctl.d/"};
  const auto found = std::find_if(folders.begin(), folders.end(),
                                  [&](std::string_view folder) { return path.starts_with(folder); });
  return static_cast<std::size_t>(found - folders.begin());
}

// Sign and size of a number of C.
std::optional<std::pair<bool, std::uint64_t>> c_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.front() == '0') {
    base = 8;
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::pair(negative && number != 0, number);
}

}  // namespace

std::string canonical_sysctl_value(std::string_view value) {
  std::string out;
  for (const std::string_view word : split_words(value)) out.append(out.empty() ? "" : " ").append(word);
  return out;
}

bool same_sysctl_value(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto left = split_words(a);
  const auto right = split_words(b);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](std::string_view x, std::string_view y) {
                      if (x == y) return true;
                      const auto number = c_number(x);
                      return number && number == c_number(y);
                    });
}

std::vector<SysctlSetting> read_sysctl_file(const SysctlFile& file) {
  std::vector<SysctlSetting> settings;
  std::size_t number = 0;
  for (const std::string& line : split_lines(file.text)) {
    ++number;
    std::string_view rest = line;
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r"), rest.size()));
    if (rest.empty() || rest.front() == '#' || rest.front() == ';') continue;
    if (rest.front() == '-') rest.remove_prefix(1);
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) continue;
    const auto words = split_words(rest.substr(0, equals));
    if (words.size() != 1 || words.front().find_first_of("*?[") != std::string_view::npos) continue;
    auto key = canonical_sysctl(words.front());
    if (!key) continue;
    settings.push_back({file.path, number, std::move(*key), canonical_sysctl_value(rest.substr(equals + 1))});
  }
  return settings;
}

std::vector<SysctlFile> in_boot_order(std::vector<SysctlFile> files) {
  std::sort(files.begin(), files.end(), [](const SysctlFile& a, const SysctlFile& b) {
    return std::pair(rank(a.path), std::string_view(a.path)) <
           std::pair(rank(b.path), std::string_view(b.path));
  });
  std::map<std::string, SysctlFile, std::less<>> by_name;
  for (SysctlFile& file : files) {
    std::string name(file_name(file.path));
    by_name.emplace(std::move(name), std::move(file));
  }
  std::vector<SysctlFile> ordered;
  for (auto& [name, file] : by_name) ordered.push_back(std::move(file));
  return ordered;
}

std::optional<SysctlSetting> last_setting(const std::vector<SysctlFile>& files, std::string_view key) {
  std::optional<SysctlSetting> last;
  for (const SysctlFile& file : files) {
    for (SysctlSetting& setting : read_sysctl_file(file)) {
      if (setting.key == key) last = std::move(setting);
    }
  }
  return last;
}

}  // namespace hearth
