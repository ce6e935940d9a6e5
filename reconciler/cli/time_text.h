// Moments and spans for people.
#pragma once

#include <cstdint>
#include <string>

namespace hearth {

// By the machine's clock, since the epoch.
std::int64_t milliseconds_now();

// `2026-11-23 04:41:38` in the machine's time zone; MILLISECONDS since the epoch.
std::string local_time(std::int64_t milliseconds);

// `340 ms`, `2.3 s`, `4 min 10 s`.
std::string duration_text(std::int64_t milliseconds);

}  // namespace hearth
