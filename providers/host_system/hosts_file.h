// /etc/hosts as the resolver reads it: hosts(5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hearth {

// All that a hosts file says of one address.
struct HostsAddress {
  std::string address;             // canonical, where it is an address at all
  std::vector<std::string> names;  // in order, over all its lines; each once
  std::vector<std::string> lines;  // its lines, as they are
};

// Every address of TEXT, in the order of its first line.
std::vector<HostsAddress> read_hosts_file(std::string_view text);

// What is to stand instead of LINES (all lines of ADDRESS, or none): one line that gives it NAMES. Spacing and comment of the
// first stay, and so do comments of the others, as lines of their own.
std::vector<std::string> hosts_lines(const std::vector<std::string>& lines, std::string_view address,
                                     const std::vector<std::string>& names);

}  // namespace hearth
