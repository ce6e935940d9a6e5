#include "providers/samba/share_kind.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "providers/samba/parameters.h"
#include "providers/samba/samba_files.h"
#include "providers/samba/settings.h"
#include "providers/support/lists.h"
#include "providers/support/text.h"

namespace hearth {

namespace {

using Form = SmbField::Form;
using Words = std::vector<std::string>;

constexpr SmbField rows[] = {
    {"path", "path", Form::text, ""},
    {"comment", "comment", Form::text, ""},
    {"browseable", "browseable", Form::boolean, "yes"},
    {"writable", "read only", Form::inverted, "yes"},
    {"guestOk", "guest ok", Form::boolean, "no"},
    {"validUsers", "valid users", Form::list, ""},
    {"invalidUsers", "invalid users", Form::list, ""},
    {"readList", "read list", Form::list, ""},
    {"writeList", "write list", Form::list, ""},
    {"adminUsers", "admin users", Form::list, ""},
    {"hostsAllow", "hosts allow", Form::list, ""},
    {"hostsDeny", "hosts deny", Form::list, ""},
    {"forceUser", "force user", Form::text, ""},
    {"forceGroup", "force group", Form::text, ""},
    {"createMask", "create mask", Form::text, "0744"},
    {"directoryMask", "directory mask", Form::text, "0755"},
    {"forceCreateMode", "force create mode", Form::text, "0000"},
    {"forceDirectoryMode", "force directory mode", Form::text, "0000"},
};

constexpr std::string_view modules_name = "vfs objects";
constexpr std::string_view repository_name = "recycle:repository";

// `preset: apple`, beside its modules. The schema's documentation spells it out.
constexpr std::pair<std::string_view, std::string_view> apple_settings[] = {
    {"fruit:metadata", "stream"},          {"fruit:posix_rename", "yes"},
    {"fruit:veto_appledouble", "no"},      {"fruit:wipe_intentionally_left_blank_rfork", "yes"},
    {"fruit:delete_empty_adfiles", "yes"},
};
constexpr std::string_view apple_modules[] = {"fruit", "streams_xattr"};

std::string name_of(const Resource& resource) {
  return resource.desired.string_or("shareName", resource.address.name);
}

bool is_declared(const Value& desired, std::string_view field) {
  return desired.find(field) != nullptr;
}

bool is_apple(const Value& desired) {
  return desired.string_or("preset", "") == "apple";
}

SmbFields fields_for(const Value& desired) {
  std::set<std::string> owned{smb_parameter(modules_name).key};
  if (is_declared(desired, "recycle")) owned.insert(smb_parameter(repository_name).key);
  if (is_declared(desired, "preset")) {
    for (const auto& [name, value] : apple_settings) owned.insert(smb_parameter(name).key);
  }
  return {rows, std::move(owned)};
}

std::string said(const SmbConf& conf, const std::string& section, std::string_view parameter) {
  const SmbSetting* setting = find_smb_setting(conf, section, smb_parameter(parameter).key);
  return setting == nullptr ? std::string() : setting->value;
}

bool has(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Whether what fruit hides is there for what comes after it.
bool in_apple_order(const Words& modules) {
  const auto fruit = std::find(modules.begin(), modules.end(), "fruit");
  return fruit != modules.end() && std::find(fruit, modules.end(), "streams_xattr") != modules.end();
}

bool holds_apple(const SmbConf& conf, const std::string& section) {
  return in_apple_order(smb_list(said(conf, section, modules_name))) &&
         std::all_of(std::begin(apple_settings), std::end(apple_settings),
                     [&](const auto& each) { return said(conf, section, each.first) == each.second; });
}

bool is_of_preset(std::string_view module) {
  return std::find(std::begin(apple_modules), std::end(apple_modules), module) != std::end(apple_modules);
}

// What `vfsObjects` speaks of: the others have fields of their own.
Words others(const Words& modules) {
  Words out;
  for (const std::string& module : modules) {
    if (module != "recycle" && !is_of_preset(module)) out.push_back(module);
  }
  return out;
}

Words words_of(const Value* list) {
  Words out;
  if (list == nullptr || !list->is_list()) return out;
  for (const Value& each : list->as_list()) out.push_back(smb_text(each));
  return out;
}

void add_module_fields(Map& fields, const SmbConf& conf, const std::string& section, const Value& desired) {
  const SmbSetting* setting = find_smb_setting(conf, section, smb_parameter(modules_name).key);
  const Words modules = setting == nullptr ? Words{} : smb_list(setting->value);
  fields.set("vfsObjects", list_of(others(modules)));
  fields.set("preset", holds_apple(conf, section) ? Value("apple") : Value());
  if (has(modules, "recycle")) {
    const std::string folder = said(conf, section, repository_name);
    fields.set("recycle", folder.empty() ? ".recycle" : folder);
  } else {
    fields.set("recycle", nullptr);
  }
  if (setting == nullptr || setting->file.empty()) return;
  for (const char* field : {"vfsObjects", "preset", "recycle"}) {
    const Value* declared = desired.find(field);
    if (declared != nullptr && !(*declared == *fields.find(field)))
      fields.set(field, UnknownValue{smb_elsewhere(*setting)});
  }
}

void add_module_changes(SmbChanges& changes, const Resource& resource, const SmbConf& conf,
                        const std::string& section) {
  const Value& desired = resource.desired;
  const SmbSetting* setting = find_smb_setting(conf, section, smb_parameter(modules_name).key);
  const Words modules = setting == nullptr ? Words{} : smb_list(setting->value);
  const Value* recycle = desired.find("recycle");
  const bool recycles = recycle != nullptr && recycle->is_string();
  // What is not declared stays as it is.
  Words wanted = is_declared(desired, "vfsObjects") ? words_of(desired.find("vfsObjects")) : others(modules);
  if (recycle == nullptr ? has(modules, "recycle") : recycles) wanted.emplace_back("recycle");
  if (is_apple(desired)) {
    wanted.insert(wanted.end(), std::begin(apple_modules), std::end(apple_modules));
  } else if (!is_declared(desired, "preset") || !in_apple_order(modules)) {
    std::copy_if(modules.begin(), modules.end(), std::back_inserter(wanted), is_of_preset);
  }
  const bool right = others(wanted) == others(modules) && has(wanted, "recycle") == has(modules, "recycle") &&
                     in_apple_order(wanted) == in_apple_order(modules);
  if (!right) {
    changes.insert_or_assign(std::string(modules_name),
                             wanted.empty() ? std::nullopt : std::optional(smb_list_text(wanted)));
  }
  if (recycles && said(conf, section, repository_name) != recycle->as_string())
    changes.insert_or_assign(std::string(repository_name), recycle->as_string());
  if (recycle != nullptr && recycle->is_null())
    changes.insert_or_assign(std::string(repository_name), std::nullopt);
  if (!is_declared(desired, "preset")) return;
  for (const auto& [name, value] : apple_settings) {
    if (!is_apple(desired)) {
      changes.insert_or_assign(std::string(name), std::nullopt);
    } else if (said(conf, section, name) != value) {
      changes.insert_or_assign(std::string(name), std::string(value));
    }
  }
}

}  // namespace

Live decode_share(const Resource& resource, std::span<const Reply> replies) {
  const SmbConfReply reply = smb_conf_reply(replies);
  if (!reply.trouble.empty()) return Live::unknown(reply.trouble);
  const SmbFields share = fields_for(resource.desired);
  if (const std::string why = share.trouble(resource.desired); !why.empty()) return Live::unknown(why);
  const std::string section = smb_section_key(name_of(resource));
  if (!reply.conf.sections.contains(section)) {
    Live absent = Live::absent();
    absent.fields.as_map().set("text", reply.text);
    return absent;
  }
  Map fields = share.live(reply.conf, section, resource.desired);
  fields.set("shareName", name_of(resource));
  add_module_fields(fields, reply.conf, section, resource.desired);
  fields.set("text", reply.text);
  return Live::present(std::move(fields));
}

std::vector<Step> share_steps(const Resource& resource, const Live& live) {
  const std::string text = live.fields.string_or("text", "");
  // What an included file says was taken for unknown as LIVE was read, and makes no change here.
  const SmbConf conf = read_smb_conf(text);
  const std::string name = name_of(resource);
  SmbChanges changes = fields_for(resource.desired).changes(resource, live.fields);
  add_module_changes(changes, resource, conf, smb_section_key(name));
  Map expects{{"shareName", name}};
  for (const auto& [field, position, value] : resource.desired.as_map()) expects.set(field, value);
  return smb_conf_steps(edit_smb_section(conf, name, changes), text, std::move(expects));
}

std::vector<Step> share_removal(const Resource& resource, const Live& live) {
  const std::string text = live.fields.string_or("text", "");
  return smb_conf_steps(remove_smb_section(read_smb_conf(text), name_of(resource)), text, {});
}

std::vector<Found> found_shares(std::span<const Reply> replies) {
  std::vector<Found> out;
  const SmbConfReply reply = smb_conf_reply(replies);
  if (!reply.trouble.empty()) return out;
  for (const auto& [key, section] : reply.conf.sections) {
    if (key == "global" || key == "homes" || key == "printers") continue;
    Found found{
        .kind = "SambaShare", .name = fit_name(section.name), .spec = nullptr, .owner = {}, .remark = {}};
    // First which of the fields that bring modules hold; then all else without what those look after.
    Map desired;
    const Words modules = smb_list(said(reply.conf, key, modules_name));
    if (holds_apple(reply.conf, key)) desired.set("preset", "apple");
    if (has(modules, "recycle")) {
      const std::string folder = said(reply.conf, key, repository_name);
      desired.set("recycle", folder.empty() ? ".recycle" : folder);
    }
    Map spec = fields_for(desired).found(reply.conf, key);
    if (!spec.contains("path")) {
      found.remark = "it names no path";
      out.push_back(std::move(found));
      continue;
    }
    if (found.name != section.name) spec.set("shareName", section.name);
    for (const auto& [field, position, value] : desired) spec.set(field, value);
    if (const Words rest = others(modules); !rest.empty()) spec.set("vfsObjects", list_of(rest));
    if (!desired.contains("preset") && std::any_of(modules.begin(), modules.end(), is_of_preset))
      found.remark =
          "fruit or streams_xattr of its `vfs objects` is left out: no `preset` has just its settings";
    found.spec = std::move(spec);
    out.push_back(std::move(found));
  }
  return out;
}

}  // namespace hearth
