#include "reconciler/apply/allowance.h"

#include <algorithm>

namespace hearth {

Result<void> Allowance::add(const std::string& text) {
  const auto equals = text.find('=');
  const std::string word = text.substr(0, equals);
  const auto effect = parse_effect(word);
  if (!effect) {
    const std::string nearest = did_you_mean(word, {"none", "reload", "restart", "reboot", "destroy"});
    return tl::unexpected(
        failure("bad-allow", "--allow " + text + ": \"" + word + "\" is no class",
                nearest.empty() ? "classes are none, reload, restart, reboot, destroy" : nearest));
  }
  if (equals == std::string::npos) {
    everywhere_ = std::max(everywhere_, *effect);
    return {};
  }
  std::vector<std::string> patterns;
  for (std::size_t begin = equals + 1; begin <= text.size();) {
    const auto comma = std::min(text.find(',', begin), text.size());
    patterns.push_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  auto selection = Selection::parse(patterns);
  if (!selection) return tl::unexpected(selection.error());
  somewhere_.emplace_back(*effect, *std::move(selection));
  return {};
}

std::vector<std::string> Allowance::unmatched(const std::vector<Address>& addresses) const {
  std::vector<std::string> out;
  for (const auto& [effect, selection] : somewhere_) {
    for (std::string& pattern : selection.unmatched(addresses)) out.push_back(std::move(pattern));
  }
  return out;
}

bool Allowance::permits(Effect effect, const Address& address) const {
  return effect <= everywhere_ || std::any_of(somewhere_.begin(), somewhere_.end(), [&](const auto& entry) {
           return effect <= entry.first && entry.second.matches(address);
         });
}

}  // namespace hearth
