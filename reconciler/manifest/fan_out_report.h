// Complaints about resources that one manifest fanned out to several hosts: said once, naming the hosts.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "reconciler/core/diagnostic.h"

namespace hearth {

// Four hosts with one mistake are one mistake. Collects complaints that differ only in the host and gives
// them out together.
class FanOutReport {
 public:
  // The message will read COMPLAINT.message + " on Home and pve" + TAIL. HOST is "" for what belongs to the
  // cluster.
  void add(Diagnostic complaint, std::string_view host, std::string_view tail = {});
  // Everything said so far, in the order of first mention; starts afresh.
  void flush(Diagnostics& diagnostics);

 private:
  struct Entry {
    Diagnostic complaint;
    std::string tail;
    std::vector<std::string> hosts;
  };
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace hearth
