#include "providers/host_storage/mounts.h"

#include <algorithm>

#include "providers/host_storage/fstab.h"
#include "providers/support/lines.h"
#include "providers/support/octal.h"
#include "reconciler/core/json.h"

namespace hearth {

std::vector<MountedFileSystem> read_mountinfo(std::string_view text) {
  std::vector<MountedFileSystem> out;
  for (const std::string& line : split_lines(text)) {
    // `36 35 98:0 /root /target rw,noatime master:1 - ext3 /dev/root rw,errors=continue`; an empty source has two blanks.
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const std::vector<std::string_view> first = split_words(std::string_view(line).substr(0, dash));
    std::string_view rest = std::string_view(line).substr(dash + 3);
    std::vector<std::string_view> last;
    for (int i = 0; i < 3; ++i) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      last.push_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (first.size() < 6 || last[0].empty()) continue;
    out.push_back({.device = std::string(first[2]),
                   .target = without_octal_escapes(first[4]),
                   .options = split_options(without_octal_escapes(first[5])),
                   .type = without_octal_escapes(last[0]),
                   .source = without_octal_escapes(last[1]),
                   .own_options = split_options(without_octal_escapes(last[2]))});
  }
  return out;
}

std::vector<std::string> list_block_devices() {
  return {"lsblk", "--json", "--list", "--paths", "--output", "NAME,KNAME,MAJ:MIN"};
}

std::optional<std::vector<BlockDevice>> read_block_devices(std::string_view output) {
  std::vector<BlockDevice> out;
  // Where there is no block device at all it says nothing.
  if (output.find_first_not_of(" \n") == std::string_view::npos) return out;
  const auto json = parse_json(output, "lsblk");
  const Value* devices = json ? json->find("blockdevices") : nullptr;
  if (devices == nullptr || !devices->is_list()) return std::nullopt;
  for (const Value& device : devices->as_list()) {
    if (!device.is_map()) continue;
    const auto text = [&](std::string_view column) { return device.string_or(column, ""); };
    out.push_back({.name = text("name"), .kernel = text("kname"), .device = text("maj:min")});
  }
  return out;
}

bool is_tag(std::string_view source) {
  return source.starts_with("UUID=") || source.starts_with("LABEL=") || source.starts_with("PARTUUID=") ||
         source.starts_with("PARTLABEL=");
}

}  // namespace hearth
