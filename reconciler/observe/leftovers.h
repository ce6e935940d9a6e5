// What runs of hearth have left on a host: undos that are armed, and copies of what a unit of work replaced.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "reconciler/transport/operation.h"

namespace hearth {

// An undo that the host will carry out by itself unless somebody disarms it.
struct ArmedOnHost {
  std::string id;
  std::string holder;  // what it puts back
  std::chrono::seconds
      due;  // from now on; negative: its time is over, and the host could not put itself back
  friend bool operator==(const ArmedOnHost&, const ArmedOnHost&) = default;
};

// What lay at PATH before a run changed it. MARK is another for each copy.
struct KeptOnHost {
  std::string path;
  std::string mark;
  friend bool operator==(const KeptOnHost&, const KeptOnHost&) = default;
};

struct Leftovers {
  std::vector<ArmedOnHost> armed;
  std::vector<KeptOnHost> kept;
};

// Asks for both: one find(1), over what the shell library lays down below /var/lib/hearth (transport/shell_library.cc).
Probe leftovers_probe();

// What REPLY says of them. Pure; any reply is survived. What was not answered, or not by somebody who may look there, is
// nothing: nobody is told then, and nothing is taken away.
Leftovers read_leftovers(const Reply& reply);

}  // namespace hearth
