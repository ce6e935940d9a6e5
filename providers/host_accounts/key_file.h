// Where a user's authorized_keys file lies and what it holds, as the host itself says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/transport/operation.h"

namespace hearth {

struct KeyFile {
  enum class Type : std::uint8_t { absent, regular, other };
  enum class Folder : std::uint8_t { absent, directory, symlink, other };
  std::string user;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string home;
  bool home_exists = false;
  std::string path;                         // as sshd looks for it
  Folder folder = Folder::absent;           // that `path` lies in
  std::optional<std::uint32_t> link_owner;  // uid, when `path` is a symbolic link
  std::string target;                       // of that link, all links followed
  Type type = Type::absent;                 // links followed
  std::optional<std::string> content;       // unset: larger than a MiB, or not read
  friend bool operator==(const KeyFile&, const KeyFile&) = default;
};

// Asks about one user; FILE "" is ~/.ssh/authorized_keys.
RunProbe key_file_probe(const std::string& user, const std::string& file);
// Asks about root and all people (see is_person()).
RunProbe key_files_probe();
// What those print, a user after the other; users who do not exist are left out.
std::vector<KeyFile> parse_key_files(std::string_view output);

// Whether accounts with this number are for people, and not a package's or a service's: 1000 to 59999, as Debian has it.
bool is_person(std::uint32_t id);

}  // namespace hearth
