#include "providers/host_checks/updates.h"

#include "providers/support/lines.h"

namespace hearth {

// A line is `Inst NAME [OLD] (NEW ARCHIVE, ARCHIVE… [ARCHITECTURE])`.
std::vector<std::string> pending_updates(std::string_view output, bool security) {
  std::vector<std::string> names;
  for (const std::string& line : split_lines(output)) {
    const auto words = split_words(line);
    if (words.size() < 2 || words[0] != "Inst") continue;
    const std::size_t archives = line.find('(');
    const std::string_view from =
        archives == std::string::npos ? std::string_view() : std::string_view(line).substr(archives);
    const bool is_security = from.find("Debian-Security:") != std::string_view::npos ||
                             from.find("-security") != std::string_view::npos;
    if (!security || is_security) names.emplace_back(words[1]);
  }
  return names;
}

}  // namespace hearth
