#include "providers/samba/settings.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "providers/samba/parameters.h"

namespace hearth {

namespace {

using Form = SmbField::Form;

std::vector<std::string> sorted(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  return words;
}

Value plain_value(const SmbField& field, const std::string& text) {
  switch (field.form) {
    case Form::boolean:
    case Form::inverted: {
      const auto yes = smb_boolean(text);
      return yes ? Value(*yes != (field.form == Form::inverted)) : Value(text);
    }
    case Form::list: {
      List out;
      for (const std::string& word : smb_list(text)) out.emplace_back(word);
      return out;
    }
    case Form::text: break;
  }
  return text;
}

// Whether the canonical TEXT says what DECLARED does.
bool means(const SmbField& field, const SmbParameter& parameter, const std::string& text,
           const Value& declared) {
  switch (field.form) {
    case Form::boolean:
    case Form::inverted: return plain_value(field, text) == declared;
    case Form::list: return sorted(smb_list(text)) == sorted(smb_list(smb_text(declared)));
    case Form::text: break;
  }
  return smb_canonical(parameter, smb_text(declared)) == text;
}

// What is shown of SETTING: words as somebody wrote them, all else in its canonical form.
std::string told(const SmbParameter& parameter, const SmbSetting& setting) {
  using Type = SmbParameter::Type;
  const bool is_word =
      parameter.type == Type::word || parameter.type == Type::protocol || parameter.type == Type::signing;
  return is_word ? setting.written : setting.value;
}

std::string written(const SmbField& field, const Value& value) {
  if (field.form == Form::inverted && value.is_boolean()) return value.as_boolean() ? "no" : "yes";
  return smb_text(value);
}

}  // namespace

std::string smb_text(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_boolean()) return value.as_boolean() ? "yes" : "no";
  if (value.is_integer()) return std::to_string(value.as_integer());
  if (!value.is_list()) return {};
  std::vector<std::string> words;
  for (const Value& each : value.as_list()) words.push_back(smb_text(each));
  return smb_list_text(words);
}

std::string smb_elsewhere(const SmbSetting& setting) {
  return "`" + setting.name + "` is set in " + setting.file + ", line " + std::to_string(setting.begin + 1) +
         ", which smb.conf includes and hearth does not edit: change or remove it there";
}

SmbFields::SmbFields(std::span<const SmbField> fields, std::set<std::string> owned)
    : fields_(fields), owned_(std::move(owned)) {}

bool SmbFields::owns(const std::string& key) const {
  return owned_.contains(key) || std::any_of(fields_.begin(), fields_.end(), [&](const SmbField& field) {
           return smb_parameter(field.parameter).key == key;
         });
}

Map SmbFields::live(const SmbConf& conf, const std::string& section, const Value& desired) const {
  Map out;
  for (const SmbField& field : fields_) {
    const SmbParameter parameter = smb_parameter(field.parameter);
    const SmbSetting* setting = find_smb_setting(conf, section, parameter.key);
    const Value* declared = desired.find(field.field);
    const std::string text = setting == nullptr ? smb_canonical(parameter, field.otherwise) : setting->value;
    const std::string name(field.field);
    if (declared != nullptr && !declared->is_null() && means(field, parameter, text, *declared)) {
      out.set(name, *declared);
    } else if (declared != nullptr && setting != nullptr && !setting->file.empty()) {
      out.set(name, UnknownValue{smb_elsewhere(*setting)});
    } else if (text.empty() && field.form == Form::text) {
      out.set(name, nullptr);
    } else {
      out.set(name, plain_value(field, setting == nullptr ? text : told(parameter, *setting)));
    }
  }
  out.set("settings", settings(conf, section, desired.find("settings")));
  return out;
}

