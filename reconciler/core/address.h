// How people and the journal name a resource.
#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace hearth {

// `Kind/name@host` for what lives on one host, `Kind/name` for what belongs to the cluster (host is "").
struct Address {
  std::string kind;
  std::string name;
  std::string host;

  [[nodiscard]] std::string to_string() const;
  // Nothing when TEXT has another form. Does not know which kinds exist.
  [[nodiscard]] static std::optional<Address> parse(std::string_view text);

  friend auto operator<=>(const Address&, const Address&) = default;
  friend bool operator==(const Address&, const Address&) = default;
};

}  // namespace hearth

template <>
struct std::hash<hearth::Address> {
  std::size_t operator()(const hearth::Address& address) const noexcept {
    const std::hash<std::string> text;
    return (text(address.kind) * 31 + text(address.name)) * 31 + text(address.host);
  }
};
