// What an administrator put into /etc/systemd/system: for import, and for reporting what nobody declares.
#pragma once

#include <string_view>
#include <vector>

#include "providers/provider.h"

namespace hearth {

RunProbe probe_units();

// One Service a unit that has a text or drop-ins there. OUTPUT is what probe_units() prints.
std::vector<Found> found_units(std::string_view output);

}  // namespace hearth
