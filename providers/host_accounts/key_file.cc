#include "providers/host_accounts/key_file.h"

#include <algorithm>
#include <charconv>

#include "providers/support/text.h"

namespace hearth {

namespace {

// Arguments: the file ("" for each user's own), users. Without users: root and all people. Prints a block a user: `U name
// uid gid home` (`h` when that exists), `P path`, `D` what the folder is, `L owner target` of a link, `F` what the file is,
// `C text`; names, paths and texts in base64. Ends well when there is no such user.
constexpr std::string_view script = R"sh(encode() { printf %s "$1" | base64 -w0; }
kind() {
  if [ -d "$1" ]; then echo directory; elif [ -f "$1" ]; then echo regular
  elif [ -e "$1" ]; then echo other; else echo absent; fi
}
look() {
  home=$(printf %s "$3" | cut -d: -f6)
  echo "U $(encode "$(printf %s "$3" | cut -d: -f1)") $(printf %s "$3" | cut -d: -f3,4 | tr : ' ') $(encode "$home")"
  [ ! -d "$home" ] || echo h
  path=${1:-$home/.ssh/authorized_keys}
  echo "P $(encode "$path")"
  folder=${path%/*}
  if [ -L "$folder" ]; then echo "D symlink"; else echo "D $(kind "${folder:-/}")"; fi
  if [ -L "$path" ]; then
    target=$(readlink -m -- "$path")
    echo "L $(stat -c %u -- "$path") $(encode "$target")"
    path=$target
  fi
  echo "F $(kind "$path")"
  if [ -f "$path" ] && [ "$(stat -c %s -- "$path")" -le 1048576 ]; then
    echo "C $(base64 -w0 <"$path")"
  fi
}
file=$1
shift
if [ $# -gt 0 ]; then
  for user in "$@"; do
    entry=$(getent passwd "$user") || continue
    look "$file" "$user" "$entry"
  done
else
  cut -d: -f1,3 /etc/passwd | while IFS=: read -r user uid; do
    case $uid in 0 | [1-9][0-9][0-9][0-9] | [1-5][0-9][0-9][0-9][0-9]) ;; *) continue ;; esac
    entry=$(getent passwd "$user") || continue
    look "" "$user" "$entry"
  done
fi
exit 0)sh";

std::string_view next_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

KeyFile::Type file_type(std::string_view word) {
  if (word == "absent") return KeyFile::Type::absent;
  return word == "regular" ? KeyFile::Type::regular : KeyFile::Type::other;
}

KeyFile::Folder folder_type(std::string_view word) {
  if (word == "absent") return KeyFile::Folder::absent;
  if (word == "directory") return KeyFile::Folder::directory;
  return word == "symlink" ? KeyFile::Folder::symlink : KeyFile::Folder::other;
}

}  // namespace

RunProbe key_file_probe(const std::string& user, const std::string& file) {
  return {.argv = {"sh", "-c", std::string(script), "hearth-keys", file, user}};
}

RunProbe key_files_probe() {
  return {.argv = {"sh", "-c", std::string(script), "hearth-keys", ""}, .timeout = std::chrono::seconds(30)};
}

std::vector<KeyFile> parse_key_files(std::string_view output) {
  std::vector<KeyFile> files;
  bool inside = false;
  while (!output.empty()) {
    std::string_view line = output.substr(0, output.find('\n'));
    output.remove_prefix(std::min(line.size() + 1, output.size()));
    const std::string_view letter = next_word(line);
    if (letter == "U") {
      const auto name = from_base64(next_word(line));
      const auto uid = number(next_word(line));
      const auto gid = number(next_word(line));
      const auto home = from_base64(next_word(line));
      inside = name && uid && gid && home;
      if (!inside) continue;
      KeyFile file;
      file.user = *name;
      file.uid = *uid;
      file.gid = *gid;
      file.home = *home;
      files.push_back(std::move(file));
    } else if (!inside) {
      continue;
    } else if (letter == "h") {
      files.back().home_exists = true;
    } else if (letter == "P") {
      files.back().path = from_base64(line).value_or("");
    } else if (letter == "D") {
      files.back().folder = folder_type(line);
    } else if (letter == "L") {
      files.back().link_owner = number(next_word(line));
      files.back().target = from_base64(line).value_or("");
      if (!files.back().link_owner) files.back().link_owner = static_cast<std::uint32_t>(-1);
    } else if (letter == "F") {
      files.back().type = file_type(line);
    } else if (letter == "C") {
      files.back().content = from_base64(line);
    }
  }
  return files;
}

bool is_person(std::uint32_t id) {
  return id >= 1000 && id <= 59999;
}

}  // namespace hearth
