// The fields of SambaServer and SambaShare that stand for one parameter each, and the free map of all others.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "providers/samba/smb_conf.h"
#include "reconciler/core/live.h"
#include "reconciler/core/resource.h"

namespace hearth {

struct SmbField {
  enum class Form : std::uint8_t { text, boolean, inverted, list };
  std::string_view field;
  std::string_view parameter;
  Form form = Form::text;
  // What holds where nobody says anything, as smb.conf(5) has it; "" with `has_default` false: there is none that is known.
  std::string_view otherwise;
};

// What of a section is looked at, and in whose words it is told.
class SmbFields {
 public:
  // OWNED: keys of further parameters that have fields of their own.
  SmbFields(std::span<const SmbField> fields, std::set<std::string> owned);

  // The fields and `settings` of SECTION, in the words of DESIRED where both mean the same.
  [[nodiscard]] Map live(const SmbConf& conf, const std::string& section, const Value& desired) const;
  // What has to be written for the fields and settings of RESOURCE that differ from LIVE.
  [[nodiscard]] SmbChanges changes(const Resource& resource, const Value& live) const;
  // The fields and settings that SECTION says itself, for a manifest.
  [[nodiscard]] Map found(const SmbConf& conf, const std::string& section) const;
  // Why the declared settings cannot be kept, or "": they name what has a field.
  [[nodiscard]] std::string trouble(const Value& desired) const;

 private:
  [[nodiscard]] bool owns(const std::string& key) const;
  [[nodiscard]] Map settings(const SmbConf& conf, const std::string& section, const Value* declared) const;

  std::span<const SmbField> fields_;
  std::set<std::string> owned_;
};

// A value of a manifest as smb.conf has it.
std::string smb_text(const Value& value);
// In an included file hearth changes nothing.
std::string smb_elsewhere(const SmbSetting& setting);

}  // namespace hearth
