// What can be said of a YAML file before anything parses it. Internal to the YAML reader.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "reconciler/manifest/yaml_complaints.h"

namespace hearth {

// A part of a file that holds at most one document.
struct YamlChunk {
  std::string_view text;
  std::size_t line = 1;  // of its first character, in the file
};

// Whether TEXT is UTF-8 without control characters; complains where it is not. A parser would guess at
// encodings and put U+FFFD in place of bad bytes.
bool is_clean_text(std::string_view text, YamlComplaints& complaints);

// Splits before each `---` line. YAML lets that marker stand nowhere else, so an error in one document cannot
// hide the next, and yaml-cpp (whose 0.7 finds documents without end in ",") is asked for one document at a
// time.
std::vector<YamlChunk> split_documents(std::string_view text);

// A line of %YAML or %TAG before the document would change what the text means; without them there is one
// YAML. Complains when there is one.
bool has_directive(const YamlChunk& chunk, YamlComplaints& complaints);

}  // namespace hearth
