#include "providers/samba/server_kind.h"

#include <utility>

#include "providers/samba/samba_files.h"
#include "providers/samba/settings.h"

namespace hearth {

namespace {

using Form = SmbField::Form;

constexpr SmbField rows[] = {
    {"workgroup", "workgroup", Form::text, "WORKGROUP"},
    {"serverString", "server string", Form::text, ""},
    {"serverRole", "server role", Form::text, "auto"},
    {"mapToGuest", "map to guest", Form::text, "never"},
    {"minProtocol", "server min protocol", Form::text, "SMB2_02"},
    {"encryption", "server smb encrypt", Form::text, "default"},
    {"interfaces", "interfaces", Form::list, ""},
    {"bindInterfacesOnly", "bind interfaces only", Form::boolean, "no"},
    {"hostsAllow", "hosts allow", Form::list, ""},
    {"hostsDeny", "hosts deny", Form::list, ""},
    {"loadPrinters", "load printers", Form::boolean, "yes"},
};

const SmbFields& server_fields() {
  static const SmbFields fields(rows, {});
  return fields;
}

}  // namespace

Live decode_server(const Resource& resource, std::span<const Reply> replies) {
  const SmbConfReply reply = smb_conf_reply(replies);
  if (!reply.trouble.empty()) return Live::unknown(reply.trouble);
  if (const std::string why = server_fields().trouble(resource.desired); !why.empty())
    return Live::unknown(why);
  if (!reply.conf.sections.contains("global")) {
    Live absent = Live::absent();
    absent.fields.as_map().set("text", reply.text);
    return absent;
  }
  Map fields = server_fields().live(reply.conf, "global", resource.desired);
  fields.set("text", reply.text);
  return Live::present(std::move(fields));
}

std::vector<Step> server_steps(const Resource& resource, const Live& live) {
  const std::string text = live.fields.string_or("text", "");
  const SmbChanges changes = server_fields().changes(resource, live.fields);
  Map expects;
  for (const auto& [field, position, value] : resource.desired.as_map()) expects.set(field, value);
  return smb_conf_steps(edit_smb_section(read_smb_conf(text), "global", changes), text, std::move(expects));
}

std::vector<Step> server_removal(const Live& live) {
  const std::string text = live.fields.string_or("text", "");
  return smb_conf_steps(remove_smb_section(read_smb_conf(text), "global"), text, {});
}

std::vector<Found> found_servers(std::span<const Reply> replies) {
  const SmbConfReply reply = smb_conf_reply(replies);
  if (!reply.trouble.empty() || !reply.conf.sections.contains("global")) return {};
  return {{.kind = "SambaServer",
           .name = "samba",
           .spec = server_fields().found(reply.conf, "global"),
           .owner = {},
           .remark = {}}};
}

}  // namespace hearth
