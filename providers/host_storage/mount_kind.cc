#include "providers/host_storage/mount_kind.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "providers/host_storage/fstab.h"
#include "providers/host_storage/mounts.h"
#include "providers/support/lists.h"
#include "providers/support/text.h"

namespace hearth {

namespace {

constexpr std::string_view fstab_path = "/etc/fstab";

std::string path_of(const Resource& resource) {
  return normalised_path(resource.desired.string_or("path", "/"));
}

std::string joined(const std::vector<std::string>& options) {
  std::string out;
  for (const std::string& option : options) out += (out.empty() ? "" : ",") + option;
  return out;
}

bool has(const std::vector<std::string>& options, std::string_view option) {
  return std::find(options.begin(), options.end(), option) != options.end();
}

// What mount(8), systemd and fsck make of an option; the kernel never hears of it.
bool is_for_tools(std::string_view option) {
  static constexpr std::array<std::string_view, 14> known = {
      "defaults", "nofail", "fail",    "auto",  "noauto",  "user",    "users",
      "nouser",   "owner",  "noowner", "group", "nogroup", "_netdev", "loop"};
  return std::find(known.begin(), known.end(), option) != known.end() || option.starts_with("x-") ||
         option.starts_with("comment=");
}

std::set<std::string> kernel_options(const std::vector<std::string>& options) {
  std::set<std::string> out;
  for (const std::string& option : options) {
    if (!is_for_tools(option)) out.insert(option);
  }
  return out;
}

// Whether what is mounted has the flags that OPTIONS ask for. Only those are looked at that every file system has, and that
// the kernel always says in the same way; the others each file system says as it likes.
bool has_flags(const MountedFileSystem& mounted, const std::vector<std::string>& options) {
  bool read_only = false;
  bool no_suid = false;
  bool no_dev = false;
  bool no_exec = false;
  std::optional<bool> no_access_time;
  for (const std::string& option : options) {
    if (option == "ro") read_only = true;
    if (option == "rw") read_only = false;
    // A mount that people may make keeps them from using it against others, unless something later says otherwise.
    if (option == "user" || option == "users") no_suid = no_dev = no_exec = true;
    if (option == "owner" || option == "group") no_suid = no_dev = true;
    if (option == "nosuid") no_suid = true;
    if (option == "suid") no_suid = false;
    if (option == "nodev") no_dev = true;
    if (option == "dev") no_dev = false;
    if (option == "noexec") no_exec = true;
    if (option == "exec") no_exec = false;
    if (option == "noatime") no_access_time = true;
    if (option == "relatime" || option == "strictatime" || option == "atime") no_access_time = false;
  }
  return has(mounted.options, "ro") == read_only && has(mounted.options, "nosuid") == no_suid &&
         has(mounted.options, "nodev") == no_dev && has(mounted.options, "noexec") == no_exec &&
         (!no_access_time || has(mounted.options, "noatime") == *no_access_time);
}

std::string without_last_slash(std::string text) {
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

// What the host says, as far as it matters for one mount.
struct Seen {
  std::vector<FstabEntry> entries;  // that name the path
  std::optional<MountedFileSystem> mounted;
  std::optional<std::vector<BlockDevice>> devices;
  bool has_mount_point = true;
  bool has_device = true;  // what the declared source names below /dev, or by a tag
  std::string device;      // where that leads to: the target of a link, the device that has the tag
};

const BlockDevice* device_at(const Seen& seen, const std::string& path) {
  const auto found = std::find_if(seen.devices->begin(), seen.devices->end(), [&](const BlockDevice& device) {
    return device.name == path || device.kernel == path;
  });
  return found == seen.devices->end() ? nullptr : &*found;
}

// The block device that SOURCE means.
const BlockDevice* device_of(const Seen& seen, const std::string& source) {
  if (const BlockDevice* device = device_at(seen, source)) return device;
  return seen.device.empty() ? nullptr
                             : device_at(seen, "/dev/" + seen.device.substr(seen.device.rfind('/') + 1));
}

// Whether SOURCE is what is mounted.
bool is_mounted_from(const Seen& seen, const std::string& source) {
  const MountedFileSystem& mounted = *seen.mounted;
  if (mounted.type == "autofs") return true;
  if (is_tag(source) || source.starts_with("/dev/")) {
    const BlockDevice* device = device_of(seen, source);
    // Some file systems (btrfs) have numbers of their own.
    return mounted.source == source || (!seen.device.empty() && mounted.source == seen.device) ||
           (device != nullptr && (mounted.device == device->device || mounted.source == device->name ||
                                  mounted.source == device->kernel));
  }
  // Of a bind mount the kernel says what device it is on, of tmpfs and the like any word.
  if (source.find(':') == std::string::npos && !source.starts_with("//")) return true;
  return without_last_slash(mounted.source) == without_last_slash(source);
}

// The disk that is declared is not there.
bool is_pulled(const Seen& seen, const std::string& source) {
  return (is_tag(source) || source.starts_with("/dev/")) && !seen.has_device;
}

// What can go wrong with the answers; "" when nothing has.
std::string read(const Resource& resource, std::span<const Reply> replies, Seen& seen) {
  if (replies.size() < 4) return "the host gave no answer about what is mounted";
  const auto* fstab = std::get_if<FileReply>(replies.data());
  const auto* mountinfo = std::get_if<RunReply>(&replies[1]);
  const auto* devices = std::get_if<RunReply>(&replies[2]);
  if (fstab == nullptr || mountinfo == nullptr || devices == nullptr)
    return "the host gave no answer about what is mounted";
  const std::string path = path_of(resource);
  if (fstab->type == FileReply::Type::regular) {
    if (!fstab->content) return "/etc/fstab is too large to be one: correct it by hand";
    if (!is_text(*fstab->content)) return "/etc/fstab holds other than text: correct it by hand";
    for (FstabEntry& entry : read_fstab(*fstab->content)) {
      if (entry.target.starts_with('/') && normalised_path(entry.target) == path)
        seen.entries.push_back(std::move(entry));
    }
  } else if (fstab->type != FileReply::Type::absent) {
    return "/etc/fstab is no regular file on this host, and hearth edits nothing through a link";
  }
  if (mountinfo->exit_code != 0) return "/proc/self/mountinfo cannot be read on this host";
  for (MountedFileSystem& mounted : read_mountinfo(mountinfo->out)) {
    if (mounted.target == path) seen.mounted = std::move(mounted);
  }
  // 32: there are none.
  if (devices->exit_code == 0 || devices->exit_code == 32) seen.devices = read_block_devices(devices->out);
  if (!seen.devices) return "lsblk does not say what disks this host has: " + devices->err;
  const auto* point = std::get_if<FileReply>(&replies[3]);
  // Of a disk that is gone the kernel may not even say what its root is.
  seen.has_mount_point = point == nullptr || point->type != FileReply::Type::absent;
  if (point != nullptr && point->type != FileReply::Type::absent && point->type != FileReply::Type::directory)
    return path + " is no folder: move it away, or correct `path`";
  if (replies.size() <= 4) return {};
  if (const auto* device = std::get_if<FileReply>(&replies[4])) {
    seen.has_device = device->type != FileReply::Type::absent;
    seen.device = device->target;
  } else if (const auto* found = std::get_if<RunReply>(&replies[4])) {
    if (found->exit_code > 2) return "findfs does not say which disk it is: " + found->err;
    seen.has_device = found->exit_code == 0;
    seen.device = found->out.substr(0, found->out.find('\n'));
  } else {
    return "the host gave no answer about the device";
  }
  return {};
}

// The live options, in the manifest's own order where they are the same ones.
Value as_declared(const std::vector<std::string>& live, const Value* declared) {
  const std::vector<std::string> wanted = split_options(joined(strings(declared)));
  if (declared != nullptr && std::is_permutation(live.begin(), live.end(), wanted.begin(), wanted.end()))
    return *declared;
  return list_of(live);
}

std::vector<std::string> options_of(const Resource& resource, const Seen& seen) {
  const Value* declared = resource.desired.find("options");
  if (declared != nullptr) return split_options(joined(strings(declared)));
  return seen.entries.empty() ? std::vector<std::string>{} : split_options(seen.entries.front().options);
}

// Where the system itself lives: what is mounted over such a place hides it from all that runs, the way in with it.
bool is_systems_own(std::string_view path) {
  static constexpr std::string_view alone[] = {"/",    "/home",    "/root",   "/root/.ssh",
                                               "/var", "/var/lib", "/var/log"};
  static constexpr std::string_view trees[] = {"/bin",   "/boot",  "/dev",    "/etc",  "/lib",
                                               "/lib32", "/lib64", "/libx32", "/proc", "/run",
                                               "/sbin",  "/sys",   "/usr"};
  return std::any_of(std::begin(alone), std::end(alone), [&](std::string_view one) { return path == one; }) ||
         std::any_of(std::begin(trees), std::end(trees), [&](std::string_view tree) {
           return path == tree || (path.starts_with(tree) && path[tree.size()] == '/');
         });
}

}  // namespace

std::vector<Probe> mount_probes(const Resource& resource) {
  std::vector<Probe> probes = {ReadFile{.path = std::string(fstab_path), .known_sha256 = {}},
                               RunProbe{.argv = {"cat", "/proc/self/mountinfo"}},
                               RunProbe{.argv = list_block_devices(), .timeout = std::chrono::seconds(30)},
                               ReadFile{.path = path_of(resource), .known_sha256 = {}, .max_content = 0}};
  const std::string source = plain_source(resource.desired.string_or("source", ""));
  // By the links that udev keeps, where it runs; only where there is none does it look at all disks.
  if (is_tag(source))
    probes.push_back(RunProbe{.argv = {"findfs", source}, .timeout = std::chrono::seconds(30)});
  if (source.starts_with("/dev/"))
    probes.push_back(ReadFile{.path = source, .known_sha256 = {}, .max_content = 0});
  return probes;
}

Live decode_mount(const Resource& resource, std::span<const Reply> replies) {
  Seen seen;
  if (std::string why = read(resource, replies, seen); !why.empty()) return Live::unknown(std::move(why));
  const std::string path = path_of(resource);
  const std::string wanted = resource.desired.string_or("source", "");
  const std::string source = plain_source(wanted);
  const bool wants_it_mounted = resource.desired.string_or("state", "mounted") != "unmounted";
  if (is_systems_own(path) && seen.mounted.has_value() != wants_it_mounted) {
    return Live::unknown(
        "hearth changes nothing about what is mounted at " + path +
        " on a running system, which lives there: " + (wants_it_mounted ? "mount it" : "unmount it") +
        " by hand, or at the next boot; then this is kept");
  }
  if (wants_it_mounted && is_pulled(seen, source)) {
    const std::string disk = "the disk " + source + " is not plugged in at " + resource.address.host;
    return Live::unknown(seen.mounted ? disk + ", though " + seen.mounted->source + " is still mounted at " +
                                            path + ": plug it in again, or unmount it there"
                                      : disk + ": plug it in; until then nothing is done below " + path);
  }
  if (seen.entries.size() > 1) {
    return Live::unknown("/etc/fstab has " + std::to_string(seen.entries.size()) + " lines for " + path +
                         ": delete all but one");
  }
  if (seen.mounted && has(seen.mounted->own_options, "ro") && !has(seen.mounted->options, "ro")) {
    return Live::unknown("the kernel has made " + path +
                         " read-only by itself, as it does after errors: see dmesg, and check the disk");
  }
  Map fields{{"path", path},
             {"state", seen.mounted ? "mounted" : "unmounted"},
             {"current", !seen.mounted || (is_mounted_from(seen, source) &&
                                           has_flags(*seen.mounted, options_of(resource, seen)))},
             {"otherSource", seen.mounted && !is_mounted_from(seen, source)},
             {"mountPoint", seen.has_mount_point}};
  Live live = Live::present({});
  List lines;
  if (seen.entries.empty()) {
    live = Live::absent();
  } else {
    const FstabEntry& entry = seen.entries.front();
    fields.set("source", plain_source(entry.source) == source ? wanted : plain_source(entry.source));
    fields.set("type", entry.type);
    fields.set("options", as_declared(split_options(entry.options), resource.desired.find("options")));
    fields.set("fsckOrder", std::int64_t{entry.pass});
    fields.set("dump", std::int64_t{entry.dump});
    lines.emplace_back(entry.line);
  }
  fields.set("lines", std::move(lines));
  live.fields = std::move(fields);
  return live;
}

namespace {

Step run(std::vector<std::string> argv, Effect effect, Map expects) {
  return {.operation = RunCommand{.argv = std::move(argv), .timeout = std::chrono::seconds(90)},
          .expects = std::move(expects),
          .effect = effect,
          .undo = {}};
}

Step reload_systemd() {
  const ControlUnit reload{.verb = ControlUnit::Verb::daemon_reload};
  return {.operation = reload, .expects = {}, .effect = Effect::none, .undo = {reload}};
}

// A candidate passes when findmnt finds nothing wrong with it that is not wrong with the file as it is: a person's line about
// a disk that is not plugged in is no reason to refuse another.
std::vector<std::string> fstab_check() {
  static constexpr std::string_view script = R"sh(
wrong() { findmnt --verify --tab-file "$1" 2>&1 | sed -n '/^ *\[E\] /p; s/^.*\(parse error at line.*\)/\1/p'; }
new=$(wrong "$1")
old=
[ ! -e /etc/fstab ] || old=$(wrong /etc/fstab)
count() { printf '%s' "$1" | grep -c .; }
[ "$(count "$new")" -gt "$(count "$old")" ] || exit 0
findmnt --verify --tab-file "$1" 2>&1 | sed '/^$/d; /^[0-9]* parse error/d'
exit 1)sh";
  return {"sh", "-c", std::string(script), "hearth-check-fstab", "{}"};
}

FstabEntry entry_of(const Live& live) {
  const std::vector<std::string> lines = strings(live.fields.find("lines"));
  if (!lines.empty()) {
    const std::vector<FstabEntry> entries = read_fstab(lines.front());
    if (!entries.empty()) return entries.front();
  }
  return {.type = "auto"};
}

}  // namespace

std::vector<Step> mount_steps(const Resource& resource, const Live& live) {
  const std::string path = path_of(resource);
  const Value& desired = resource.desired;
  const std::vector<std::string> lines = strings(live.fields.find("lines"));
  const FstabEntry before = entry_of(live);
  FstabEntry wanted = before;
  if (lines.empty()) wanted.target = path;
  if (desired.find("source") != nullptr &&
      plain_source(before.source) != plain_source(desired.string_or("source", "")))
    wanted.source = plain_source(desired.string_or("source", ""));
  wanted.type = desired.string_or("type", wanted.type);
  if (const Value* options = desired.find("options"); options != nullptr)
    wanted.options = joined(split_options(joined(strings(options))));
  if (const Value* order = desired.find("fsckOrder"); order != nullptr && order->is_integer())
    wanted.pass = static_cast<int>(order->as_integer());

  std::vector<Step> steps;
  // First, as a line whose mount point is missing is an error to findmnt.
  if (!live.fields.boolean_or("mountPoint", true) && desired.string_or("state", "mounted") == "mounted") {
    const MakeDirectory make{.path = path, .mode = "0755", .owner = "root", .group = "root"};
    steps.push_back(
        {.operation = make, .expects = {{"mountPoint", true}}, .effect = Effect::none, .undo = {}});
  }
  std::string line = fstab_line(lines.empty() ? "" : lines.front(), wanted);
  const bool rewrites = lines.empty() || line != lines.front();
  if (rewrites) {
    ReplaceLines replace{
        .path = std::string(fstab_path), .old_lines = lines, .new_lines = {line}, .check = fstab_check()};
    const ReplaceLines back{replace.path, replace.new_lines, lines};
    Map expects{{"path", path}, {"lines", List{line}}};
    for (const char* field : {"source", "type", "options", "fsckOrder"}) {
      if (const Value* value = desired.find(field)) expects.set(field, *value);
    }
    if (live.presence == Live::Presence::absent) {
      expects.set("state", live.fields.string_or("state", "unmounted"));
      expects.set("current", live.fields.boolean_or("current", true));
    }
    // systemd must not act on a line that it has not read again: a mount whose unit is gone would be taken down.
    steps.push_back({.operation = std::move(replace), .expects = std::move(expects), .undo = {back}});
    steps.push_back(reload_systemd());
  }

  const bool mounted = live.fields.string_or("state", "unmounted") == "mounted";
  const std::string state = desired.string_or("state", mounted ? "mounted" : "unmounted");
  const auto mount = [&](Effect effect) {
    Step step = run({"mount", path}, effect, {{"state", "mounted"}, {"current", true}});
    // What could not be mounted need not be taken down.
    step.undo = {RunCommand{
        .argv = {"sh", "-c", R"(! mountpoint -q -- "$1" || umount -- "$1")", "hearth-unmount", path},
        .timeout = std::chrono::seconds(90)}};
    return step;
  };
  const auto unmount = [&] {
    Step step = run({"umount", path}, Effect::restart, {{"state", "unmounted"}, {"current", true}});
    step.undo = {RunCommand{.argv = {"mount", path}, .timeout = std::chrono::seconds(90)}};
    return step;
  };
  if (state == "unmounted") {
    if (mounted) steps.push_back(unmount());
    return steps;
  }
  if (!mounted) {
    steps.push_back(mount(Effect::none));
    return steps;
  }
  const bool moves = live.fields.boolean_or("otherSource", false) ||
                     (!lines.empty() && (before.source != wanted.source || before.type != wanted.type));
  if (moves && (live.fields.boolean_or("otherSource", false) || before.type != wanted.type)) {
    steps.push_back(unmount());
    steps.push_back(mount(Effect::restart));
    steps.back().expects.set("otherSource", false);
  } else if (!live.fields.boolean_or("current", true) ||
             kernel_options(split_options(before.options)) != kernel_options(split_options(wanted.options))) {
    // A mount that was there before its line is left as it is, if it is as the line says.
    if (!lines.empty() || !live.fields.boolean_or("current", true)) {
      Step remount = run({"mount", "-o", "remount", path}, Effect::reload, {{"current", true}});
      remount.undo = {remount.operation};
      steps.push_back(std::move(remount));
    }
  }
  return steps;
}

// Never by force: what is in use stays mounted, and the Mount stays with it.
std::vector<Step> mount_removal(const Resource& resource, const Live& live) {
  const std::string path = path_of(resource);
  const std::vector<std::string> lines = strings(live.fields.find("lines"));
  std::vector<Step> steps;
  if (live.fields.string_or("state", "") == "mounted") {
    Step step = run({"umount", path}, Effect::restart, {});
    step.undo = {RunCommand{.argv = {"mount", path}, .timeout = std::chrono::seconds(90)}};
    steps.push_back(std::move(step));
  }
  if (!lines.empty()) {
    const ReplaceLines remove{.path = std::string(fstab_path), .old_lines = lines, .new_lines = {}};
    steps.push_back({.operation = remove, .expects = {}, .undo = {ReplaceLines{remove.path, {}, lines}}});
    steps.push_back(reload_systemd());
  }
  return steps;
}

std::vector<Probe> mount_discovery() {
  return {ReadFile{.path = std::string(fstab_path), .known_sha256 = {}},
          RunProbe{.argv = {"cat", "/proc/self/mountinfo"}}};
}

std::vector<Found> found_mounts(std::span<const Reply> replies) {
  std::vector<Found> found;
  if (replies.size() != 2) return found;
  const auto* fstab = std::get_if<FileReply>(replies.data());
  const auto* mountinfo = std::get_if<RunReply>(&replies[1]);
  if (fstab == nullptr || mountinfo == nullptr || !fstab->content || !is_text(*fstab->content)) return found;
  const std::vector<MountedFileSystem> mounted = read_mountinfo(mountinfo->out);
  const std::vector<FstabEntry> entries = read_fstab(*fstab->content);
  for (const FstabEntry& entry : entries) {
    // Swap is no mount, and what / and /boot are is the installer's business.
    if (!entry.target.starts_with('/') || entry.type == "swap") continue;
    const std::string path = normalised_path(entry.target);
    if (path == "/" || path == "/boot" || path.starts_with("/boot/") || path == "/proc") continue;
    Found one{.kind = "Mount", .name = fit_name(path), .spec = nullptr, .owner = {}, .remark = {}};
    const auto same = [&](const FstabEntry& other) {
      return other.target.starts_with('/') && normalised_path(other.target) == path;
    };
    if (std::count_if(entries.begin(), entries.end(), same) > 1) {
      one.remark = "/etc/fstab has more than one line for " + path;
      if (std::none_of(found.begin(), found.end(),
                       [&](const Found& known) { return known.name == one.name; }))
        found.push_back(std::move(one));
      continue;
    }
    if (!is_text(entry.source) || !is_text(entry.options) || !is_text(path)) {
      one.remark = "its line in /etc/fstab is no text";
      found.push_back(std::move(one));
      continue;
    }
    Map spec{{"path", path}, {"source", plain_source(entry.source)}, {"type", entry.type}};
    const std::vector<std::string> options = split_options(entry.options);
    if (!options.empty()) spec.set("options", list_of(options));
    if (entry.pass > 0) spec.set("fsckOrder", std::int64_t{entry.pass});
    const bool is_mounted = std::any_of(mounted.begin(), mounted.end(),
                                        [&](const MountedFileSystem& each) { return each.target == path; });
    spec.set("state", is_mounted ? "mounted" : "unmounted");
    // An unplugged disk is no wish to keep it away, but what is declared is to be what is found.
    if (!is_mounted) one.remark = "it is not mounted now: say `state: mounted` where it should be";
    one.spec = std::move(spec);
    found.push_back(std::move(one));
  }
  return found;
}

}  // namespace hearth
