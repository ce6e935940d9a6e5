// Value to YAML text, for manifests that hearth writes for people: the counterpart of yaml_reader.
#pragma once

#include <string>

#include "reconciler/core/value.h"

namespace hearth {

// DOCUMENT as block YAML, ending in a line feed; maps keep their order. read_yaml() reads an equal value from it, and
// so does every reader of YAML 1.1: whatever the two versions take for different things is quoted. Texts of several
// lines become block scalars where those can carry them, else one quoted line with escapes.
//
// There is no YAML for an UnknownValue, an infinite number, a NUL or bytes that are not UTF-8 (read_yaml() refuses
// them): whoever has such values checks what was written by reading it.
std::string write_yaml(const Value& document);

}  // namespace hearth
