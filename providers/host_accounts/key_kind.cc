#include "providers/host_accounts/key_kind.h"

#include <utility>

#include "providers/host_accounts/account_replies.h"
#include "providers/host_accounts/authorized_keys.h"
#include "providers/host_accounts/key_file.h"
#include "providers/support/text.h"
#include "reconciler/core/digest.h"

namespace hearth {

namespace {

const Map no_keys;

std::string user_of(const Resource& resource) {
  return resource.desired.string_or("user", resource.address.name);
}

// The declared `file`, or "".
std::string file_of(const Resource& resource) {
  const std::string file = resource.desired.string_or("file", "");
  return file.empty() ? file : normalised_path(file);
}

const Map& keys_of(const Value& value) {
  const Value* keys = value.find("keys");
  return keys != nullptr && keys->is_map() ? keys->as_map() : no_keys;
}

std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

// Where sshd looks when nobody said something else.
std::string default_file(const std::string& home) {
  return home + "/.ssh/authorized_keys";
}

// Why the file must not be written as it lies there; "" when it may. Root never follows where a user can point it.
std::string danger(const Resource& resource, const KeyFile& file) {
  const bool own = file_of(resource).empty();
  const std::string name = file.path;
  if (own && !file.home.starts_with('/')) {
    return "the home of " + file.user + " is no path (\"" + file.home +
           "\"): correct it with a User's `home`";
  }
  if (own && !file.home_exists) {
    return "the home of " + file.user + ", " + file.home +
           ", does not exist: declare it as a Directory that belongs to " + file.user + ", or declare `file`";
  }
  if (own && file.uid != 0 && file.folder == KeyFile::Folder::symlink) {
    return folder_of(name) + " is a symbolic link, and " + file.user +
           " can point it anywhere: make it a folder, or declare `file`";
  }
  if (own && file.folder == KeyFile::Folder::other) {
    return folder_of(name) + " is no folder: move it away";
  }
  if (file.link_owner && (*file.link_owner != 0 || (own && file.uid != 0))) {
    return name + " is a symbolic link to " + file.target +
           " that others than root can change: make it a file, or declare the link's target as `file`";
  }
  if (file.type == KeyFile::Type::other) return name + " is no regular file: move it away";
  if (file.type == KeyFile::Type::regular && !file.content) {
    return name + " is larger than a MiB: that is no list of keys";
  }
  if (file.content && !is_text(*file.content)) {
    return name + " holds bytes that are no UTF-8 text: correct that line by hand";
  }
  return {};
}

// What steps need to know and nobody declares.
Map facts_of(const KeyFile& file) {
  return {{"path", file.link_owner ? file.target : file.path},
          {"link", file.link_owner.has_value()},
          {"folder", file.folder != KeyFile::Folder::absent},
          {"group", std::to_string(file.gid)},
          {"text", file.content ? Value(*file.content) : Value()}};
}

// Whether nothing that is declared is there, and something should be.
bool is_absent(const Map& declared, const Map& live) {
  bool wanted = false;
  for (const auto& [name, position, value] : declared) {
    const Value* there = live.find(name);
    if (there != nullptr && !there->is_null()) return false;
    wanted = wanted || !value.is_null();
  }
  return wanted;
}

// Writes the first keys of a user who is only made by this very plan: where the home is, the host says then. There is nothing
// yet to be kept, and nobody who could have prepared a link. Arguments: user, text.
constexpr std::string_view first_keys_script = R"sh(entry=$(getent passwd "$1") || {
  echo "there is no user $1: declare a User, or correct \`user\`" >&2
  exit 1
}
home=$(printf %s "$entry" | cut -d: -f6)
[ -d "$home" ] || {
  echo "the home of $1, $home, does not exist: declare \`createHome: true\`, or \`file\`" >&2
  exit 1
}
folder=$home/.ssh
file=$folder/authorized_keys
if [ -L "$folder" ] || [ -e "$file" ] || [ -L "$file" ]; then
  echo "$file came into being while $1 was made: run hearth apply again to see what is in it" >&2
  exit 1
fi
group=$(id -g "$1") && install -d -m 0700 -o "$1" -g "$group" "$folder" || exit 1
umask 077
temporary=$(mktemp "$folder/.authorized_keys.XXXXXX") || exit 1
if printf %s "$2" >"$temporary" && chown "$1:$group" "$temporary" && sync "$temporary" &&
  mv -f "$temporary" "$file"; then exit 0; fi
rm -f "$temporary"
exit 1)sh";

constexpr std::string_view no_keys_script =
    R"sh(rm -f "$(getent passwd "$1" | cut -d: -f6)/.ssh/authorized_keys")sh";

RunCommand script_for(std::string_view script, const std::string& user) {
  return {.argv = {"sh", "-c", std::string(script), "hearth-keys", user}};
}

WriteFile write_of(const std::string& user, const Value& facts, std::string content) {
  WriteFile write{.path = facts.string_or("path", ""), .content = std::move(content), .check = {}};
  const Value* text = facts.find("text");
  write.expected_sha256 = text != nullptr && text->is_string() ? sha256(text->as_string()) : "absent";
  write.keep_previous = true;
  // Behind a link lies something whose rights are somebody else's business (Proxmox keeps root's keys in /etc/pve).
  if (!facts.boolean_or("link", false)) {
    write.mode = "0600";
    write.owner = user;
    write.group = facts.string_or("group", "");
  }
  return write;
}

Step step(const std::string& user, Operation operation, Map expects, std::vector<Operation> undo) {
  return {.operation = std::move(operation),
          .expects = std::move(expects),
          .undo = std::move(undo),
          .account = user};
}

