#include "providers/host_system/sysctl.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "providers/host_system/sysctl_files.h"
#include "providers/support/listed_files.h"
#include "providers/support/text.h"
#include "reconciler/core/canonical.h"
#include "reconciler/core/digest.h"

namespace hearth {

namespace {

std::string declared_key(const Resource& resource) {
  return resource.desired.string_or("key", resource.address.name);
}

std::string key_of(const Resource& resource) {
  const std::string key = declared_key(resource);
  return canonical_sysctl(key).value_or(key);
}

std::string swapped(std::string text, char a, char b) {
  for (char& c : text) c = c == a ? b : c == b ? a : c;
  return text;
}

std::string live_path(const std::string& key) {
  return "/proc/sys/" + swapped(key, '.', '/');
}

// A dot within a name is a slash in a key, which no file name holds.
std::string file_path(const std::string& key) {
  std::string name = key;
  std::replace(name.begin(), name.end(), '/', ',');
  return "/etc/sysctl.d/60-hearth-" + name + ".conf";
}

std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A declared value as the kernel is told it; nothing when none is declared.
std::optional<std::string> declared_text(const Value* value) {
  if (value != nullptr && value->is_integer()) return std::to_string(value->as_integer());
  if (value != nullptr && value->is_string()) return canonical_sysctl_value(value->as_string());
  return std::nullopt;
}

// A live value, in the words of the manifest where it says the same.
Value as_declared(const std::string& live, const Value* declared) {
  if (const auto text = declared_text(declared); text && same_sysctl_value(*text, live)) return *declared;
  if (declared != nullptr && declared->is_integer()) {
    if (const auto number = integer(live)) return *number;
  }
  return live;
}

std::vector<SysctlFile> files_in(const Reply& reply) {
  std::vector<SysctlFile> files;
  const auto* run = std::get_if<RunReply>(&reply);
  if (run == nullptr) return files;
  for (ListedFile& file : listed_files(run->out)) {
    files.push_back({std::move(file.path), std::move(file.text)});
  }
  return files;
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// Whether the next boot sets the declared value; unknown where a file that is not ours and read later says otherwise.
Value is_persisted(const std::vector<SysctlFile>& files, const std::string& key, const std::string& wanted) {
  const auto last = last_setting(files, key);
  if (!last) return false;
  if (same_sysctl_value(last->value, wanted)) return true;
  const std::string own = file_path(key);
  if (last->file == own || base_name(last->file) < base_name(own)) return false;
  return UnknownValue{last->file + ":" + std::to_string(last->line) + " sets " + key + " to " + last->value +
                      " at boot, after " + own + ": take that line out, or declare the file as a File"};
}

}  // namespace

std::vector<Probe> sysctl_probes(const Resource& resource) {
  return {
      ReadFile{.path = live_path(key_of(resource)), .known_sha256 = {}},
      list_files(".conf", {"/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d"},
                 false)};
}

Live decode_sysctl(const Resource& resource, std::span<const Reply> replies) {
  const std::string key = key_of(resource);
  const auto* reply = replies.size() == 2 ? std::get_if<FileReply>(replies.data()) : nullptr;
  if (reply == nullptr) return Live::unknown("the host gave no answer about " + key);
  if (reply->type != FileReply::Type::regular) {
    return Live::unknown("this host's kernel has no parameter " + key +
                         ": correct `key`, or load the module that brings it (modprobe now, a File in "
                         "/etc/modules-load.d for the next boot)");
  }
  if (!reply->content) return Live::unknown(key + " cannot be read on this host");
  const std::vector<SysctlFile> files = in_boot_order(files_in(replies[1]));
  const Value* declared = resource.desired.find("value");
  Map fields{{"key", declared_key(resource)},
             {"value", as_declared(canonical_sysctl_value(*reply->content), declared)}};
  if (const auto wanted = declared_text(declared)) fields.set("persisted", is_persisted(files, key, *wanted));
  const std::string own = file_path(key);
  const auto file =
      std::find_if(files.begin(), files.end(), [&](const SysctlFile& one) { return one.path == own; });
  fields.set("written", file == files.end() ? Value() : Value(sha256(file->text)));
  return Live::present(std::move(fields));
}

std::vector<Step> sysctl_steps(const Resource& resource, const Live& live) {
  std::vector<Step> steps;
  const std::string key = key_of(resource);
  const Value* declared = resource.desired.find("value");
  const auto wanted = declared_text(declared);
  if (!wanted) return steps;
  // First, so that a value that the kernel does not take is not left for the next boot.
  const Value* now = live.fields.find("value");
  if (now != nullptr && *now != *declared) {
    const auto set = [&](const std::string& value) {
      return RunCommand{.argv = {"sysctl", "-q", "-w", key + "=" + value}};
    };
    Step step{.operation = set(*wanted), .expects = {{"value", *declared}}, .undo = {}};
    if (const auto before = declared_text(now)) step.undo.emplace_back(set(*before));
    steps.push_back(std::move(step));
  }
  if (!live.fields.boolean_or("persisted", true)) {
    WriteFile write{.path = file_path(key),
                    .content = "# Kept by hearth.\n" + key + " = " + *wanted + "\n",
                    .mode = "0644",
                    .owner = "root",
                    .group = "root",
                    .check = {},
                    .expected_sha256 = live.fields.string_or("written", "absent"),
                    .keep_previous = true};
    const RestorePrevious back{write.path};
    steps.push_back({.operation = std::move(write), .expects = {{"persisted", true}}, .undo = {back}});
  }
  return steps;
}

// What the kernel started with is not known: it stays as it is until the next boot.
std::vector<Step> sysctl_removal(const Resource& resource, const Live& live) {
  const Value* written = live.fields.find("written");
  if (written == nullptr || !written->is_string()) return {};
  RemovePath remove{.path = file_path(key_of(resource)), .keep_previous = true};
  const RestorePrevious back{remove.path};
  return {{.operation = std::move(remove), .expects = {}, .undo = {back}}};
}

std::vector<Probe> sysctl_discovery() {
  return {list_files(".conf", {"/etc/sysctl.d"}, true)};
}

std::vector<Found> found_sysctls(std::span<const Reply> replies) {
  std::vector<Found> found;
  if (replies.empty()) return found;
  const auto* run = std::get_if<RunReply>(replies.data());
  if (run == nullptr) return found;
  const std::vector<ListedFile> listed = listed_files(run->out);
  const std::vector<SysctlFile> files = in_boot_order(files_in(replies[0]));
  for (const SysctlFile& file : files) {
    const auto owner = std::find_if(listed.begin(), listed.end(),
                                    [&](const ListedFile& one) { return one.path == file.path; });
    for (const SysctlSetting& setting : read_sysctl_file(file)) {
      if (last_setting(files, setting.key) != setting || setting.value.empty()) continue;
      if (!is_text(setting.value) || !is_text(setting.key)) continue;
      const auto number = integer(setting.value);
      const Value value =
          number && std::to_string(*number) == setting.value ? Value(*number) : Value(setting.value);
      found.push_back({.kind = "Sysctl",
                       .name = fit_name(setting.key),
                       .spec = Map{{"key", setting.key}, {"value", value}},
                       .owner = owner == listed.end() ? "" : owner->owner});
    }
  }
  return found;
}

}  // namespace hearth
