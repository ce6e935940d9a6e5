#include "providers/host_accounts/user_kind.h"

#include <set>
#include <utility>

#include "providers/host_accounts/account_replies.h"
#include "providers/host_accounts/key_file.h"
#include "providers/support/text.h"

namespace hearth {

namespace {

constexpr std::string_view passwd_file = "/etc/passwd";
constexpr std::string_view group_file = "/etc/group";

std::string name_of(const Resource& resource) {
  return resource.desired.string_or("userName", resource.address.name);
}

// The fields that come from /etc/passwd and /etc/group.
Map account_fields(const PasswdEntry& user, const AccountFile<GroupEntry>& groups) {
  std::string primary = std::to_string(user.gid);  // where no group has the number
  for (auto group = groups.entries.rbegin(); group != groups.entries.rend(); ++group) {
    if (group->gid == user.gid) primary = group->name;  // the first line counts
  }
  List supplementary;
  std::set<std::string> seen;
  for (const GroupEntry& group : groups.entries) {
    const bool inside =
        std::find(group.members.begin(), group.members.end(), user.name) != group.members.end();
    if (inside && seen.insert(group.name).second) supplementary.emplace_back(group.name);
  }
  return {{"userName", user.name},
          {"uid", std::int64_t{user.uid}},
          {"group", primary},
          {"groups", std::move(supplementary)},
          {"home", normalised_path(user.home)},
          {"shell", user.shell},
          {"comment", user.comment}};
}

// The fields that come from /etc/shadow, in the words of DESIRED where both mean the same.
void add_shadow_fields(Map& fields, const std::string& name, const Reply& reply, const Value& desired) {
  std::string why;
  const ShadowEntry* entry = nullptr;
  AccountFile<ShadowEntry> file;
  if (const std::string* text = account_text(reply, "/etc/shadow", why); text != nullptr) {
    file = parse_shadow(*text);
    entry = find_account(file, name, "/etc/shadow", why);
    if (entry == nullptr && why.empty()) {
      why = name + " has no line in /etc/shadow: pwconv makes one";
    }
  }
  if (entry == nullptr) {
    fields.set("locked", UnknownValue{why});
    fields.set("expires", UnknownValue{why});
    return;
  }
  using Password = ShadowEntry::Password;
  fields.set("locked", entry->password != Password::set);
  if (entry->password == Password::unusable && !desired.boolean_or("locked", true)) {
    fields.set("locked",
               UnknownValue{name + " has no password that could be unlocked: set one with passwd, or "
                                   "declare `locked: true`"});
  }
  if (!entry->expires) {
    fields.set("expires", nullptr);
  } else if (const std::string declared = desired.string_or("expires", "");
             days_of(declared) == entry->expires) {
    fields.set("expires", declared);
  } else {
    fields.set("expires", date_of(*entry->expires));
  }
}

std::set<std::string> set_of(const Value& names) {
  std::set<std::string> out;
  if (!names.is_list()) return out;
  for (const Value& name : names.as_list()) {
    if (name.is_string()) out.insert(name.as_string());
  }
  return out;
}

std::string joined(const Value& names) {
  std::string out;
  for (const std::string& name : set_of(names)) out += (out.empty() ? "" : ",") + name;
  return out;
}

std::string text_of(const Value& value) {
  return value.is_string() ? value.as_string() : value.is_integer() ? std::to_string(value.as_integer()) : "";
}

// The options of useradd and usermod that give FIELD the value TO; none for what they cannot give it.
std::vector<std::string> options_for(std::string_view field, const Value& to) {
  if (field == "uid") return {"-u", text_of(to)};
  if (field == "group") return {"-g", text_of(to)};
  if (field == "groups") return {"-G", joined(to)};
  if (field == "home") return {"-d", text_of(to)};
  if (field == "shell") return {"-s", text_of(to)};
  if (field == "comment") return {"-c", text_of(to)};
  if (field == "expires") return {"-e", text_of(to)};
  return {};
}

constexpr std::string_view fields_in_order[] = {"uid",   "group",   "groups", "home",
                                                "shell", "comment", "expires"};

bool same(std::string_view field, const Value& a, const Value& b) {
  if (field == "groups") return set_of(a) == set_of(b);
  if (field == "home") return normalised_path(text_of(a)) == normalised_path(text_of(b));
  return a == b;
}

Step step(const std::string& name, std::vector<std::string> argv, Map expects, std::vector<Operation> undo) {
  return {.operation = RunCommand{.argv = std::move(argv)},
          .expects = std::move(expects),
          .undo = std::move(undo),
          .account = name};
}

Step creation(const Resource& resource, const std::string& name) {
  const bool system = resource.desired.boolean_or("system", false);
  std::vector<std::string> argv{"/usr/sbin/useradd"};
  // A new account has no password, and nothing that it could be unlocked to.
  Map expects{
      {"userName", name}, {"locked", true}, {"groups", List{}}, {"comment", ""}, {"expires", nullptr}};
  for (const std::string_view field : fields_in_order) {
    const Value* value = resource.desired.find(field);
    if (value == nullptr) continue;
    expects.set(std::string(field), *value);
    if (text_of(*value).empty() && set_of(*value).empty()) continue;
    for (auto& word : options_for(field, *value)) argv.push_back(std::move(word));
  }
  if (system) argv.emplace_back("-r");
  argv.emplace_back(resource.desired.boolean_or("createHome", !system) ? "-m" : "-M");
  argv.push_back(name);
  return step(name, std::move(argv), std::move(expects), {RunCommand{.argv = {"/usr/sbin/userdel", name}}});
}

}  // namespace

std::vector<Probe> user_probes() {
  return {account_file_probe(passwd_file), account_file_probe(group_file),
          RunProbe{.argv = shadow_facts_command()}};
}

Live decode_user(const Resource& resource, std::span<const Reply> replies) {
  const std::string name = name_of(resource);
  if (replies.size() != 3) return Live::unknown("the host gave no answer about " + name);
  std::string why;
  const std::string* passwd = account_text(replies[0], passwd_file, why);
  if (passwd == nullptr) return Live::unknown(why);
  const std::string* groups = account_text(replies[1], group_file, why);
  if (groups == nullptr) return Live::unknown(why);
  const auto users = parse_passwd(*passwd);
  const PasswdEntry* user = find_account(users, name, passwd_file, why);
  if (!why.empty()) return Live::unknown(why);
  if (user == nullptr) return Live::absent();
  Map fields = account_fields(*user, parse_group(*groups));
  add_shadow_fields(fields, name, replies[2], resource.desired);
  return Live::present(std::move(fields));
}

std::vector<Step> user_steps(const Resource& resource, const Live& live) {
  const std::string name = name_of(resource);
  if (live.presence == Live::Presence::absent) return {creation(resource, name)};
  std::vector<std::string> change{"/usr/sbin/usermod"};
  std::vector<std::string> back = change;
  Map expects;
  for (const std::string_view field : fields_in_order) {
    const Value* desired = resource.desired.find(field);
    const Value* there = live.fields.find(field);
    if (desired == nullptr || there == nullptr || there->is_unknown() || same(field, *desired, *there))
      continue;
    for (auto& word : options_for(field, *desired)) change.push_back(std::move(word));
    for (auto& word : options_for(field, *there)) back.push_back(std::move(word));
    expects.set(std::string(field), *desired);
  }
  const Value* locked = resource.desired.find("locked");
  const Value* is_locked = live.fields.find("locked");
  if (locked != nullptr && locked->is_boolean() && is_locked != nullptr && is_locked->is_boolean() &&
      !(*locked == *is_locked)) {
    change.emplace_back(locked->as_boolean() ? "-L" : "-U");
    back.emplace_back(locked->as_boolean() ? "-U" : "-L");
    expects.set("locked", *locked);
  }
  if (expects.empty()) return {};
  change.push_back(name);
  back.push_back(name);
  return {step(name, std::move(change), std::move(expects), {RunCommand{.argv = std::move(back)}})};
}

std::vector<Step> user_removal(const Resource& resource, const Live& live) {
  const std::string name = name_of(resource);
  if (live.fields.integer_or("uid", 0) == 0) return {};  // root is the system's
  // No way back: what stood in /etc/shadow is not hearth's to keep. The home stays, it holds data.
  return {step(name, {"/usr/sbin/userdel", name}, {}, {})};
}

std::vector<Found> discover_users(std::span<const Reply> replies) {
  std::vector<Found> found;
  std::string why;
  const std::string* passwd = replies.size() == 3 ? account_text(replies[0], passwd_file, why) : nullptr;
  if (passwd == nullptr) return found;
  for (const PasswdEntry& user : parse_passwd(*passwd).entries) {
    if (!is_person(user.uid) || !is_account_name(user.name)) continue;
    Resource resource;
    resource.address = {"User", user.name, {}};
    resource.desired = Map{{"userName", user.name}};
    const Live live = decode_user(resource, replies);
    if (live.presence != Live::Presence::present) continue;
    Map spec;
    for (const auto& [field, position, value] : live.fields.as_map()) {
      // What no manifest could hold (Latin-1 in a comment, a home that is no path) stays undeclared.
      const bool fits = !value.is_unknown() && !value.is_null() &&
                        (!value.is_string() || (is_text(value.as_string()) && !value.as_string().empty()));
      if (!fits || ((field == "home" || field == "shell") && !value.as_string().starts_with('/'))) continue;
      if (field == "group" && !is_account_name(value.as_string())) continue;
      if (field == "groups" &&
          !std::all_of(value.as_list().begin(), value.as_list().end(),
                       [](const Value& one) { return is_account_name(one.as_string()); })) {
        continue;
      }
      spec.set(field, value);
    }
    found.push_back({.kind = "User", .name = fit_name(user.name), .spec = std::move(spec), .owner = {}});
  }
  return found;
}

}  // namespace hearth