Value facts_in(const Live& live) {
  const Value* facts = live.fields.find("onDisk");
  return facts == nullptr ? Value(Map{}) : *facts;
}

}  // namespace

std::vector<Probe> key_probes(const Resource& resource) {
  return {key_file_probe(user_of(resource), file_of(resource))};
}

Live decode_keys(const Resource& resource, std::span<const Reply> replies) {
  const std::string user = user_of(resource);
  if (replies.size() != 1) return Live::unknown("the host gave no answer about the keys of " + user);
  if (const auto* none = std::get_if<NoReply>(replies.data())) return Live::unknown(none->why);
  const auto* run = std::get_if<RunReply>(replies.data());
  if (run == nullptr || run->exit_code != 0) {
    return Live::unknown("the keys of " + user + " cannot be read" +
                         (run == nullptr || run->err.empty() ? "" : ": " + run->err));
  }
  const auto files = parse_key_files(run->out);
  KeyFile file;
  if (!files.empty()) {
    file = files.front();
    if (const std::string why = danger(resource, file); !why.empty()) return Live::unknown(why);
  } else {
    file.home = user == "root" ? "/root" : "/home/" + user;
    file.path = file_of(resource).empty() ? default_file(file.home) : file_of(resource);
  }
  const std::string text = file.content.value_or("");
  const Map& declared = keys_of(resource.desired);
  Map keys = live_keys(text, declared, true);
  Map facts = facts_of(file);
  if (files.empty()) facts.set("new", true);
  const bool absent = is_absent(declared, keys);
  Live live = Live::present({{"user", user},
                             {"file", normalised_path(file.path)},
                             {"keys", std::move(keys)},
                             {"onDisk", std::move(facts)}});
  if (absent) live.presence = Live::Presence::absent;
  return live;
}

std::vector<Step> key_steps(const Resource& resource, const Live& live) {
  const std::string user = user_of(resource);
  const Value facts = facts_in(live);
  const Value* there = facts.find("text");
  const std::string text = there != nullptr && there->is_string() ? there->as_string() : "";
  const Map& declared = keys_of(resource.desired);
  const bool exclusive = resource.is_exclusive("keys");
  const std::string changed = with_keys(text, declared, exclusive);
  if (changed == text) return {};

  std::vector<Step> steps;
  const std::string path = facts.string_or("path", "");
  const std::string folder = folder_of(path);
  const bool own = file_of(resource).empty();
  const bool of_nobody_yet = own && facts.boolean_or("new", false);
  if (own && !of_nobody_yet && !facts.boolean_or("folder", false)) {
    const MakeDirectory make{
        .path = folder, .mode = "0700", .owner = user, .group = facts.string_or("group", "")};
    steps.push_back(step(user, make, {}, {RemovePath{.path = folder}}));
  }
  Map after{{"path", path},
            {"link", facts.boolean_or("link", false)},
            {"folder", true},
            {"group", facts.string_or("group", "")},
            {"text", changed}};
  Map expects{{"user", user},
              {"file", live.fields.string_or("file", path)},
              {"keys", live_keys(changed, declared, true)},
              {"onDisk", std::move(after)}};
  if (of_nobody_yet) {
    RunCommand write = script_for(first_keys_script, user);
    write.argv.push_back(changed);
    steps.push_back(step(user, std::move(write), std::move(expects), {script_for(no_keys_script, user)}));
  } else {
    steps.push_back(step(user, write_of(user, facts, changed), std::move(expects), {RestorePrevious{path}}));
  }
  return steps;
}

std::vector<Step> key_removal(const Resource& resource, const Live& live) {
  const std::string user = user_of(resource);
  const Value facts = facts_in(live);
  const Value* there = facts.find("text");
  if (there == nullptr || !there->is_string()) return {};
  std::string changed = without_keys(there->as_string(), keys_of(resource.desired));
  if (changed == there->as_string()) return {};
  const std::string path = facts.string_or("path", "");
  return {step(user, write_of(user, facts, std::move(changed)), {}, {RestorePrevious{path}})};
}

std::vector<Probe> key_discovery_probes() {
  return {key_files_probe()};
}

std::vector<Found> discover_keys(std::span<const Reply> replies) {
  std::vector<Found> found;
  const auto* run = replies.size() == 1 ? std::get_if<RunReply>(replies.data()) : nullptr;
  if (run == nullptr) return found;
  std::vector<std::string> seen;
  for (const KeyFile& file : parse_key_files(run->out)) {
    if (std::find(seen.begin(), seen.end(), file.user) != seen.end()) continue;
    seen.push_back(file.user);
    Resource resource;
    resource.desired = Map{{"user", file.user}};
    if (!is_account_name(file.user) || !file.content || !danger(resource, file).empty()) continue;
    Map keys = live_keys(*file.content, no_keys, true);
    // Lines that contradict each other (one key twice, with other options) are no one's entry.
    for (bool steady = false; !steady;) {
      const Map live = live_keys(*file.content, keys, false);
      Map kept;
      for (const auto& [name, position, value] : keys) {
        if (const Value* there = live.find(name); there != nullptr && *there == value) kept.set(name, value);
      }
      steady = kept.size() == keys.size();
      keys = std::move(kept);
    }
    if (keys.empty()) continue;
    found.push_back({.kind = "AuthorizedKey",
                     .name = fit_name(file.user),
                     .spec = Map{{"user", file.user}, {"keys", std::move(keys)}},
                     .owner = {}});
  }
  return found;
}

}  // namespace hearth
