#include "providers/host_nodes/host_nodes_provider.h"

namespace hearth {

namespace {

// A folder that plays the host has no name of its own: nothing is asked there.
bool is_scratch(const Resource& resource) {
  return resource.desired.string_or("transport", "ssh") == "local" &&
         resource.desired.find("root") != nullptr;
}

std::string declared_name(const Resource& resource) {
  return resource.desired.string_or("hostName", resource.address.name);
}

}  // namespace

std::vector<Probe> HostNodesProvider::probes(const Resource& resource) const noexcept {
  if (is_scratch(resource)) return {};
  return {RunProbe{.argv = {"uname", "-n"}}};
}

Live HostNodesProvider::decode(const Resource& resource, std::span<const Reply> replies) const noexcept {
  if (is_scratch(resource)) return Live::present({{"hostName", declared_name(resource)}});
  if (replies.size() != 1) return Live::unknown("the host gave no answer about its name");
  if (const auto* none = std::get_if<NoReply>(replies.data())) return Live::unknown(none->why);
  const auto* run = std::get_if<RunReply>(replies.data());
  if (run == nullptr || run->exit_code != 0) return Live::unknown("`uname -n` failed on the host");
  // Some machines carry their domain in the kernel's name.
  const std::string name = run->out.substr(0, run->out.find_first_of(".\n"));
  if (name.empty()) return Live::unknown("the host has no name");
  return Live::present({{"hostName", name}});
}

std::vector<Step> HostNodesProvider::next_steps(const Resource&, const Live&) const noexcept {
  return {};
}

std::vector<Step> HostNodesProvider::removal_steps(const Resource&, const Live&) const noexcept {
  return {};
}

std::vector<Probe> HostNodesProvider::discovery_probes(std::string_view) const noexcept {
  return {};
}

std::vector<Found> HostNodesProvider::discover(std::string_view, std::span<const Reply>) const noexcept {
  return {};
}

}  // namespace hearth
