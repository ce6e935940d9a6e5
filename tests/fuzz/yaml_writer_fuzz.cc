// Whatever can be read can be written, and is then read as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "reconciler/manifest/yaml_reader.h"
#include "reconciler/manifest/yaml_writer.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// Input: YAML documents, and the same bytes as one text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto check = [](const hearth::Value& value) {
    hearth::Diagnostics diagnostics;
    const auto again = hearth::read_yaml(hearth::write_yaml(value), "again.yaml", diagnostics);
    require(diagnostics.empty() && again.size() == 1 && again.front() == value);
  };
  hearth::Diagnostics complaints;
  const auto documents = hearth::read_yaml(text, "fuzz.yaml", complaints);
  if (complaints.empty()) {
    for (const hearth::Value& document : documents) check(document);
  }
  // As a text: not every byte is one that YAML can carry.
  hearth::Diagnostics refused;
  const auto read = hearth::read_yaml(hearth::write_yaml(text), "text.yaml", refused);
  require(refused.has_errors() || (read.size() == 1 && read.front() == hearth::Value(text)));
  return 0;
}
