// Spans of time as people write them on the command line and in hearth.yaml.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace hearth {

// `45s`, `90m`, `2h`, `1d`, `2w`, or several from the largest to the smallest: `1h30m`. Each number has its unit (a bare one
// would be minutes to some and seconds to others); nothing of no length, nothing beyond a year.
std::optional<std::chrono::seconds> parse_time_span(std::string_view text);

// `2 h 5 min`, `3 d 4 h`, `40 s`: the two largest parts.
std::string time_span_text(std::chrono::seconds span);

}  // namespace hearth
