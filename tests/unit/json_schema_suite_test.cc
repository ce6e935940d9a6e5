// The official JSON Schema test suite, draft 7, in its Debian package: proof that a keyword means here what
// it means everywhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "reconciler/core/json.h"
#include "reconciler/manifest/schema_validator.h"

namespace hearth {
namespace {

const std::filesystem::path suite = "/usr/share/json-schema-test-suite/tests/draft7";

// What hearth's validator leaves out on purpose: it must refuse each of these loudly, and no other.
const std::set<std::pair<std::string, std::string>> unsupported = {
    // References to other documents: a kind's schema is one file.
    {"definitions.json", "valid definition"},
    {"definitions.json", "invalid definition"},
    {"ref.json", "remote ref, containing refs itself"},
    {"refRemote.json", "base URI change"},
    {"refRemote.json", "base URI change - change folder"},
    {"refRemote.json", "base URI change - change folder in subschema"},
    {"refRemote.json", "fragment within remote ref"},
    {"refRemote.json", "ref within remote ref"},
    {"refRemote.json", "remote ref"},
    {"refRemote.json", "root ref in remote ref"},
    // $id below the root gives a part of a document another address.
    {"ref.json", "Recursive references between schemas"},
    // Keeps definitions below keywords of its own, which a misspelt keyword could not be told from.
    {"ref.json", "escaped pointer ref"},
};

Value read_json(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  auto value = parse_json(text, path.string());
  EXPECT_TRUE(value.has_value()) << path;
  return value ? *value : Value();
}

TEST(JsonSchemaSuite, PassesWholly) {
  if (!std::filesystem::is_directory(suite))
    GTEST_SKIP() << "the package json-schema-test-suite is not installed";
  std::size_t files = 0;
  std::size_t cases = 0;
  std::set<std::pair<std::string, std::string>> refused;
  for (const auto& entry : std::filesystem::directory_iterator(suite)) {
    if (entry.path().extension() != ".json") continue;
    ++files;
    const std::string file = entry.path().filename().string();
    const Value groups = read_json(entry.path());
    ASSERT_TRUE(groups.is_list());
    for (const auto& group : groups.as_list()) {
      const std::string description = group.string_or("description", "");
      SCOPED_TRACE(file + ": " + description);
      Diagnostics diagnostics;
      const auto validator = SchemaValidator::compile(*group.find("schema"), file, diagnostics,
                                                      SchemaValidator::Dialect::draft7);
      EXPECT_EQ(validator == nullptr, diagnostics.has_errors());
      if (validator == nullptr) {
        refused.emplace(file, description);
        EXPECT_TRUE(unsupported.contains({file, description})) << diagnostics.to_string();
        continue;
      }
      for (const auto& test : group.find("tests")->as_list()) {
        ++cases;
        const bool valid = test.find("valid")->as_boolean();
        const Diagnostics found = validator->validate(*test.find("data"), "data");
        EXPECT_EQ(!found.has_errors(), valid) << test.string_or("description", "") << "\n"
                                              << found.to_string();
        // The quick way and the talkative way must never disagree.
        EXPECT_EQ(validator->is_valid(*test.find("data")), valid) << test.string_or("description", "");
      }
    }
  }
  EXPECT_EQ(refused, unsupported);
  EXPECT_GE(files, 35U);
  EXPECT_GE(cases, 390U);
  RecordProperty("cases", static_cast<int>(cases));
}

}  // namespace
}  // namespace hearth
