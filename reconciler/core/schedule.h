// When cron runs a job: crontab(5), and get_range() of Debian's cron for what that leaves open.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hearth {

// One form for all schedules that mean the same: `@daily` and `00 0 * * *` are `0 0 * * *`. Nothing for what cron does not
// take.
std::optional<std::string> canonical_schedule(std::string_view text);

}  // namespace hearth
