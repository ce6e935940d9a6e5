// All kinds that this installation knows.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/manifest/kind_schema.h"

namespace hearth {

// Immutable after loading; may then be read from any thread.
class SchemaRegistry {
 public:
  // Reads every <Kind>.schema.json in FOLDER. One bad schema fails the whole: an installation is whole or
  // broken.
  static Result<SchemaRegistry> load(const std::string& folder);
  // For tests: schema texts by file name.
  static Result<SchemaRegistry> from_texts(const std::vector<std::pair<std::string, std::string>>& texts);

  [[nodiscard]] const KindSchema* find(std::string_view kind) const;
  [[nodiscard]] std::vector<std::string> kinds() const;  // sorted

 private:
  std::map<std::string, std::unique_ptr<KindSchema>, std::less<>> kinds_;
};

}  // namespace hearth
