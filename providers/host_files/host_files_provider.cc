#include "providers/host_files/host_files_provider.h"

#include <algorithm>
#include <utility>

#include "providers/host_files/usual_checks.h"
#include "providers/support/file_text.h"
#include "providers/support/text.h"
#include "reconciler/core/canonical.h"

namespace hearth {

namespace {

using Type = FileReply::Type;

bool is_directory_kind(const Resource& resource) {
  return resource.address.kind == "Directory";
}

std::string path_of(const Resource& resource) {
  return normalised_path(resource.desired.string_or("path", "/"));
}

// The declared `mode`, `owner` or `group`; "" when it is not declared, which operations read as "leave it".
std::string declared(const Resource& resource, std::string_view field) {
  return resource.desired.string_or(field, "");
}

std::string declared_mode(const Resource& resource) {
  return canonical_mode(declared(resource, "mode")).value_or("");
}

std::string or_else(std::string value, std::string_view otherwise) {
  return value.empty() ? std::string(otherwise) : std::move(value);
}

// Names and numbers of users are two spellings of one thing: say it as the manifest does where both mean the
// same.
std::string as_declared(const std::string& name, std::uint32_t number, const std::string& declared) {
  return declared == std::to_string(number) ? declared : name;
}

Live decode_attributes(const Resource& resource, const FileReply& reply) {
  return Live::present({{"path", path_of(resource)},
                        {"mode", mode_text(reply.mode)},
                        {"owner", as_declared(reply.owner, reply.uid, declared(resource, "owner"))},
                        {"group", as_declared(reply.group, reply.gid, declared(resource, "group"))}});
}

// The content of a file that holds secrets, or held some: nothing of it is read.
Value hidden_content(const FileReply& reply, const Value& declared) {
  if (reply.type == Type::symlink) return live_text(reply, nullptr);
  if (!reply.as_known) return UnknownValue{"was not compared"};
  return *reply.as_known ? declared : Value("<differs>");
}

Value visible_content(const FileReply& reply, const Value& declared) {
  if (!declared.is_list()) return live_text(reply, &declared);
  const Value whole = Content::from_value(declared).shown();
  Value text = live_text(reply, &whole);
  return text == whole ? declared : text;
}

Live decode_file(const Resource& resource, const FileReply& reply) {
  const Value* content = resource.desired.find("content");
  switch (reply.type) {
    case Type::absent:
      if (content == nullptr) {
        return Live::unknown("no file lies at " + path_of(resource) +
                             " and no `content` is declared to make one: declare it, or put the file there");
      }
      return Live::absent();
    case Type::directory:
      return Live::unknown("a directory lies at " + path_of(resource) +
                           ", and hearth replaces no directory with a file: move it away, or correct `path`");
    case Type::other:
      return Live::unknown("what lies at " + path_of(resource) +
                           " is no regular file (a device, socket or pipe): correct `path`");
    case Type::symlink:
      if (content == nullptr) {
        return Live::unknown(path_of(resource) + " is a symbolic link to " + reply.target +
                             ": declare the file that it points at");
      }
      break;
    case Type::regular: break;
  }
  Live live = decode_attributes(resource, reply);
  if (content == nullptr) return live;
  const bool hidden = resource.hides("content");
  live.fields.as_map().set("content",
                           hidden ? hidden_content(reply, *content) : visible_content(reply, *content));
  if (hidden && reply.type == Type::regular) live.marks.emplace("content", reply.sha256);
  return live;
}

Live decode_directory(const Resource& resource, const FileReply& reply) {
  switch (reply.type) {
    case Type::absent: return Live::absent();
    case Type::directory: return decode_attributes(resource, reply);
    case Type::symlink:
      return Live::unknown(path_of(resource) + " is a symbolic link to " + reply.target +
                           ": declare the folder that it points at");
    case Type::regular:
    case Type::other: break;
  }
  return Live::unknown("what lies at " + path_of(resource) +
                       " is no directory: move it away, or correct `path`");
}

// Only what is declared and differs; "" leaves the rest as it is.
SetAttributes attribute_changes(const Resource& resource, const Live& live) {
  SetAttributes change{.path = path_of(resource), .mode = {}, .owner = {}, .group = {}};
  if (declared_mode(resource) != live.fields.string_or("mode", "")) change.mode = declared_mode(resource);
  if (declared(resource, "owner") != live.fields.string_or("owner", ""))
    change.owner = declared(resource, "owner");
  if (declared(resource, "group") != live.fields.string_or("group", ""))
    change.group = declared(resource, "group");
  return change;
}

std::vector<Step> attribute_steps(const Resource& resource, const Live& live) {
  const SetAttributes change = attribute_changes(resource, live);
  SetAttributes back{.path = change.path, .mode = {}, .owner = {}, .group = {}};
  Map expects;
  const auto note = [&](std::string_view field, const std::string& value, std::string& previous) {
    if (value.empty()) return;
    expects.set(std::string(field), value);
    previous = live.fields.string_or(field, "");
  };
  note("mode", change.mode, back.mode);
  note("owner", change.owner, back.owner);
  note("group", change.group, back.group);
  if (expects.empty()) return {};
  return {{.operation = change, .expects = std::move(expects), .undo = {back}}};
}

// What sshd has not read yet would pass every proof that one still gets in, and lock everybody out at its next start.
Step sshd_reload() {
  const ControlUnit reload{.verb = ControlUnit::Verb::try_reload, .unit = "ssh.service"};
  return {.operation = reload, .effect = Effect::reload, .undo = {reload}};
}

std::vector<Step> file_steps(const Resource& resource, const Live& live) {
  const bool absent = live.presence == Live::Presence::absent;
  const Value* content = resource.desired.find("content");
  const Value nothing;
  const Value* on_disk = absent ? &nothing : live.fields.find("content");
  if (content == nullptr || (!content->is_string() && !content->is_list()) || on_disk == nullptr ||
      *on_disk == *content) {
    return absent ? std::vector<Step>{} : attribute_steps(resource, live);
  }

  const auto mark = live.marks.find("content");
  WriteFile write{.path = path_of(resource),
                  .content = Content::from_value(*content),
                  .mode = declared_mode(resource),
                  .owner = declared(resource, "owner"),
                  .group = declared(resource, "group"),
                  .check = {},
                  .expected_sha256 = mark == live.marks.end() ? expected_hash(*on_disk) : mark->second,
                  .keep_previous = true};
  // A new file gets defaults. So does one that takes a link's place: a link's own mode (0777) is nobody's
  // wish.
  if (write.expected_sha256 == "absent" || write.expected_sha256.empty()) {
    write.mode = or_else(write.mode, write.content.has_secrets() ? "0600" : "0644");
    write.owner = or_else(write.owner, "root");
    write.group = or_else(write.group, "root");
  }
  // A secret does not go into a file that everybody may read, also where nobody has declared its mode.
  if (const std::string now = live.fields.string_or("mode", "");
      write.content.has_secrets() && write.mode.empty() && is_open_to_others(now)) {
    write.mode = mode_of_owner(now);
  }
  if (const Value* check = resource.desired.find("validate"); check != nullptr && check->is_list()) {
    for (const Value& word : check->as_list())
      write.check.push_back(word.is_string() ? word.as_string() : "");
  } else {
    write.check = usual_check(write.path);
  }
  Map expects{{"path", write.path}, {"content", *content}};
  if (!write.mode.empty()) expects.set("mode", write.mode);
  if (!write.owner.empty()) expects.set("owner", write.owner);
  if (!write.group.empty()) expects.set("group", write.group);
  const RestorePrevious back{write.path};
  const bool for_sshd = is_sshd_configuration(write.path);
  std::vector<Step> steps = {{.operation = std::move(write), .expects = std::move(expects), .undo = {back}}};
  if (for_sshd) steps.push_back(sshd_reload());
  return steps;
}

std::vector<Step> directory_steps(const Resource& resource, const Live& live) {
  if (live.presence == Live::Presence::present) return attribute_steps(resource, live);
  const MakeDirectory make{.path = path_of(resource),
                           .mode = or_else(declared_mode(resource), "0755"),
                           .owner = or_else(declared(resource, "owner"), "root"),
                           .group = or_else(declared(resource, "group"), "root")};
  return {
      {.operation = make,
       .expects = {{"path", make.path}, {"mode", make.mode}, {"owner", make.owner}, {"group", make.group}},
       .undo = {RemovePath{make.path}}}};
}

// ---- Discovery ----

// Prints what dpkg knows of the candidates (`P package: path`), then each candidate (`F mode owner group path
// text`, path and text in base64), or that it is none that can be declared (`X path why`). Arguments: the test's letter,
// the largest size, and the folders to look into.
constexpr std::string_view list_script = R"sh(kind=$1 most=$2
shift 2
for folder in "$@"; do
  for path in "$folder"/*; do
    text=- why=
    if [ -L "$path" ]; then
      [ "$kind" = f ] || continue
      why="a symbolic link to $(readlink -- "$path" | tr -cd '[:print:]')"
    elif [ ! "-$kind" "$path" ]; then
      continue
    elif [ "$kind" = f ]; then
      if [ "$(stat -c %s -- "$path")" -gt "$most" ]; then
        text=large
      else
        text=$(base64 -w0 <"$path") || why="it cannot be read"
      fi
    fi
    dpkg-query -S -- "$path" 2>/dev/null | sed 's/^/P /'
    name=$(printf %s "$path" | base64 -w0)
    if [ "$why" ]; then
      echo "X $name $why"
      continue
    fi
    attributes=$(stat -c '%a %U %G' -- "$path")
    case $attributes in *UNKNOWN*) attributes=$(stat -c '%a %u %g' -- "$path") ;; esac
    echo "F $attributes $name $text"
  done
done)sh";

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

// What `F` and `X` lines say, or nothing when LINE is none of them.
std::optional<Found> found_in(std::string_view kind, std::string_view line) {
  const std::vector<std::string_view> words = words_of(line);
  if (words.size() >= 3 && words[0] == "X") {
    const auto path = from_base64(words[1]);
    if (!path) return std::nullopt;
    return Found{.kind = std::string(kind),
                 .name = fit_name(*path),
                 .spec = nullptr,
                 .owner = {},
                 .remark = std::string(line.substr(2 + words[1].size() + 1))};
  }
  if ((words.size() != 5 && words.size() != 6) || words[0] != "F") return std::nullopt;
  auto mode = canonical_mode(words[1]);
  const auto path = from_base64(words[4]);
  if (!mode || !path) return std::nullopt;
  Found found{.kind = std::string(kind), .name = fit_name(*path), .spec = nullptr, .owner = {}, .remark = {}};
  if (!is_text(*path)) {
    found.remark = "its name is not UTF-8";
    return found;
  }
  Map spec{{"path", *path}};
  if (kind == "File") {
    const auto text = from_base64(words.size() == 6 ? words[5] : "");
    if (text && is_text(*text)) {
      spec.set("content", *text);
    } else {
      found.remark = words.size() == 6 && words[5] == "large" ? "content is left out: larger than 64 KiB"
                                                              : "content is left out: it is no text";
    }
  }
  spec.set("mode", std::move(*mode));
  spec.set("owner", words[2]);
  spec.set("group", words[3]);
  found.spec = std::move(spec);
  return found;
}

}  // namespace

std::vector<Probe> HostFilesProvider::probes(const Resource& resource) const noexcept {
  if (is_directory_kind(resource)) return {probe_text(path_of(resource), nullptr)};
  const Value* content = resource.desired.find("content");
  if (content != nullptr && resource.hides("content")) {
    return {ReadFile{.path = path_of(resource),
                     .known_sha256 = {},
                     .max_content = 0,
                     .hidden = true,
                     .known_content = Content::from_value(*content)}};
  }
  if (content == nullptr || !content->is_list()) return {probe_text(path_of(resource), content)};
  const Value whole = Content::from_value(*content).shown();
  return {probe_text(path_of(resource), &whole)};
}

Live HostFilesProvider::decode(const Resource& resource, std::span<const Reply> replies) const noexcept {
  if (replies.size() != 1) return Live::unknown("the host gave no answer about " + path_of(resource));
  if (const auto* none = std::get_if<NoReply>(replies.data())) return Live::unknown(none->why);
  const auto* reply = std::get_if<FileReply>(replies.data());
  if (reply == nullptr) return Live::unknown("the host's answer is not about a file");
  return is_directory_kind(resource) ? decode_directory(resource, *reply) : decode_file(resource, *reply);
}

std::vector<Step> HostFilesProvider::next_steps(const Resource& resource, const Live& live) const noexcept {
  if (live.presence == Live::Presence::unknown) return {};
  return is_directory_kind(resource) ? directory_steps(resource, live) : file_steps(resource, live);
}

std::vector<Step> HostFilesProvider::removal_steps(const Resource& resource,
                                                   const Live& live) const noexcept {
  if (live.presence != Live::Presence::present) return {};
  RemovePath remove{path_of(resource)};
  if (is_directory_kind(resource)) {
    const MakeDirectory back{.path = remove.path,
                             .mode = live.fields.string_or("mode", ""),
                             .owner = live.fields.string_or("owner", ""),
                             .group = live.fields.string_or("group", "")};
    return {{.operation = remove, .expects = {}, .undo = {back}}};
  }
  // A file whose text hearth never wrote (only its mode was kept) is somebody else's: it stays.
  if (!resource.desired.find("content")) return {};
  remove.keep_previous = true;
  const RestorePrevious back{remove.path};
  const bool for_sshd = is_sshd_configuration(remove.path);
  std::vector<Step> steps = {{.operation = std::move(remove), .expects = {}, .undo = {back}}};
  if (for_sshd) steps.push_back(sshd_reload());
  return steps;
}

std::vector<Probe> HostFilesProvider::discovery_probes(std::string_view kind) const noexcept {
  std::vector<std::string> argv{"sh", "-c", std::string(list_script), "hearth-discover"};
  if (kind == "File") {
    argv.insert(argv.end(),
                {"f", "65536", "/etc/cron.d", "/etc/sysctl.d", "/etc/modprobe.d", "/etc/modules-load.d",
                 "/etc/profile.d", "/etc/logrotate.d", "/etc/apt/apt.conf.d", "/etc/apt/sources.list.d",
                 "/usr/local/bin", "/usr/local/sbin"});
  } else {
    argv.insert(argv.end(), {"d", "0", "/opt", "/srv"});
  }
  return {RunProbe{.argv = std::move(argv), .timeout = std::chrono::seconds(30)}};
}

std::vector<Found> HostFilesProvider::discover(std::string_view kind,
                                               std::span<const Reply> replies) const noexcept {
  std::vector<Found> found;
  for (const Reply& reply : replies) {
    const auto* run = std::get_if<RunReply>(&reply);
    if (run == nullptr) continue;
    std::string owner;  // dpkg's answer about the next candidate
    std::string_view rest = run->out;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (line.starts_with("P diversion ")) continue;
      if (line.starts_with("P ")) {
        owner = std::string(line.substr(2, line.find(':') - 2));
        continue;
      }
      if (auto one = found_in(kind, line)) {
        one->owner = std::exchange(owner, {});
        found.push_back(std::move(*one));
      } else {
        owner.clear();
      }
    }
  }
  return found;
}

}  // namespace hearth
