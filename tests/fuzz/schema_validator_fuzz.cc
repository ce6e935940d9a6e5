// Any schema over any values: compiling and judging end, and the quick verdict is the talkative one's.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "reconciler/core/rules.h"
#include "reconciler/manifest/kind_schema.h"
#include "reconciler/manifest/schema_validator.h"
#include "reconciler/manifest/yaml_reader.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void judge(const hearth::Value& schema, const std::vector<hearth::Value>& documents,
           hearth::SchemaValidator::Dialect dialect) {
  hearth::Diagnostics complaints;
  const auto validator = hearth::SchemaValidator::compile(schema, "fuzz", complaints, dialect);
  require((validator == nullptr) == complaints.has_errors());
  if (validator == nullptr) return;
  for (const auto& instance : documents) {
    const hearth::Diagnostics found = validator->validate(instance, "spec");
    require(validator->is_valid(instance) == !found.has_errors());
    for (const auto& diagnostic : found.all()) {
      require(hearth::find_rule(diagnostic.rule) != nullptr);
      require(!diagnostic.message.empty());
    }
  }
}

}  // namespace

// Input: YAML documents. The first is the schema, all (itself too) are judged by it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hearth::Diagnostics diagnostics;
  const auto documents = hearth::read_yaml(std::string_view(reinterpret_cast<const char*>(data), size),
                                           "fuzz.yaml", diagnostics);
  if (documents.empty()) return 0;
  judge(documents.front(), documents, hearth::SchemaValidator::Dialect::hearth);
  judge(documents.front(), documents, hearth::SchemaValidator::Dialect::draft7);
  const auto kind = hearth::KindSchema::compile(documents.front(), "fuzz");
  if (kind) {
    for (const auto& instance : documents)
      require(!(*kind)->root().type.empty() && (*kind)->validate(instance).all().size() <= 100);
  }
  return 0;
}
