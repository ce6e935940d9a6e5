// Any bytes as fstab, exports, mountinfo or lsblk's answer: reading ends, and an edit changes what it is to change and nothing
// else.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "providers/host_storage/fstab.h"
#include "providers/host_storage/mounts.h"
#include "providers/nfs/exports.h"
#include "providers/support/octal.h"

namespace {

using namespace hearth;

void require(bool holds) {
  if (!holds) std::abort();
}

void try_fstab(std::string_view text) {
  for (const FstabEntry& entry : read_fstab(text)) {
    require(fstab_line(entry.line, entry) == entry.line);
    FstabEntry wanted = entry;
    wanted.options = "nofail,x-a=b c";
    wanted.pass = 2;
    const auto after = read_fstab(fstab_line(entry.line, wanted));
    require(after.size() == 1 && after[0].source == entry.source && after[0].target == entry.target);
    require(after[0].type == entry.type && after[0].pass == 2 && after[0].dump == entry.dump);
    require(split_options(after[0].options) == split_options(wanted.options));
  }
}

void try_exports(std::string_view text) {
  const ExportsFile file = read_exports(text);
  for (const ExportEntry& entry : file.entries) {
    require(export_lines(entry, {}) == entry.lines);
    const auto canonical = canonical_export_options(entry.clients.empty() ? std::vector<std::string>{}
                                                                          : entry.clients.front().options);
    require(canonical_export_options(canonical) == canonical);
    std::string after;
    for (const std::string& line : export_lines(entry, {{"hearth", {{"rw"}}}})) after += line + "\n";
    const ExportsFile again = read_exports(after);
    if (!again.trouble.empty() || again.entries.size() != 1) continue;
    const auto& clients = again.entries.front().clients;
    require(std::any_of(clients.begin(), clients.end(), [](const ExportClient& client) {
      return client.name == "hearth" &&
             canonical_export_options(client.options) == std::vector<std::string>{"rw"};
    }));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  require(without_octal_escapes(with_octal_escapes(text)) == text);
  try_fstab(text);
  try_exports(text);
  static_cast<void>(read_mountinfo(text));
  static_cast<void>(read_block_devices(text));
  return 0;
}
