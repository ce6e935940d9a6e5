// Files that are seen old or new, never half.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "reconciler/core/diagnostic.h"

namespace hearth {

// The content of PATH. Rule `unreadable-file` when it cannot be read.
Result<std::string> read_file(const std::string& path);

// Writes CONTENT to a temporary file beside PATH, syncs it and renames it over PATH. A file that is there
// keeps its mode and is followed when it is a symbolic link; a new one gets MODE whatever the umask. The
// folder must exist. Rule `unwritable-file` when it cannot be written; PATH is then as it was.
Result<void> write_file_atomically(const std::string& path, std::string_view content, mode_t mode);

}  // namespace hearth
