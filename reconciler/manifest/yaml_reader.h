// YAML text to Value, with positions. The only user of yaml-cpp.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/value.h"

namespace hearth {

// Caps of one file: far above what a homelab writes (100,000 resources in one file are some 15 MB), far below
// what hurts.
struct YamlLimits {
  std::size_t bytes = std::size_t{32} << 20U;
  std::size_t values = 4'000'000;
  std::size_t depth = 64;
  std::size_t errors = 100;
};

// All documents of TEXT (those of comments only left out). Complaints go to DIAGNOSTICS, several at once
// where reading can go on; a document with an error of syntax is left out. A value that was complained of
// becomes an UnknownValue, a key is dropped with its value: whoever checks further passes over an
// UnknownValue in silence. Every Value carries its position, every map key too; a block map's position is
// that of its first key. `{secret: NAME}` with NAME a string becomes a SecretName. Never throws, whatever
// TEXT holds, and takes time and memory linear in its size.
std::vector<Value> read_yaml(std::string_view text, std::string_view file, Diagnostics& diagnostics,
                             const YamlLimits& limits = {});

}  // namespace hearth
