// Files of sysctl.d as systemd-sysctl reads them at boot: sysctl.d(5).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

struct SysctlSetting {
  std::string file;
  std::size_t line = 0;
  std::string key;    // canonical
  std::string value;  // words with one space between
  friend bool operator==(const SysctlSetting&, const SysctlSetting&) = default;
};

struct SysctlFile {
  std::string path;
  std::string text;
};

// What one file sets. Patterns (`net.ipv4.conf.*.rp_filter`) are left out: a key that is named wins over them.
std::vector<SysctlSetting> read_sysctl_file(const SysctlFile& file);

// FILES in the order in which they are read: by name, whatever their folder; of several with one name only that in the first
// folder of /etc, /run, /usr/local/lib and /usr/lib.
std::vector<SysctlFile> in_boot_order(std::vector<SysctlFile> files);

// The setting of KEY that holds in the end.
std::optional<SysctlSetting> last_setting(const std::vector<SysctlFile>& files, std::string_view key);

// The one form of values that the kernel reads alike: words with one space between.
std::string canonical_sysctl_value(std::string_view value);

// Whether A and B (canonical) mean the same: numbers are read as C writes them, in the way of strtoul(3) with base 0, as the
// kernel does, and told in decimal: `0x10`, `020` and `16` are one.
bool same_sysctl_value(std::string_view a, std::string_view b);

}  // namespace hearth
