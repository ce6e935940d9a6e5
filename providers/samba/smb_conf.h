// smb.conf(5) as Samba reads it, with every value's place in the text, so that what somebody wrote is edited and not replaced.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

inline constexpr std::string_view smb_conf_path = "/etc/samba/smb.conf";

struct SmbSetting {
  std::string section;    // its key
  std::string key;        // the parameter's
  std::string name;       // of the parameter, as smb.conf(5) has it
  std::string value;      // canonical, in the parameter's usual sense
  std::string written;    // as it stands there, blanks joined
  std::string file;       // "" for smb.conf itself
  std::size_t begin = 0;  // its lines, counted from 0
  std::size_t end = 0;    // the one after the last
  bool inverted = false;  // said by a name that means the opposite
};

// All blocks of one name, merged: the last one that says something counts.
struct SmbSection {
  struct Block {
    std::size_t begin = 0;  // the line of `[NAME]`; of what stands before all headers: 0
    std::size_t end = 0;
    std::size_t last = 0;  // the one after its last line that is no comment
  };
  std::string name;                             // as first written
  std::map<std::string, SmbSetting> own;        // by the parameters' keys
  std::map<std::string, SmbSetting> inherited;  // from [global] as it was when the section began, or a `copy`
  std::vector<Block> blocks;                    // in smb.conf itself
};

struct SmbConf {
  std::vector<std::string> lines;  // of smb.conf itself
  std::map<std::string, SmbSection>
      sections;                      // by name in lower case; `global` is there where anything is said in it
  std::vector<SmbSetting> settings;  // all of them, in the order in which they are read
  std::string trouble;               // why it cannot be read, or ""
};

// INCLUDED: texts by path. A file that is not there is passed over, as Samba does.
SmbConf read_smb_conf(std::string_view text, const std::map<std::string, std::string>& included = {});

// What counts for the parameter KEY in SECTION; nullptr where it has its default.
const SmbSetting* find_smb_setting(const SmbConf& conf, const std::string& section, const std::string& key);

// What a section is known by.
std::string smb_section_key(std::string_view name);

// One change of a section: parameter names as smb.conf(5) has them; nothing: no line shall say it.
using SmbChanges = std::map<std::string, std::optional<std::string>>;

struct SmbEdit {
  std::vector<std::string> old_lines;
  std::vector<std::string> new_lines;
};

// What makes section NAME say CHANGES (values as they are to be written), block by block. Comments,
// order and spacing of all else stay.
std::vector<SmbEdit> edit_smb_section(const SmbConf& conf, const std::string& name,
                                      const SmbChanges& changes);
// What takes section NAME away, block by block. The comments at a block's end may speak of what follows, and stay.
std::vector<SmbEdit> remove_smb_section(const SmbConf& conf, const std::string& name);

}  // namespace hearth
