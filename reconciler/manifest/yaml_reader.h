// YAML text to Value, with positions. The only user of yaml-cpp.
#pragma once

#include <string_view>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/value.h"

namespace hearth {

// All documents of TEXT. Complaints go to DIAGNOSTICS (several at once where reading can go on); documents with an
// error of syntax are left out. Every Value carries its position, every map key too. `{secret: NAME}` with NAME a string
// becomes a SecretName. Never throws, whatever TEXT holds, and takes time and memory linear in its size.
std::vector<Value> read_yaml(std::string_view text, std::string_view file, Diagnostics& diagnostics);

}  // namespace hearth
