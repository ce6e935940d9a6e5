// Any bytes as smb.conf, or as what the host tells of Samba's users: reading ends, and an edit changes what it is to change and
// nothing else.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "providers/samba/parameters.h"
#include "providers/samba/smb_conf.h"
#include "providers/samba/user_kind.h"

namespace {

using namespace hearth;

void require(bool holds) {
  if (!holds) std::abort();
}

std::optional<std::string> carried_out(std::string text, const std::vector<SmbEdit>& edits) {
  for (const SmbEdit& edit : edits) {
    auto next = with_lines_replaced(text, ReplaceLines{"/smb.conf", edit.old_lines, edit.new_lines, "["});
    if (!next) return std::nullopt;
    text = *std::move(next);
  }
  return text;
}

// All that SECTION says itself, but for KEY.
std::map<std::string, std::string> said(const SmbConf& conf, const std::string& section,
                                        const std::string& key) {
  std::map<std::string, std::string> out;
  const auto found = conf.sections.find(section);
  if (found == conf.sections.end()) return out;
  for (const auto& [name, setting] : found->second.own) {
    if (name != key) out.emplace(name, setting.value);
  }
  return out;
}

void try_section(std::string_view text, const SmbConf& conf, const std::string& name) {
  const std::string section = smb_section_key(name);
  const auto after = carried_out(std::string(text), edit_smb_section(conf, name, {{"comment", "said here"}}));
  require(after.has_value());
  const SmbConf again = read_smb_conf(*after);
  require(again.trouble.empty());
  const SmbSetting* setting = find_smb_setting(again, section, "comment");
  require(setting != nullptr && setting->value == "said here");
  require(said(again, section, "comment") == said(conf, section, "comment"));
  for (const auto& [key, other] : conf.sections)
    require(key == section || said(again, key, "") == said(conf, key, ""));
  const auto without = carried_out(std::string(text), remove_smb_section(conf, name));
  require(without.has_value());
  require(!read_smb_conf(*without).sections.contains(section) || section == "global");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 2048) return 0;  // each section is tried
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const PassdbEntry& entry : parse_passdb(text)) require(!entry.name.empty());
  const SmbParameter parameter = smb_parameter(text);
  const std::string canonical = smb_canonical(parameter, text);
  if (!parameter.inverted) require(smb_canonical(parameter, canonical) == canonical);
  const SmbConf conf = read_smb_conf(text);
  if (!conf.trouble.empty()) return 0;
  for (const auto& [key, section] : conf.sections) {
    for (const SmbSection::Block& block : section.blocks)
      require(block.begin <= block.last && block.last <= block.end && block.end <= conf.lines.size());
    try_section(text, conf, section.name.empty() ? key : section.name);
  }
  return 0;
}
