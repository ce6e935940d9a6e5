// A folder as the machine that is looked after.
#pragma once

#include <sys/utsname.h>

#include <string>

namespace hearth::golden {

// The manifest of a Node `here`: this machine, with ROOT for its /.
inline std::string local_node(const std::string& root) {
  utsname machine{};
  ::uname(&machine);
  return "kind: Node\nname: here\nspec: {hostName: " + std::string(machine.nodename) +
         ", transport: local, root: " + root + "}\n";
}

}  // namespace hearth::golden
