// One form for what systems write in several ways.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reconciler/core/value.h"

namespace hearth {

// Lexically: no `//`, `.`, `..` nor a slash at the end; symbolic links are not looked at. PATH is absolute.
std::string normalised_path(std::string_view path);

// "0644" for 0644: always four digits.
std::string mode_text(std::uint32_t mode);
// Nothing when TEXT is no octal number of at most four digits.
std::optional<std::uint32_t> parse_mode(std::string_view text);

// TEXT with every character that no resource name may hold replaced by '-', and none in front.
std::string fit_name(std::string_view text);

// Nothing when TEXT is not base64.
std::optional<std::string> from_base64(std::string_view text);

// Whether BYTES are UTF-8 without control characters other than tab, line feed, form feed and carriage
// return: fit to be shown to a person, and to be written in a manifest.
bool is_text(std::string_view bytes);

}  // namespace hearth
