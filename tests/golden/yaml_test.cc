// What the YAML reader says of each mistake: rule, line, column and words.
#include <gtest/gtest.h>

#include "reconciler/core/json.h"
#include "reconciler/core/rules.h"
#include "reconciler/manifest/yaml_reader.h"
#include "tests/golden/golden.h"

namespace hearth {
namespace {

class YamlGolden : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(YamlGolden, SaysWhatIsExpected) {
  Diagnostics diagnostics;
  const std::string file = GetParam().filename().string();
  const auto documents = read_yaml(golden::read_file(GetParam()), file, diagnostics);
  std::string actual = diagnostics.to_string();
  for (const auto& document : documents) actual += "--- " + to_json(document) + "\n";
  golden::check(GetParam(), actual);
  for (const auto& diagnostic : diagnostics.all()) {
    EXPECT_NE(find_rule(diagnostic.rule), nullptr) << diagnostic.rule << " is not in the table of rules";
  }
}

INSTANTIATE_TEST_SUITE_P(Yaml, YamlGolden, testing::ValuesIn(golden::cases("yaml", ".yaml")),
                         golden::CaseName());

TEST(YamlGoldenFolder, HasNoExpectedFileWithoutACase) {
  EXPECT_TRUE(golden::orphans("yaml", ".yaml").empty());
}

}  // namespace
}  // namespace hearth
