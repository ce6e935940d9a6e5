// Where this hearth's own files lie.
#pragma once

#include <string>

namespace hearth {

// The folder of <Kind>.schema.json files: $HEARTH_SCHEMAS, else ../share/hearth/schemas as seen from the executable, be it
// installed, moved with its prefix, or in a build tree (which has the same shape), else below the prefix it was built for.
std::string schemas_folder();

// The folder of provider modules: $HEARTH_PLUGINS, else in the same way ../lib/hearth/providers (with the architecture
// behind lib where Debian has it).
std::string plugins_folder();

}  // namespace hearth
