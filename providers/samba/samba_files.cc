#include "providers/samba/samba_files.h"

#include <map>
#include <utility>

#include "providers/support/listed_files.h"
#include "providers/support/text.h"

namespace hearth {

namespace {

// Prints `F path - text` of all files that are included, however deep. What is not there Samba passes over. Names with a `%`
// stand for another file with each client.
constexpr std::string_view include_script = R"sh(set -f
nl='
'
included() {
  awk '
    { line = pending $0; pending = "" }
    line !~ /^[ \t\r]*[#;]/ && line ~ /\\[ \t\r]?$/ { sub(/\\[ \t\r]?$/, "", line); pending = line; next }
    index(line, "=") {
      name = value = line
      sub(/=.*/, "", name)
      gsub(/[ \t\r]/, "", name)
      if (tolower(name) != "include") next
      sub(/^[^=]*=/, "", value)
      gsub(/[ \t\r]+/, " ", value)
      sub(/^ /, "", value)
      sub(/ $/, "", value)
      print value
    }' <"$1"
}
seen=$nl$1$nl
[ -f "$1" ] || exit 0
queue=$(included "$1")
count=0
while [ "$queue" ] && [ "$count" -lt 50 ]; do
  file=${queue%%"$nl"*}
  case $queue in *"$nl"*) queue=${queue#*"$nl"} ;; *) queue= ;; esac
  case $seen in *"$nl$file$nl"*) continue ;; esac
  case $file in /*) ;; *) continue ;; esac
  seen=$seen$file$nl
  [ -f "$file" ] && [ "$(stat -L -c %s -- "$file")" -le 262144 ] || continue
  count=$((count + 1))
  text=$(base64 -w0 <"$file") || exit 1
  echo "F $(printf %s "$file" | base64 -w0) - ${text:--}"
  more=$(included "$file")
  [ -z "$more" ] || queue=$more${queue:+$nl$queue}
done)sh";

// Refuses what testparm cannot load, and whatever it newly complains of: a person's old mistake elsewhere in the file is no
// reason to refuse what has nothing to do with it. Prints the complaints.
constexpr std::string_view check_script = R"sh(command -v testparm >/dev/null || {
  echo "testparm is not there to check it: install samba-common-bin"
  exit 75
}
live=$2
[ -f "$live" ] || live=/dev/null
complaints() {
  testparm -s "$1" 2>&1 >/dev/null </dev/null |
    grep -iE 'unknown parameter|ignoring|found in service section|not boolean|badly formed|illegal|invalid|error' |
    grep -vxF "Error loading services." | sort -u
}
before=$(complaints "$live")
fresh=$(complaints "$1" | { grep -vxF -e "$before" || true; })
told=$(testparm -s "$1" 2>&1 >/dev/null </dev/null)
status=$?
if [ "$fresh" ]; then
  printf '%s\n' "$fresh"
  exit 1
fi
case $told in
  *"Loaded services file OK."*) [ "$status" -eq 0 ] || [ "$before" ] || { printf '%s\n' "$told"; exit 1; } ;;
  *) printf '%s\n' "$told"; exit 1 ;;
esac)sh";

constexpr std::string_view reload_script = R"sh(command -v smbcontrol >/dev/null || exit 0
systemctl -q is-active smbd.service samba-ad-dc.service || exit 0
exec smbcontrol all reload-config)sh";

Step reload() {
  const RunCommand command{.argv = {"sh", "-c", std::string(reload_script), "hearth-smb-reload"}};
  return {.operation = command, .expects = {}, .effect = Effect::reload, .undo = {command}};
}

}  // namespace

std::vector<Probe> smb_conf_probes() {
  return {ReadFile{.path = std::string(smb_conf_path), .known_sha256 = {}},
          RunProbe{.argv = {"sh", "-c", std::string(include_script), "hearth-smb-includes",
                            std::string(smb_conf_path)}}};
}

SmbConfReply smb_conf_reply(std::span<const Reply> replies) {
  SmbConfReply out;
  const std::string path(smb_conf_path);
  const auto* file = replies.size() == 2 ? std::get_if<FileReply>(replies.data()) : nullptr;
  const auto* run = replies.size() == 2 ? std::get_if<RunReply>(&replies[1]) : nullptr;
  if (file == nullptr) {
    out.trouble = "the host gave no answer about " + path;
    return out;
  }
  if (file->type == FileReply::Type::absent) return out;
  out.exists = true;
  if (file->type != FileReply::Type::regular) {
    out.trouble = path + " is no regular file on this host, and hearth edits nothing through a link";
  } else if (!file->content || !is_text(*file->content)) {
    out.trouble = path + " is too large, or holds other than UTF-8 text: correct it by hand";
  } else if (run == nullptr || run->exit_code != 0) {
    out.trouble = "the files that " + path + " includes cannot be read" +
                  (run == nullptr || run->err.empty() ? "" : ": " + run->err);
  }
  if (!out.trouble.empty()) return out;
  std::map<std::string, std::string> included;
  for (ListedFile& each : listed_files(run->out)) included.emplace(each.path, std::move(each.text));
  out.text = *file->content;
  out.conf = read_smb_conf(out.text, included);
  if (!out.conf.trouble.empty()) out.trouble = out.conf.trouble + ", and hearth leaves such a file alone";
  return out;
}

std::vector<Step> smb_conf_steps(const std::vector<SmbEdit>& edits, const std::string& text, Map fields) {
  std::vector<Step> steps;
  std::string now = text;
  for (const SmbEdit& edit : edits) {
    ReplaceLines replace{
        .path = std::string(smb_conf_path),
        .old_lines = edit.old_lines,
        .new_lines = edit.new_lines,
        .followed_by = "[",
        .check = {"sh", "-c", std::string(check_script), "testparm", "{}", std::string(smb_conf_path)}};
    const ReplaceLines back{replace.path, edit.new_lines, edit.old_lines, "[", {}};
    now = with_lines_replaced(now, replace).value_or(now);
    steps.push_back({.operation = std::move(replace), .expects = {}, .undo = {back}});
  }
  if (steps.empty()) return steps;
  fields.set("text", now);
  steps.back().expects = std::move(fields);
  steps.push_back(reload());
  return steps;
}

}  // namespace hearth
