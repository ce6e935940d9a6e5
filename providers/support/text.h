// Small things that every provider does with text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hearth {

// The canonical form of a path of a manifest. What is no absolute path stays as it is: the schema has refused
// it.
std::string normalised_path(std::string_view path);

// "0644" for 0644: always four digits.
std::string mode_text(std::uint32_t mode);

// TEXT with every character that no resource name may hold replaced by '-', and none in front.
std::string fit_name(std::string_view text);

// Nothing when TEXT is not base64.
std::optional<std::string> from_base64(std::string_view text);

// Whether BYTES are UTF-8 without control characters other than tab, line feed, form feed and carriage
// return: fit to be shown to a person, and to be written in a manifest.
bool is_text(std::string_view bytes);

}  // namespace hearth
