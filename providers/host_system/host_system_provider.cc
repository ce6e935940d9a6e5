#include "providers/host_system/host_system_provider.h"

#include "providers/host_system/cron_job.h"
#include "providers/host_system/hosts_entry.h"
#include "providers/host_system/sysctl.h"

namespace hearth {

namespace {

enum class Kind : std::uint8_t { cron_job, sysctl, hosts_entry };

Kind kind_of(std::string_view kind) {
  if (kind == "CronJob") return Kind::cron_job;
  return kind == "Sysctl" ? Kind::sysctl : Kind::hosts_entry;
}

}  // namespace

std::vector<Probe> HostSystemProvider::probes(const Resource& resource) const noexcept {
  switch (kind_of(resource.address.kind)) {
    case Kind::cron_job: return cron_job_probes(resource);
    case Kind::sysctl: return sysctl_probes(resource);
    case Kind::hosts_entry: break;
  }
  return hosts_entry_probes();
}

Live HostSystemProvider::decode(const Resource& resource, std::span<const Reply> replies) const noexcept {
  for (const Reply& reply : replies) {
    if (const auto* none = std::get_if<NoReply>(&reply)) return Live::unknown(none->why);
  }
  switch (kind_of(resource.address.kind)) {
    case Kind::cron_job: return decode_cron_job(resource, replies);
    case Kind::sysctl: return decode_sysctl(resource, replies);
    case Kind::hosts_entry: break;
  }
  return decode_hosts_entry(resource, replies);
}

std::vector<Step> HostSystemProvider::next_steps(const Resource& resource, const Live& live) const noexcept {
  if (live.presence == Live::Presence::unknown) return {};
  switch (kind_of(resource.address.kind)) {
    case Kind::cron_job: return cron_job_steps(resource, live);
    case Kind::sysctl: return sysctl_steps(resource, live);
    case Kind::hosts_entry: break;
  }
  return hosts_entry_steps(resource, live);
}

std::vector<Step> HostSystemProvider::removal_steps(const Resource& resource,
                                                    const Live& live) const noexcept {
  if (live.presence != Live::Presence::present) return {};
  switch (kind_of(resource.address.kind)) {
    case Kind::cron_job: return cron_job_removal(resource);
    case Kind::sysctl: return sysctl_removal(resource, live);
    case Kind::hosts_entry: break;
  }
  return hosts_entry_removal(resource, live);
}

std::vector<Probe> HostSystemProvider::discovery_probes(std::string_view kind) const noexcept {
  switch (kind_of(kind)) {
    case Kind::cron_job: return cron_job_discovery();
    case Kind::sysctl: return sysctl_discovery();
    case Kind::hosts_entry: break;
  }
  return hosts_entry_probes();
}

std::vector<Found> HostSystemProvider::discover(std::string_view kind,
                                                std::span<const Reply> replies) const noexcept {
  switch (kind_of(kind)) {
    case Kind::cron_job: return found_cron_jobs(replies);
    case Kind::sysctl: return found_sysctls(replies);
    case Kind::hosts_entry: break;
  }
  return found_hosts_entries(replies);
}

}  // namespace hearth
