#include "reconciler/manifest/own_exports.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace hearth {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// The server in `nas:/srv`, `[fd00::1]:/srv` or `nas.lan:srv`; "" where SOURCE names none.
std::string server_of(std::string_view source) {
  if (source.starts_with('[')) {
    const std::size_t end = source.find("]:");
    return end == std::string_view::npos ? "" : lower(source.substr(1, end - 1));
  }
  const std::size_t colon = source.find(':');
  if (colon == std::string_view::npos ||
      source.substr(0, colon).find_first_of("/=") != std::string_view::npos)
    return {};
  return lower(source.substr(0, colon));
}

bool is_loopback(std::string_view name) {
  return name == "localhost" || name.starts_with("localhost.") || name.starts_with("127.") || name == "::1" ||
         name == "ip6-localhost" || name == "ip6-loopback";
}

bool is_named_so(const Expansion& set, const Host& host, const std::string& server) {
  if (is_loopback(server) || server == lower(host.name) || server == lower(host.address)) return true;
  // pve.home.arpa is pve.
  if (server.starts_with(lower(host.name) + ".")) return true;
  return std::any_of(set.drafts.begin(), set.drafts.end(), [&](const Draft& draft) {
    const Resource& entry = draft.resource;
    if (entry.address.kind != "HostsEntry" || entry.address.host != host.name) return false;
    const std::string address = lower(entry.desired.string_or("address", entry.address.name));
    const Value* names = entry.desired.find("names");
    if ((address != lower(host.address) && !is_loopback(address)) || names == nullptr || !names->is_list())
      return false;
    return std::any_of(names->as_list().begin(), names->as_list().end(), [&](const Value& name) {
      return name.is_string() && lower(name.as_string()) == server;
    });
  });
}

}  // namespace

void check_own_exports(const Expansion& set, Diagnostics& diagnostics) {
  for (const Draft& draft : set.drafts) {
    const Resource& mount = draft.resource;
    if (mount.address.kind != "Mount") continue;
    const Value* source = mount.desired.find("source");
    if (source == nullptr || !source->is_string()) continue;
    const std::string server = server_of(source->as_string());
    const std::string type = mount.desired.string_or("type", "nfs");
    if (server.empty() || (!type.starts_with("nfs") && type != "auto")) continue;
    const auto host = std::find_if(set.hosts.begin(), set.hosts.end(),
                                   [&](const Host& one) { return one.name == mount.address.host; });
    if (host == set.hosts.end() || !is_named_so(set, *host, server)) continue;
    diagnostics.add({Severity::error, "own-export", source->position(), "spec.source",
                     mount.address.to_string() + " would mount an NFS export of " + host->name + " on " +
                         host->name + " itself",
                     "use the folder itself, or mount it with options: [bind]"});
  }
}

}  // namespace hearth
