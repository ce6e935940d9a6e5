#include "reconciler/core/effect.h"

#include <array>
#include <cstddef>

namespace hearth {

namespace {
constexpr std::array<std::string_view, 5> names = {"none", "reload", "restart", "reboot", "destroy"};
}  // namespace

std::string_view to_string(Effect effect) {
  return names.at(static_cast<std::size_t>(effect));
}

std::optional<Effect> parse_effect(std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names.at(i) == text) return static_cast<Effect>(i);
  }
  return std::nullopt;
}

}  // namespace hearth
