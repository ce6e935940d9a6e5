// What a word without quotes means in YAML.
#pragma once

#include <string>
#include <string_view>

#include "reconciler/core/value.h"

namespace hearth {

// YAML 1.2's core schema, and what speaks against relying on it.
struct PlainScalar {
  Value value;  // null, a boolean, an integer, a real or the text itself
  // How YAML 1.1 (and the programs that still follow it) reads TEXT where that is something else: "the
  // boolean false", "a time in base 60"; "" where both agree.
  std::string otherwise;
  std::string problem;  // why VALUE cannot be represented (beyond 64 bits, infinite); "" when it can
};

PlainScalar read_plain_scalar(std::string_view text);

}  // namespace hearth
