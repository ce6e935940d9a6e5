#include "providers/host_system/hosts_entry.h"

#include <algorithm>
#include <utility>

#include "providers/host_system/hosts_file.h"
#include "providers/support/lists.h"
#include "providers/support/text.h"
#include "reconciler/core/canonical.h"

namespace hearth {

namespace {

constexpr std::string_view path = "/etc/hosts";

std::string declared_address(const Resource& resource) {
  return resource.desired.string_or("address", resource.address.name);
}

}  // namespace

std::vector<Probe> hosts_entry_probes() {
  return {ReadFile{.path = std::string(path), .known_sha256 = {}}};
}

Live decode_hosts_entry(const Resource& resource, std::span<const Reply> replies) {
  const auto* reply = replies.size() == 1 ? std::get_if<FileReply>(replies.data()) : nullptr;
  if (reply == nullptr) return Live::unknown("the host gave no answer about /etc/hosts");
  if (reply->type == FileReply::Type::absent) return Live::absent();
  if (reply->type != FileReply::Type::regular) {
    return Live::unknown(
        "/etc/hosts is no regular file on this host, and hearth edits nothing through a link");
  }
  if (!reply->content || !is_text(*reply->content)) {
    return Live::unknown("/etc/hosts is too large, or holds other than text: correct it by hand");
  }
  const std::string address =
      canonical_address(declared_address(resource)).value_or(declared_address(resource));
  const auto all = read_hosts_file(*reply->content);
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const HostsAddress& one) { return one.address == address; });
  if (found == all.end()) return Live::absent();
  return Live::present({{"address", declared_address(resource)},
                        {"names", list_of(found->names)},
                        {"lines", list_of(found->lines)}});
}

std::vector<Step> hosts_entry_steps(const Resource& resource, const Live& live) {
  const std::vector<std::string> before = strings(live.fields.find("lines"));
  const Value* names = resource.desired.find("names");
  if (names == nullptr) return {};
  ReplaceLines replace{.path = std::string(path),
                       .old_lines = before,
                       .new_lines = hosts_lines(before, declared_address(resource), strings(names))};
  const ReplaceLines back{replace.path, replace.new_lines, before};
  Map expects{
      {"address", declared_address(resource)}, {"names", *names}, {"lines", list_of(replace.new_lines)}};
  return {{.operation = std::move(replace), .expects = std::move(expects), .undo = {back}}};
}

// Only what hearth put there goes: other names of the address are somebody else's, and so is a line that has become quite
// another.
std::vector<Step> hosts_entry_removal(const Resource& resource, const Live& live) {
  const std::vector<std::string> lines = strings(live.fields.find("lines"));
  const std::vector<std::string> ours = strings(resource.desired.find("names"));
  std::vector<std::string> left = strings(live.fields.find("names"));
  const bool nameless = left.empty();
  const bool some = std::erase_if(left, [&](const std::string& name) {
                      return std::find(ours.begin(), ours.end(), name) != ours.end();
                    }) > 0;
  if (lines.empty() || (!some && !nameless)) return {};
  ReplaceLines remove{.path = std::string(path), .old_lines = lines, .new_lines = {}};
  Map expects;
  if (!left.empty()) {
    remove.new_lines = hosts_lines(lines, declared_address(resource), left);
    expects = {{"names", list_of(left)}, {"lines", list_of(remove.new_lines)}};
  }
  const ReplaceLines back{remove.path, remove.new_lines, lines};
  return {{.operation = std::move(remove), .expects = std::move(expects), .undo = {back}}};
}

std::vector<Found> found_hosts_entries(std::span<const Reply> replies) {
  std::vector<Found> found;
  const auto* reply = replies.size() == 1 ? std::get_if<FileReply>(replies.data()) : nullptr;
  if (reply == nullptr || !reply->content || !is_text(*reply->content)) return found;
  for (const HostsAddress& one : read_hosts_file(*reply->content)) {
    if (one.names.empty()) continue;
    found.push_back({.kind = "HostsEntry",
                     .name = fit_name(one.address),
                     .spec = Map{{"address", one.address}, {"names", list_of(one.names)}},
                     .owner = {}});
  }
  return found;
}

}  // namespace hearth
