#include "reconciler/cli/host_choice.h"

#include <set>

#include "reconciler/cli/text_style.h"

namespace hearth {

namespace {

Diagnostic unknown(const std::string& word, const ManifestSet& manifests) {
  std::vector<std::string> names;
  std::string known;
  for (const Host& host : manifests.hosts) {
    names.push_back(host.name);
    known += (known.empty() ? "" : ", ") + host.name;
  }
  if (word.find('=') != std::string::npos) {
    return failure("unknown-node", "no declared Node has the label \"" + printable(word) + "\"",
                   "a Node carries them beside its spec, as in `labels: {role: nas}`; Nodes are: " +
                       (known.empty() ? "none" : known));
  }
  const std::string nearest = did_you_mean(word, names);
  return failure("unknown-node", "no manifest declares a Node \"" + printable(word) + "\"",
                 nearest.empty() ? "declared are: " + (known.empty() ? "none" : known) : nearest);
}

bool matches(const Host& host, const std::string& word) {
  if (word == "all" || word == host.name) return true;
  const auto equals = word.find('=');
  if (equals == std::string::npos) return false;
  const auto label = host.labels.find(word.substr(0, equals));
  return label != host.labels.end() && label->second == word.substr(equals + 1);
}

}  // namespace

Result<std::vector<const Host*>> choose_hosts(const ManifestSet& manifests,
                                              const std::vector<std::string>& words) {
  std::set<std::string> chosen;
  for (const std::string& word : words) {
    bool any = false;
    for (const Host& host : manifests.hosts) {
      if (!matches(host, word)) continue;
      any = true;
      chosen.insert(host.name);
    }
    if (!any) return tl::unexpected(unknown(word, manifests));
  }
  std::vector<const Host*> hosts;
  for (const Host& host : manifests.hosts) {
    if (!chosen.contains(host.name)) continue;
    if (!host.root.empty()) {
      // Commands would see the machine around the folder, not what the folder stands for.
      return tl::unexpected(failure(
          "unreachable-host",
          host.name + " is the folder " + printable(host.root) + ", and commands run only on machines",
          "name other hosts"));
    }
    hosts.push_back(&host);
  }
  return hosts;
}

}  // namespace hearth
