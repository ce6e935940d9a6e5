#include "reconciler/cli/time_text.h"

#include <array>
#include <chrono>
#include <ctime>

namespace hearth {

std::int64_t milliseconds_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string local_time(std::int64_t milliseconds) {
  const std::time_t seconds = milliseconds / 1000;
  std::tm parts{};
  if (::localtime_r(&seconds, &parts) == nullptr) return "?";
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return {text.data(), size};
}

std::string duration_text(std::int64_t milliseconds) {
  if (milliseconds < 1'000) return std::to_string(milliseconds) + " ms";
  if (milliseconds < 60'000) {
    return std::to_string(milliseconds / 1'000) + "." + std::to_string(milliseconds % 1'000 / 100) + " s";
  }
  return std::to_string(milliseconds / 60'000) + " min " + std::to_string(milliseconds % 60'000 / 1'000) +
         " s";
}

}  // namespace hearth
