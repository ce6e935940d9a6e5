#include "reconciler/core/address.h"

namespace hearth {

std::string Address::to_string() const {
  std::string out = kind + "/" + name;
  if (!host.empty()) out += "@" + host;
  return out;
}

std::optional<Address> Address::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  Address address;
  address.kind = text.substr(0, slash);
  std::string_view rest = text.substr(slash + 1);
  const auto at = rest.find('@');
  address.name = rest.substr(0, at);
  if (at != std::string_view::npos) {
    address.host = rest.substr(at + 1);
    if (address.host.empty()) return std::nullopt;
  }
  if (address.name.empty()) return std::nullopt;
  return address;
}

}  // namespace hearth