Map SmbFields::settings(const SmbConf& conf, const std::string& section, const Value* declared) const {
  Map out;
  std::set<std::string> told;
  if (declared != nullptr && declared->is_map()) {
    for (const auto& [name, position, value] : declared->as_map()) {
      const SmbParameter parameter = smb_parameter(name);
      told.insert(parameter.key);
      const SmbSetting* setting = find_smb_setting(conf, section, parameter.key);
      if (setting == nullptr || (value.is_null() && setting->section != section)) continue;
      // A name that says the opposite is compared in the parameter's usual sense.
      if (!value.is_null() && smb_canonical(parameter, smb_text(value)) == setting->value) {
        out.set(name, value);
      } else if (!setting->file.empty()) {
        out.set(name, UnknownValue{smb_elsewhere(*setting)});
      } else {
        out.set(name, setting->written);
      }
    }
  }
  const auto found = conf.sections.find(section);
  if (found == conf.sections.end()) return out;
  for (const auto& [key, setting] : found->second.own) {
    if (owns(key) || told.contains(key)) continue;
    out.set(setting.name, setting.inverted ? setting.value : setting.written);
  }
  return out;
}

SmbChanges SmbFields::changes(const Resource& resource, const Value& live) const {
  SmbChanges out;
  for (const SmbField& field : fields_) {
    const Value* declared = resource.desired.find(field.field);
    const Value* there = live.find(field.field);
    if (declared == nullptr || (there != nullptr && (*there == *declared || there->is_unknown()))) continue;
    const std::string name(field.parameter);
    if (declared->is_null()) {
      out.emplace(name, std::nullopt);
    } else {
      out.emplace(name, written(field, *declared));
    }
  }
  const Value* declared = resource.desired.find("settings");
  const Value* there = live.find("settings");
  const auto set = [&](const std::string& name, const Value& value) {
    const SmbParameter parameter = smb_parameter(name);
    if (value.is_null()) {
      out.insert_or_assign(parameter.name, std::nullopt);
    } else {
      out.insert_or_assign(parameter.name,
                           parameter.inverted ? smb_canonical(parameter, smb_text(value)) : smb_text(value));
    }
  };
  if (declared == nullptr || !declared->is_map()) return out;
  for (const auto& [name, position, value] : declared->as_map()) {
    const Value* now = there == nullptr ? nullptr : there->find(name);
    if (now == nullptr ? value.is_null() : (*now == value || now->is_unknown())) continue;
    set(name, value);
  }
  if (!resource.is_exclusive("settings") || there == nullptr || !there->is_map()) return out;
  for (const auto& [name, position, value] : there->as_map()) {
    if (!declared->as_map().contains(name)) set(name, nullptr);
  }
  return out;
}

Map SmbFields::found(const SmbConf& conf, const std::string& section) const {
  Map out;
  const auto said = conf.sections.find(section);
  if (said == conf.sections.end()) return out;
  for (const SmbField& field : fields_) {
    const auto setting = said->second.own.find(smb_parameter(field.parameter).key);
    if (setting == said->second.own.end()) continue;
    if (setting->second.value.empty() && field.form != Form::list) continue;
    out.set(std::string(field.field),
            plain_value(field, told(smb_parameter(field.parameter), setting->second)));
  }
  Map others = settings(conf, section, nullptr);
  if (!others.empty()) out.set("settings", std::move(others));
  return out;
}

std::string SmbFields::trouble(const Value& desired) const {
  const Value* declared = desired.find("settings");
  if (declared == nullptr || !declared->is_map()) return {};
  std::set<std::string> named;
  for (const auto& [name, position, value] : declared->as_map()) {
    const SmbParameter parameter = smb_parameter(name);
    if (owns(parameter.key)) {
      std::string field;
      for (const SmbField& each : fields_) {
        if (smb_parameter(each.parameter).key == parameter.key) field = each.field;
      }
      return "`settings` names `" + name + "`, which has a field of its own" +
             (field.empty() ? "" : ": declare `" + field + "`");
    }
    if (parameter.key == "include" || parameter.key == "copy" || parameter.key == "configfile")
      return "`settings` names `" + name + "`, which is no setting: declare what it would bring";
    if (!named.insert(parameter.key).second) return "`settings` names `" + name + "` twice, in two spellings";
  }
  return {};
}

}  // namespace hearth
