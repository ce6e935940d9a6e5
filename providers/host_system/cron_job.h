// The kind CronJob: one job in a file of /etc/cron.d. What HostSystemProvider answers for it.
#pragma once

#include "providers/provider.h"

namespace hearth {

std::vector<Probe> cron_job_probes(const Resource& resource);
Live decode_cron_job(const Resource& resource, std::span<const Reply> replies);
std::vector<Step> cron_job_steps(const Resource& resource, const Live& live);
std::vector<Step> cron_job_removal(const Resource& resource);
std::vector<Probe> cron_job_discovery();
std::vector<Found> found_cron_jobs(std::span<const Reply> replies);

}  // namespace hearth
