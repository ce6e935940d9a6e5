#include "providers/host_packages/host_packages_provider.h"

#include <algorithm>
#include <set>
#include <utility>

#include "providers/host_packages/dpkg_status.h"
#include "providers/support/lines.h"
#include "providers/support/text.h"

namespace hearth {

namespace {

std::string name_of(const Resource& resource) {
  return resource.desired.string_or("name", resource.address.name);
}

const Value* declared_held(const Resource& resource) {
  const Value* held = resource.desired.find("held");
  return held != nullptr && held->is_boolean() ? held : nullptr;
}

// ---- What apt is told ----

constexpr std::chrono::seconds apt_time{1800};

// apt-get in a way that asks nobody anything and keeps configuration files that a person changed. One at a time: apt waits for
// other users of dpkg for a minute only, and another Package may well take longer. `-o`: a daemon that a package starts
// must not inherit the lock.
RunCommand apt_get(const std::vector<std::string>& arguments) {
  RunCommand run{.argv = {"flock", "-o", "-w", "1200", "/var/lib/dpkg", "env",
                          "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "-o",
                          "Dpkg::Options::=--force-confold", "-o", "DPkg::Lock::Timeout=60"},
                 .timeout = apt_time};
  run.argv.insert(run.argv.end(), arguments.begin(), arguments.end());
  return run;
}

// It does not wait for other users of dpkg at all.
RunCommand mark(bool held, const std::string& name) {
  return {.argv = {"flock", "-o", "-w", "1200", "/var/lib/dpkg", "apt-mark", held ? "hold" : "unhold", name},
          .timeout = apt_time};
}

// Asks the archives only for what this host has not heard of. $1 is the package, or package=version.
constexpr std::string_view refresh_script = R"sh(apt-cache show -- "$1" >/dev/null 2>&1 && exit
flock -o -w 600 /var/lib/apt/lists apt-get -q -o DPkg::Lock::Timeout=60 update)sh";

// Refuses where others would go with the package $1: what nobody named stays.
constexpr std::string_view alone_script =
    R"sh(said=$(apt-get -s -q remove "$1" 2>&1) || { printf '%s\n' "$said"; exit 1; }
others=$(printf '%s\n' "$said" | sed -n 's/^Remv \([^ ]*\).*/\1/p' | grep -vxF -e "$1" -e "${1%%:*}")
[ -z "$others" ] && exit
echo "without $1 these could not stay:" $others
echo "declare them absent too, with this one depending on them (dependsOn), or leave $1 installed"
exit 1)sh";

RunCommand script(std::string_view text, const std::string& argument) {
  return {.argv = {"sh", "-c", std::string(text), "hearth", argument}, .timeout = apt_time};
}

// Recommended packages are left out: what is declared is what is installed. With --no-remove apt gives up where something
// else would have to go.
RunCommand install(const std::string& what, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"--no-install-recommends", "--no-remove"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  arguments.insert(arguments.end(), {"install", what});
  return apt_get(arguments);
}

std::vector<Step> removing(const std::string& name) {
  return {{.operation = script(alone_script, name), .expects = {}, .undo = {}},
          {.operation = apt_get({"remove", name}),
           .expects = {{"state", "absent"}},
           .effect = Effect::restart,
           .undo = {install(name, {})}}};
}

// ---- What is live ----

// Why NAME is none that a manifest should use: another spelling of a name without a suffix would be a second owner of one
// package. "" where it is fine. dpkg itself is always of the host's own architecture.
std::string needless_suffix(const std::vector<KnownPackage>& packages, const std::string& name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string::npos) return "";
  const std::string architecture = name.substr(colon + 1);
  const KnownPackage* dpkg = find_package(packages, "dpkg");
  if (dpkg == nullptr || dpkg->architecture != architecture) return "";
  return architecture + " is this host's own architecture: declare the package as `" + name.substr(0, colon) +
         "`, without it";
}

Live decode_package(const Resource& resource, const RunReply& reply) {
  const std::string name = name_of(resource);
  if (reply.exit_code != 0) {
    return Live::unknown("dpkg-query does not answer on this host (" +
                         (reply.err.empty() ? "exit status " + std::to_string(reply.exit_code) : reply.err) +
                         ")");
  }
  const auto packages = known_packages(reply.out);
  const KnownPackage* package = find_package(packages, name);
  if (package != nullptr && is_broken(*package)) {
    return Live::unknown("dpkg was interrupted in the middle of " + name + " (" + package->status +
                         "): run `dpkg --configure -a` on the host");
  }
  const std::string trouble = needless_suffix(packages, name);
  const Value said = trouble.empty() ? Value(name) : Value(UnknownValue{trouble});
  if (package == nullptr || !is_installed(*package)) {
    if (!trouble.empty()) return {Live::Presence::absent, {}, Value(Map{{"name", said}})};
    if (resource.desired.string_or("state", "present") != "absent") return Live::absent();
    return Live::present({{"name", name}, {"state", "absent"}, {"version", nullptr}, {"held", false}});
  }
  const bool held = package->want == "hold";
  Map fields{{"name", said}, {"state", "present"}, {"version", package->version}, {"held", held}};
  const std::string wanted = resource.desired.string_or("version", package->version);
  if (held && wanted != package->version && declared_held(resource) == nullptr) {
    fields.set("version",
               UnknownValue{name + " is held at " + package->version +
                            " by a person (apt-mark hold): declare `held`, to say that hearth may"});
  }
  return Live::present(std::move(fields));
}

