#include "providers/host_accounts/group_kind.h"

#include <set>
#include <utility>

#include "providers/host_accounts/account_replies.h"
#include "providers/host_accounts/key_file.h"
#include "providers/support/lists.h"
#include "providers/support/text.h"

namespace hearth {

namespace {

constexpr std::string_view group_file = "/etc/group";

std::string name_of(const Resource& resource) {
  return resource.desired.string_or("groupName", resource.address.name);
}

std::string joined(const Value* names) {
  std::string out;
  if (names == nullptr || !names->is_list()) return out;
  for (const Value& name : names->as_list()) {
    if (name.is_string()) out += (out.empty() ? "" : ",") + name.as_string();
  }
  return out;
}

std::set<std::string> set_of(const Value* names) {
  std::set<std::string> out;
  if (names == nullptr || !names->is_list()) return out;
  for (const Value& name : names->as_list()) {
    if (name.is_string()) out.insert(name.as_string());
  }
  return out;
}

// Who is in a group decides what a login may do, and with sshd's AllowGroups whether there is one: of any account.
Step step(std::vector<std::string> argv, Map expects, std::vector<Operation> undo) {
  return {.operation = RunCommand{.argv = std::move(argv)},
          .expects = std::move(expects),
          .undo = std::move(undo),
          .account = "*"};
}

RunCommand set_members(const std::string& name, const Value* members) {
  return {.argv = {"/usr/bin/gpasswd", "-M", joined(members), name}};
}

}  // namespace

std::vector<Probe> group_probes() {
  return {account_file_probe(group_file)};
}

Live decode_group(const Resource& resource, std::span<const Reply> replies) {
  const std::string name = name_of(resource);
  if (replies.size() != 1) return Live::unknown("the host gave no answer about " + std::string(group_file));
  std::string why;
  const std::string* text = account_text(replies[0], group_file, why);
  if (text == nullptr) return Live::unknown(why);
  const auto file = parse_group(*text);
  const GroupEntry* group = find_account(file, name, group_file, why);
  if (!why.empty()) return Live::unknown(why);
  if (group == nullptr) return Live::absent();
  return Live::present(
      {{"groupName", name}, {"gid", std::int64_t{group->gid}}, {"members", list_of(group->members)}});
}

std::vector<Step> group_steps(const Resource& resource, const Live& live) {
  const std::string name = name_of(resource);
  const Value* gid = resource.desired.find("gid");
  const Value* members = resource.desired.find("members");
  std::vector<Step> steps;
  if (live.presence == Live::Presence::absent) {
    std::vector<std::string> argv{"/usr/sbin/groupadd"};
    Map expects{{"groupName", name}, {"members", List{}}};
    if (gid != nullptr && gid->is_integer()) {
      argv.insert(argv.end(), {"-g", std::to_string(gid->as_integer())});
      expects.set("gid", *gid);
    }
    if (resource.desired.boolean_or("system", false)) argv.emplace_back("-r");
    argv.push_back(name);
    steps.push_back(
        step(std::move(argv), std::move(expects), {RunCommand{.argv = {"/usr/sbin/groupdel", name}}}));
    if (!set_of(members).empty()) {
      steps.push_back(
          step(set_members(name, members).argv, {{"members", *members}}, {set_members(name, nullptr)}));
    }
    return steps;
  }
  const Value* live_gid = live.fields.find("gid");
  if (gid != nullptr && gid->is_integer() && live_gid != nullptr && !(*gid == *live_gid)) {
    const auto change = [&](const Value& to) {
      return RunCommand{
          .argv = {"/usr/sbin/groupmod", "-g", std::to_string(to.is_integer() ? to.as_integer() : 0), name}};
    };
    steps.push_back(step(change(*gid).argv, {{"gid", *gid}}, {change(*live_gid)}));
  }
  const Value* live_members = live.fields.find("members");
  if (members != nullptr && set_of(members) != set_of(live_members)) {
    steps.push_back(
        step(set_members(name, members).argv, {{"members", *members}}, {set_members(name, live_members)}));
  }
  return steps;
}

std::vector<Step> group_removal(const Resource& resource, const Live& live) {
  const std::string name = name_of(resource);
  if (live.fields.integer_or("gid", 0) == 0) return {};  // root's group is the system's
  std::vector<Operation> undo{RunCommand{
      .argv = {"/usr/sbin/groupadd", "-g", std::to_string(live.fields.integer_or("gid", 0)), name}}};
  const Value* members = live.fields.find("members");
  if (!set_of(members).empty()) undo.emplace_back(set_members(name, members));
  return {step({"/usr/sbin/groupdel", name}, {}, std::move(undo))};
}

std::vector<Found> discover_groups(std::span<const Reply> replies) {
  std::vector<Found> found;
  std::string why;
  const std::string* text = replies.size() == 1 ? account_text(replies[0], group_file, why) : nullptr;
  if (text == nullptr) return found;
  const auto file = parse_group(*text);
  for (const GroupEntry& group : file.entries) {
    why.clear();
    if (!is_person(group.gid) || !is_account_name(group.name)) continue;
    if (find_account(file, group.name, group_file, why) == nullptr) continue;
    // Who is in it is said by the users that are found: said twice, each would wait for the other.
    Map spec{{"groupName", group.name}, {"gid", std::int64_t{group.gid}}};
    found.push_back({.kind = "Group", .name = fit_name(group.name), .spec = std::move(spec), .owner = {}});
  }
  return found;
}

}  // namespace hearth
