// SambaUser: who Samba knows by a password, as pdbedit(8) tells it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "providers/provider.h"

namespace hearth {

// A line of what the probe below prints: `U FLAGS DIGEST NAME`.
struct PassdbEntry {
  std::string name;
  bool enabled = true;
  std::optional<bool> as_known;  // nothing: was not compared
  std::string mark;              // of its password's hash
  friend bool operator==(const PassdbEntry&, const PassdbEntry&) = default;
};
std::vector<PassdbEntry> parse_passdb(std::string_view text);

std::vector<Probe> samba_user_probes(const Resource& resource);
std::vector<Probe> samba_user_discovery();
Live decode_samba_user(const Resource& resource, std::span<const Reply> replies);
std::vector<Step> samba_user_steps(const Resource& resource, const Live& live);
std::vector<Step> samba_user_removal(const Resource& resource);
std::vector<Found> found_samba_users(std::span<const Reply> replies);

}  // namespace hearth
