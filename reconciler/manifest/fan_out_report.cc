#include "reconciler/manifest/fan_out_report.h"

#include <algorithm>
#include <utility>

namespace hearth {

namespace {

// " on Home", " on Home and pve", " on Home, pve and 5 more hosts"; "" for the cluster.
std::string on_hosts(const std::vector<std::string>& hosts) {
  if (hosts.empty()) return {};
  constexpr std::size_t most = 3;  // named one by one: a line has its limits
  std::string out = " on " + hosts.front();
  const std::size_t named = hosts.size() <= most + 1 ? hosts.size() : most;
  for (std::size_t i = 1; i < named; ++i) out += (i + 1 == hosts.size() ? " and " : ", ") + hosts[i];
  if (named < hosts.size()) out += " and " + std::to_string(hosts.size() - named) + " more hosts";
  return out;
}

}  // namespace

void FanOutReport::add(Diagnostic complaint, std::string_view host, std::string_view tail) {
  std::string key = complaint.rule + '\n' + complaint.position.to_string() + '\n' + complaint.message + '\n';
  key += tail;
  const auto [found, is_new] = index_.emplace(std::move(key), entries_.size());
  if (is_new) entries_.push_back({std::move(complaint), std::string(tail), {}});
  auto& hosts = entries_[found->second].hosts;
  // One host comes in one go (fan-out walks host by host), so that looking at the last one finds every
  // repetition.
  if (!host.empty() && (hosts.empty() || hosts.back() != host)) hosts.emplace_back(host);
}

void FanOutReport::flush(Diagnostics& diagnostics) {
  for (auto& entry : entries_) {
    entry.complaint.message += on_hosts(entry.hosts) + entry.tail;
    diagnostics.add(std::move(entry.complaint));
  }
  entries_.clear();
  index_.clear();
}

}  // namespace hearth
