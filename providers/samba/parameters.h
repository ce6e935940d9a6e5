// What smb.conf(5) says of its parameters: their names, and which of their values mean the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

struct SmbParameter {
  enum class Type : std::uint8_t { text, boolean, octal, number, list, word, protocol, signing, path };
  std::string key;   // one for all spellings and synonyms: `create mode` and `Create Mask` are `createmask`
  std::string name;  // as smb.conf(5) has it
  Type type = Type::text;
  bool of_shares = true;  // in [global] it is then what new shares begin with
  bool inverted = false;  // by this name it says the opposite: `writable`
};

SmbParameter smb_parameter(std::string_view name);

std::optional<bool> smb_boolean(std::string_view value);
// Elements are separated by blanks, commas or semicolons; quotes hold one together.
std::vector<std::string> smb_list(std::string_view value);
std::string smb_list_text(const std::vector<std::string>& words);

// The value in the one form that stands for all that mean the same, of what `name` in its usual sense says.
std::string smb_canonical(const SmbParameter& parameter, std::string_view value);

}  // namespace hearth
