#include "providers/host_services/unit_state.h"

#include <algorithm>

namespace hearth {

namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// A unit that runs once and ends leaves no active state behind. systemd forgets it altogether, times
// included, when no other unit refers to it; then only hearth's own stamp of this boot, written after
// success, tells that it ran.
bool ran_and_ended(const UnitReply& reply) {
  return reply.property("Type") == "oneshot" && reply.property("RemainAfterExit") != "yes" &&
         reply.property("Result") == "success" && (reply.started > 0 || !reply.stamped_sha256.empty());
}

}  // namespace

std::string unit_state(const UnitReply& reply, std::string_view desired) {
  const std::string& active = reply.property("ActiveState");
  if (is_one_of(active, {"active", "reloading", "refreshing"})) return "running";
  // Between two attempts of Restart=: it came up and died, and will again.
  if (active == "activating")
    return reply.property("SubState").starts_with("auto-restart") ? "failed" : "starting";
  if (active == "deactivating") return "stopping";
  // How it ended does not matter to somebody who wants it stopped; many programs end with an error when told
  // to.
  if (active == "failed") return desired == "stopped" ? "stopped" : "failed";
  return desired == "running" && ran_and_ended(reply) ? "running" : "stopped";
}

bool is_masked(const UnitReply& reply) {
  return reply.property("LoadState") == "masked" || reply.property("UnitFileState").starts_with("masked");
}

Value enabled_state(const UnitReply& reply, bool desired) {
  const std::string& state = reply.property("UnitFileState");
  const std::string& unit = reply.property("Id");
  if (state == "enabled") return true;
  // Enabled until the next boot is not what `enabled` means. Nothing at all is said of a unit that does not
  // exist.
  if (is_one_of(state, {"disabled", "enabled-runtime", "linked", "linked-runtime", "masked", "masked-runtime",
                        ""})) {
    return false;
  }
  // What cannot be enabled is not enabled, and whoever wants just that is satisfied.
  if (!desired) return false;
  if (state == "static") {
    return UnknownValue{
        unit + " has no [Install] section: other units start it, it cannot be enabled; leave `enabled` out"};
  }
  if (state == "indirect") {
    return UnknownValue{
        unit + " is enabled through another unit (Also= in its [Install] section): declare that one"};
  }
  if (state == "alias") return UnknownValue{unit + " is another name of a unit: declare that one"};
  if (state == "generated" || state == "transient") {
    return UnknownValue{unit + " is " + state +
                        " (from /etc/fstab, /etc/init.d or a running program): it is enabled there"};
  }
  return UnknownValue{"systemd says that the unit file state of " + unit + " is \"" + state + "\""};
}

bool is_stale(const UnitReply& reply) {
  if (!reply.stamped_sha256.empty() && reply.stamped_invocation == reply.property("InvocationID")) {
    return reply.stamped_sha256 != reply.inputs_sha256;
  }
  // Somebody else started it: all that tells is which came first.
  return reply.started > 0 && reply.inputs_modified > reply.started;
}

std::string install_section(std::string_view text) {
  std::string out;
  bool inside = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    static constexpr std::string_view space = " \t\r";
    line.remove_prefix(std::min(line.find_first_not_of(space), line.size()));
    line = line.substr(0, line.find_last_not_of(space) + 1);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      inside = line == "[Install]";
    } else if (inside) {
      out.append(line).append("\n");
    }
  }
  return out;
}

}  // namespace hearth
