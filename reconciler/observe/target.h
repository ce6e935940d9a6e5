// Where a resource is observed and changed.
#pragma once

#include <string>

#include "reconciler/core/resource.h"

namespace hearth {

// The host that RESOURCE lives on: its address's host, or for a Node the Node itself.
inline const std::string& target_of(const Address& address) {
  return address.host.empty() && address.kind == "Node" ? address.name : address.host;
}

}  // namespace hearth
