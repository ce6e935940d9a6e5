// What the world feels of a change.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hearth {

// Ordered: what is allowed up to one class is allowed for all below it.
enum class Effect : std::uint8_t { none, reload, restart, reboot, destroy };

std::string_view to_string(Effect effect);
std::optional<Effect> parse_effect(std::string_view text);

}  // namespace hearth
