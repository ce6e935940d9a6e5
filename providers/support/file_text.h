// The text of a file as a field: what is on the disk, against what a manifest says.
#pragma once

#include <string>

#include "reconciler/core/value.h"
#include "reconciler/transport/operation.h"

namespace hearth {

// Asks for what lies at PATH. Its text travels when it is not DESIRED (where that is null: when there is any, so
// that people see what goes); with nullptr never.
ReadFile probe_text(std::string path, const Value* desired);

// The live text: null when nothing is there; DESIRED itself when the hashes are equal; else what was read.
// What cannot be shown as text (too large, binary, a symbolic link) becomes a description in angle brackets,
// which is known to differ. REPLY is neither a directory nor a device.
Value live_text(const FileReply& reply, const Value* desired);

// What WriteFile::expected_sha256 must say so that only LIVE_TEXT (as live_text() made it) is overwritten.
std::string expected_hash(const Value& live_text);

}  // namespace hearth
