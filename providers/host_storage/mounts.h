// What is mounted, and what could be: /proc/self/mountinfo and `lsblk --json`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

struct MountedFileSystem {
  std::string device;  // MAJOR:MINOR
  std::string target;
  std::vector<std::string> options;  // of this mount: ro, noatime, …
  std::string type;
  std::string source;
  std::vector<std::string> own_options;  // of the file system, however often it is mounted
};

// In the kernel's order: of several at one place the last one is what is seen there. Lines that are none are left out.
std::vector<MountedFileSystem> read_mountinfo(std::string_view text);

struct BlockDevice {
  std::string name;    // /dev/mapper/vg-lv
  std::string kernel;  // /dev/dm-0
  std::string device;  // MAJOR:MINOR
};

// The columns that read_block_devices() wants.
std::vector<std::string> list_block_devices();
// Nothing when OUTPUT is not what lsblk says.
std::optional<std::vector<BlockDevice>> read_block_devices(std::string_view output);

// Whether SOURCE (as in fstab) names a device by what is written on it: UUID=, LABEL=, PARTUUID=, PARTLABEL=.
bool is_tag(std::string_view source);
}  // namespace hearth
