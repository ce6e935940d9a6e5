// Any bytes as a file of cron, of sysctl.d, as /etc/hosts or as dpkg's answer: reading ends, and an edit changes what it is to
// change and nothing else.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "providers/host_packages/dpkg_status.h"
#include "providers/host_system/crontab.h"
#include "providers/host_system/hosts_file.h"
#include "providers/host_system/sysctl_files.h"
#include "providers/support/lines.h"
#include "providers/support/listed_files.h"
#include "reconciler/core/canonical.h"
#include "reconciler/core/schedule.h"

namespace {

using namespace hearth;

void require(bool holds) {
  if (!holds) std::abort();
}

void try_cron(std::string_view text) {
  const CronFile file = read_cron_file(text);
  if (const auto canonical = canonical_schedule(text)) require(canonical_schedule(*canonical) == canonical);
  if (!file.trouble.empty() || !file.job) return;
  // To change nothing changes nothing, but for the end that cron wants.
  require(edit_cron_file(text, {*file.job, {}, {}}) == std::string(text) + (file.ended ? "" : "\n"));
  const CronJobLine job{"1 2 3 4 5", "me", "true"};
  const CronFile after = read_cron_file(edit_cron_file(text, {job, {{"HEARTH", " x "}}, "said"}));
  require(after.trouble.empty() && after.job == job && after.comment == "said" && after.ended);
  auto environment = file.environment;
  environment["HEARTH"] = " x ";
  require(after.environment == environment);
}

void try_sysctl(std::string_view text) {
  for (const SysctlSetting& setting : read_sysctl_file({"/etc/sysctl.d/a.conf", std::string(text)})) {
    require(canonical_sysctl(setting.key) == setting.key);
    require(canonical_sysctl_value(setting.value) == setting.value);
    require(setting.line >= 1 && setting.line <= split_lines(text).size());
  }
}

void try_hosts(std::string_view text) {
  const auto all = read_hosts_file(text);
  const std::vector<std::string> names{"one", "two"};
  for (const HostsAddress& one : all) {
    require(!one.lines.empty());
    const ReplaceLines edit{"/etc/hosts", one.lines, hosts_lines(one.lines, one.address, names)};
    const auto after = with_lines_replaced(text, edit);
    require(after.has_value());
    auto again = read_hosts_file(*after);
    require(again.size() == all.size());
    for (const HostsAddress& other : all) {
      const auto found = std::find_if(again.begin(), again.end(),
                                      [&](const HostsAddress& it) { return it.address == other.address; });
      require(found != again.end());
      require(found->names == (other.address == one.address ? names : other.names));
      if (other.address != one.address) require(found->lines == other.lines);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_cron(text);
  try_sysctl(text);
  // Quadratic in the addresses, by what it compares.
  if (size < 4096) try_hosts(text);
  listed_files(text);
  for (const KnownPackage& package : known_packages(text)) {
    require(find_package(known_packages(text), package.name) != nullptr ||
            package.name.find(':') != std::string::npos);
  }
  return 0;
}
