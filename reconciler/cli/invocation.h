// What every command is told, whatever it does.
#pragma once

#include <cstdint>
#include <string>

#include "reconciler/cli/text_style.h"

namespace hearth {

enum class OutputFormat : std::uint8_t { text, json };

struct Invocation {
  std::string command;  // "validate", …
  std::string folder = "./manifests";
  OutputFormat output = OutputFormat::text;
  TextStyle style;           // of standard output
  TextStyle error_style;     // of standard error
  bool interactive = false;  // a person is there to be asked: standard input and error are terminals
  bool timings = false;

  [[nodiscard]] bool json() const { return output == OutputFormat::json; }
};

}  // namespace hearth