// ---- What to do next ----

std::vector<Step> installing(const Resource& resource, const Live& live) {
  std::vector<Step> steps;
  const std::string name = name_of(resource);
  const std::string version = resource.desired.string_or("version", "");
  const bool absent =
      live.presence == Live::Presence::absent || live.fields.string_or("state", "") == "absent";
  const Value* there = live.fields.find("version");
  const std::string now = absent ? "" : live.fields.string_or("version", "");
  const bool moves = !absent && !version.empty() && there != nullptr && there->is_string() && now != version;
  const bool held = live.fields.boolean_or("held", false);
  const Value* wanted = declared_held(resource);
  const bool hold = wanted != nullptr && wanted->as_boolean();

  if (held && wanted != nullptr && !hold) {
    steps.push_back(
        {.operation = mark(false, name), .expects = {{"held", false}}, .undo = {mark(true, name)}});
  }
  if (absent || moves) {
    const std::string what = version.empty() ? name : name + "=" + version;
    std::vector<std::string> more;
    Map expects{{"name", name}, {"state", "present"}, {"held", false}};
    if (!version.empty()) {
      expects.set("version", version);
      more.emplace_back("--allow-downgrades");
    }
    if (held && hold) more.emplace_back("--allow-change-held-packages");
    Step step{.operation = install(what, more), .expects = std::move(expects), .undo = {}};
    if (absent) {
      step.undo.emplace_back(apt_get({"remove", name}));
    } else {
      // Another version: its services are stopped and started by its own scripts.
      step.effect = Effect::restart;
      step.undo.emplace_back(
          install(name + "=" + now, {"--allow-downgrades", "--allow-change-held-packages"}));
    }
    steps.push_back({.operation = script(refresh_script, what), .expects = {}, .undo = {}});
    steps.push_back(std::move(step));
  }
  // Also after another version: dpkg forgets the mark then.
  if (hold && (!held || moves)) {
    steps.push_back(
        {.operation = mark(true, name), .expects = {{"held", true}}, .undo = {mark(false, name)}});
  }
  return steps;
}

}  // namespace

std::vector<Probe> HostPackagesProvider::probes(const Resource&) const noexcept {
  return {query_packages()};
}

Live HostPackagesProvider::decode(const Resource& resource, std::span<const Reply> replies) const noexcept {
  if (replies.size() == 1) {
    if (const auto* none = std::get_if<NoReply>(replies.data())) return Live::unknown(none->why);
    if (const auto* run = std::get_if<RunReply>(replies.data())) return decode_package(resource, *run);
  }
  return Live::unknown("the host gave no answer about its packages");
}

std::vector<Step> HostPackagesProvider::next_steps(const Resource& resource,
                                                   const Live& live) const noexcept {
  if (live.presence == Live::Presence::unknown) return {};
  if (resource.desired.string_or("state", "present") != "absent") return installing(resource, live);
  return live.fields.string_or("state", "") == "present" ? removing(name_of(resource)) : std::vector<Step>{};
}

std::vector<Step> HostPackagesProvider::removal_steps(const Resource& resource,
                                                      const Live& live) const noexcept {
  if (live.presence != Live::Presence::present) return {};
  if (resource.desired.string_or("state", "present") == "absent") return {};
  std::vector<Step> steps = removing(name_of(resource));
  // The hold was hearth's own and goes with the package; a person's is left for that person to lift.
  if (resource.desired.boolean_or("held", false)) {
    const std::string name = name_of(resource);
    steps.insert(steps.begin(),
                 {.operation = mark(false, name), .expects = {{"held", false}}, .undo = {mark(true, name)}});
  }
  return steps;
}

std::vector<Probe> HostPackagesProvider::discovery_probes(std::string_view) const noexcept {
  return {query_packages(),
          RunProbe{.argv = {"apt-mark", "showmanual"}, .timeout = std::chrono::seconds(20)}};
}

std::vector<Found> HostPackagesProvider::discover(std::string_view,
                                                  std::span<const Reply> replies) const noexcept {
  std::vector<Found> found;
  if (replies.size() != 2) return found;
  const auto* known = std::get_if<RunReply>(replies.data());
  const auto* manual = std::get_if<RunReply>(replies.data() + 1);
  if (known == nullptr || manual == nullptr) return found;
  const auto packages = known_packages(known->out);
  static const std::set<std::string> everywhere{"required", "important", "standard"};
  for (const std::string& name : split_lines(manual->out)) {
    const KnownPackage* package = find_package(packages, name);
    if (package == nullptr || !is_installed(*package) || everywhere.contains(package->priority)) continue;
    Map spec{{"name", name}, {"state", "present"}};
    if (package->want == "hold") {
      spec.set("version", package->version);
      spec.set("held", true);
    }
    found.push_back({.kind = "Package", .name = fit_name(name), .spec = std::move(spec), .owner = {}});
  }
  return found;
}

}  // namespace hearth
