// Sizes as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "reconciler/core/value.h"

namespace hearth {

// Bytes: an integer, or text such as "5GiB", "1.5 GiB", "500M". All units are powers of 1024, as everywhere
// in hearth.
std::optional<std::uint64_t> parse_size(const Value& value);

// "4.8 GiB": for people.
std::string size_text(std::uint64_t bytes);

}  // namespace hearth
