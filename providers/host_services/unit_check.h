// How systemd itself judges a unit before it reads it.
#pragma once

#include <string>
#include <vector>

namespace hearth {

// A check for WriteFile: has systemd look at UNIT with the new file in PLACE, beside all that lies on the
// disk already. PLACE is relative to a unit folder: `wol.service`, or `wol.service.d/10-limits.conf`. Refuses
// what systemd would not load or would ignore in the new file; not what it says of a package's text, nor that
// a program is not installed yet: neither is the new text's fault.
std::vector<std::string> unit_check(const std::string& unit, const std::string& place);

}  // namespace hearth
