#include "providers/samba/user_kind.h"

#include <algorithm>
#include <utility>

#include "providers/support/lines.h"
#include "providers/support/text.h"

namespace hearth {

namespace {

// Prints `U FLAGS DIGEST NAME` of the user $1 (of all where that is empty), or `none` where there is no Samba. The hash of a
// password is as good as the password and does not leave the host: DIGEST is SHA-256 of $2 and the hash, and `-` without $2.
constexpr std::string_view list_script = R"sh(command -v pdbedit >/dev/null || {
  echo none
  exit 0
}
all=$(pdbedit -L -w) || exit 1
printf '%s\n' "$all" | while IFS=: read -r user _ _ hash flags _; do
  [ "$user" ] && { [ -z "$1" ] || [ "$user" = "$1" ]; } || continue
  digest=-
  if [ "$2" ]; then
    digest=$(printf '%s%s' "$2" "$hash" | sha256sum)
    digest=${digest%% *}
  fi
  flags=$(printf %s "$flags" | tr -d ' ')
  echo "U $flags $digest $user"
done)sh";

constexpr std::string_view set_script = R"sh(getent passwd "$1" >/dev/null || {
  echo "there is no Unix user $1: declare a User, or make one (useradd)" >&2
  exit 1
}
exec smbpasswd -s -a "$1")sh";

std::string name_of(const Resource& resource) {
  return resource.desired.string_or("userName", resource.address.name);
}

RunProbe list(const std::string& name, const Value* password, const std::string& salt) {
  RunProbe probe{.argv = {"sh", "-c", std::string(list_script), "hearth-samba-users", name, ""}};
  if (password == nullptr || !password->is_secret()) return probe;
  probe.argv.back() = salt;
  probe.salt = salt;
  probe.known_password = Content::from_value(*password);
  return probe;
}

Step set_password(const std::string& name, const Value& password) {
  Content twice = Content::from_value(password);
  twice.add("\n");
  twice.add(password.as_secret());
  twice.add("\n");
  return {.operation = RunCommand{.argv = {"sh", "-c", std::string(set_script), "hearth-samba-user", name},
                                  .input = std::move(twice)},
          .expects = {{"password", true}},
          .undo = {}};
}

RunCommand set_enabled(const std::string& name, bool enabled) {
  return {.argv = {"smbpasswd", enabled ? "-e" : "-d", name}};
}

}  // namespace

std::vector<PassdbEntry> parse_passdb(std::string_view text) {
  std::vector<PassdbEntry> out;
  for (const std::string& line : split_lines(text)) {
    const auto words = split_words(line);
    if (words.size() != 4 || words[0] != "U" || !words[1].starts_with('[')) continue;
    PassdbEntry entry;
    entry.name = words[3];
    entry.enabled = words[1].find('D') == std::string_view::npos;
    if (words[2].starts_with('=') || words[2].starts_with('!')) {
      entry.as_known = words[2].front() == '=';
      entry.mark = words[2].substr(1);
    }
    out.push_back(std::move(entry));
  }
  return out;
}

std::vector<Probe> samba_user_probes(const Resource& resource) {
  return {list(name_of(resource), resource.desired.find("password"), resource.address.to_string() + ":")};
}

std::vector<Probe> samba_user_discovery() {
  return {list("", nullptr, "")};
}

Live decode_samba_user(const Resource& resource, std::span<const Reply> replies) {
  const std::string name = name_of(resource);
  if (replies.size() != 1) return Live::unknown("the host gave no answer about " + name);
  if (const auto* none = std::get_if<NoReply>(replies.data())) return Live::unknown(none->why);
  const auto* run = std::get_if<RunReply>(replies.data());
  if (run == nullptr || run->exit_code != 0) {
    return Live::unknown("pdbedit does not tell of Samba's users" +
                         (run == nullptr || run->err.empty() ? "" : ": " + run->err));
  }
  const auto all = parse_passdb(run->out);
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const PassdbEntry& entry) { return entry.name == name; });
  const Value* password = resource.desired.find("password");
  if (found == all.end()) {
    if (password != nullptr) return Live::absent();
    return Live::unknown("Samba has no user " + name +
                         ", and no `password` is declared to make one: declare it, or run smbpasswd -a " +
                         name);
  }
  Live live = Live::present({{"userName", name}, {"enabled", found->enabled}});
  if (password == nullptr) return live;
  live.fields.as_map().set(
      "password", found->as_known ? Value(*found->as_known) : Value(UnknownValue{"was not compared"}));
  if (!found->mark.empty()) live.marks.emplace("password", found->mark);
  return live;
}

std::vector<Step> samba_user_steps(const Resource& resource, const Live& live) {
  const std::string name = name_of(resource);
  const Value* password = resource.desired.find("password");
  const bool enabled = resource.desired.boolean_or("enabled", true);
  std::vector<Step> steps;
  const bool absent = live.presence == Live::Presence::absent;
  if (absent && (password == nullptr || !password->is_secret())) return steps;
  if (absent) {
    Step creation = set_password(name, *password);
    creation.expects.set("userName", name);
    creation.expects.set("enabled", true);
    creation.undo = {RunCommand{.argv = {"smbpasswd", "-x", name}}};
    steps.push_back(std::move(creation));
    if (!enabled) {
      steps.push_back({.operation = set_enabled(name, false), .expects = {{"enabled", false}}, .undo = {}});
    }
    return steps;
  }
  const Value* known = live.fields.find("password");
  if (password != nullptr && password->is_secret() && known != nullptr && known->is_boolean() &&
      !known->as_boolean()) {
    steps.push_back(set_password(name, *password));
  }
  const Value* is_enabled = live.fields.find("enabled");
  if (resource.desired.find("enabled") != nullptr && is_enabled != nullptr && is_enabled->is_boolean() &&
      is_enabled->as_boolean() != enabled) {
    steps.push_back({.operation = set_enabled(name, enabled),
                     .expects = {{"enabled", enabled}},
                     .undo = {set_enabled(name, !enabled)}});
  }
  return steps;
}

std::vector<Step> samba_user_removal(const Resource& resource) {
  // No way back: what the password was is not hearth's to keep.
  return {
      {.operation = RunCommand{.argv = {"smbpasswd", "-x", name_of(resource)}}, .expects = {}, .undo = {}}};
}

std::vector<Found> found_samba_users(std::span<const Reply> replies) {
  std::vector<Found> out;
  const auto* run = replies.size() == 1 ? std::get_if<RunReply>(replies.data()) : nullptr;
  if (run == nullptr || run->exit_code != 0) return out;
  for (const PassdbEntry& entry : parse_passdb(run->out)) {
    out.push_back({.kind = "SambaUser",
                   .name = fit_name(entry.name),
                   .spec = Map{{"userName", entry.name}, {"enabled", entry.enabled}},
                   .owner = {},
                   .remark = "its password is left out: declare `password` as a secret to keep it"});
  }
  return out;
}

}  // namespace hearth
