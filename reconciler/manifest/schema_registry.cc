#include "reconciler/manifest/schema_registry.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "reconciler/core/json.h"
#include "reconciler/core/utf8.h"

namespace hearth {

namespace {

constexpr std::string_view suffix = ".schema.json";

Diagnostic bad_schema(std::string_view file, std::string message, std::string hint = {}) {
  Diagnostic diagnostic = failure("bad-schema", std::move(message), std::move(hint));
  diagnostic.position.file = intern_file_name(file);
  return diagnostic;
}

// Kinds begin with a capital; hearth.schema.json and its like are schemas of something else.
bool is_kind_file(const std::string& name) {
  return name.size() > suffix.size() && name.ends_with(suffix) && name.front() >= 'A' && name.front() <= 'Z';
}

// The first reference to a kind that is not there, as `KIND.field refers to NAME`; "" when there is none.
std::string missing_reference(const SchemaRegistry& registry, const FieldSchema& field,
                              const std::string& path) {
  if (!field.reference.empty() && registry.find(field.reference) == nullptr)
    return path + " refers to " + field.reference;
  for (const auto& below : field.fields) {
    std::string found = missing_reference(registry, below, path + "." + below.name);
    if (!found.empty()) return found;
  }
  for (const auto& below : {field.entries, field.elements}) {
    std::string found = below == nullptr ? std::string{} : missing_reference(registry, *below, path);
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace

Result<SchemaRegistry> SchemaRegistry::load(const std::string& folder) {
  std::vector<std::pair<std::string, std::string>> texts;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!is_kind_file(name)) continue;
    const std::string path = entry->path().string();
    std::ifstream in(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in)
      return tl::unexpected(bad_schema(path, "the schema cannot be read", "check the file's permissions"));
    texts.emplace_back(path, std::move(text));
  }
  if (error) {
    return tl::unexpected(bad_schema(folder, "the folder of schemas cannot be read: " + error.message(),
                                     "reinstall hearth, or check the folder's permissions"));
  }
  if (texts.empty())
    return tl::unexpected(bad_schema(folder, "there are no schemas in this folder", "reinstall hearth"));
  std::sort(texts.begin(), texts.end());  // so that errors do not depend on the file system
  auto registry = from_texts(texts);
  if (!registry) return registry;
  for (const auto& [name, kind] : registry->kinds_) {
    const std::string missing = missing_reference(*registry, kind->root(), name);
    if (!missing.empty())
      return tl::unexpected(bad_schema(folder, missing + ", which is no kind of this installation"));
  }
  return registry;
}

Result<SchemaRegistry> SchemaRegistry::from_texts(
    const std::vector<std::pair<std::string, std::string>>& texts) {
  SchemaRegistry registry;
  for (const auto& [file, text] : texts) {
    auto document = parse_json(text, file);
    if (!document) return tl::unexpected(document.error());
    auto kind = KindSchema::compile(std::move(*document), file);
    if (!kind) return tl::unexpected(kind.error());
    const std::string name = (*kind)->kind();
    if (!registry.kinds_.emplace(name, std::move(*kind)).second) {
      return tl::unexpected(bad_schema(file, "the kind " + quote(name) + " is described twice"));
    }
  }
  return registry;
}

const KindSchema* SchemaRegistry::find(std::string_view kind) const {
  const auto found = kinds_.find(kind);
  return found == kinds_.end() ? nullptr : found->second.get();
}

std::vector<std::string> SchemaRegistry::kinds() const {
  std::vector<std::string> names;
  names.reserve(kinds_.size());
  for (const auto& [name, kind] : kinds_) names.push_back(name);
  return names;
}

}  // namespace hearth
