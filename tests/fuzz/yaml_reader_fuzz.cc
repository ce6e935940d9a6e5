// Any bytes as YAML: reading ends, throws nothing, and what comes back stands where it says.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "reconciler/core/json.h"
#include "reconciler/core/rules.h"
#include "reconciler/manifest/yaml_reader.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

struct Extent {
  std::size_t lines;
  std::size_t longest;
};

Extent extent_of(std::string_view text) {
  Extent extent{1, 0};
  std::size_t length = 0;
  for (const char c : text) {
    if (c == '\n') {
      ++extent.lines;
      length = 0;
    } else {
      extent.longest = std::max(extent.longest, ++length);
    }
  }
  return extent;
}

void require_within(const hearth::Position& position, const Extent& extent) {
  require(position.known() && position.line >= 1 && position.line <= extent.lines);
  require(position.column >= 1 && position.column <= extent.longest + 1);
}

void require_sound(const hearth::Value& value, const Extent& extent, std::size_t depth) {
  require(depth <= hearth::YamlLimits{}.depth);
  require_within(value.position(), extent);
  if (value.is_list()) {
    for (const auto& element : value.as_list()) require_sound(element, extent, depth + 1);
  } else if (value.is_map()) {
    for (const auto& member : value.as_map()) {
      require_within(member.key_position, extent);
      require(value.find(member.key) == &member.value);  // no key twice
      require_sound(member.value, extent, depth + 1);
    }
  } else if (value.is_string()) {
    require(value.as_string().find('\0') == std::string::npos);
  }
}

bool holds_unknown(const hearth::Value& value) {
  if (value.is_list()) return std::any_of(value.as_list().begin(), value.as_list().end(), holds_unknown);
  if (!value.is_map()) return value.is_unknown();
  return std::any_of(value.as_map().begin(), value.as_map().end(),
                     [](const auto& member) { return holds_unknown(member.value); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  hearth::Diagnostics diagnostics;
  const auto documents = hearth::read_yaml(text, "fuzz.yaml", diagnostics);
  const Extent extent = extent_of(text);
  for (const auto& diagnostic : diagnostics.all()) {
    require(hearth::find_rule(diagnostic.rule) != nullptr);
    require_within(diagnostic.position, extent);
  }
  bool unknown = false;
  for (const auto& document : documents) {
    require_sound(document, extent, 0);
    unknown = unknown || holds_unknown(document);
  }
  require(!unknown || diagnostics.has_errors());  // nothing is lost without a word

  // The same again, one document more: no state is left behind, and documents do not reach into each other.
  if (!diagnostics.has_errors()) {
    std::string longer = "--- {first: 1}\n---\n";
    if (text.starts_with("---") || text.starts_with("\xEF\xBB\xBF")) return 0;
    longer += text;
    hearth::Diagnostics again;
    const auto more = hearth::read_yaml(longer, "fuzz.yaml", again);
    require(!again.has_errors() && more.size() == documents.size() + 1);
    for (std::size_t i = 0; i < documents.size(); ++i) require(more[i + 1] == documents[i]);
  }
  return 0;
}
