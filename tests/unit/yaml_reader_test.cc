#include "reconciler/manifest/yaml_reader.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "reconciler/core/json.h"
#include "reconciler/manifest/yaml_scalar.h"

namespace hearth {
namespace {

std::vector<Value> read(std::string_view text) {
  Diagnostics diagnostics;
  auto documents = read_yaml(text, "test.yaml", diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << diagnostics.to_string();
  return documents;
}

std::string rules(std::string_view text, const YamlLimits& limits = {}) {
  Diagnostics diagnostics;
  read_yaml(text, "test.yaml", diagnostics, limits);
  std::string found;
  for (const auto& diagnostic : diagnostics.all()) found += (found.empty() ? "" : " ") + diagnostic.rule;
  return found;
}

TEST(YamlReader, GivesEveryValueAndKeyItsPlace) {
  const auto documents = read("# a comment\nkind: File\n---\nspec:\n  list:\n    - one\n    - {a: 1}\n");
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(documents[0].position().to_string(), "test.yaml:2:1");
  EXPECT_EQ(documents[0].find("kind")->position().to_string(), "test.yaml:2:7");
  const Value& spec = *documents[1].find("spec");
  EXPECT_EQ(documents[1].as_map().key_position("spec").to_string(), "test.yaml:4:1");
  EXPECT_EQ(spec.position().to_string(), "test.yaml:5:3");
  const List& list = spec.find("list")->as_list();
  EXPECT_EQ(list[0].position().to_string(), "test.yaml:6:7");
  EXPECT_EQ(list[1].position().to_string(), "test.yaml:7:7");
  EXPECT_EQ(list[1].as_map().key_position("a").to_string(), "test.yaml:7:8");
  EXPECT_EQ(list[1].find("a")->position().to_string(), "test.yaml:7:11");
}

TEST(YamlReader, CountsColumnsInBytes) {
  const auto documents = read("{ä: c, b: d}");
  EXPECT_EQ(documents.at(0).as_map().key_position("b").column, 9U);
}

TEST(YamlReader, KeepsTheOrderOfKeys) {
  EXPECT_EQ(to_json(read("b: 1\na: 2\nc: 3\n").at(0)), R"({"b":1,"a":2,"c":3})");
}

TEST(YamlReader, MakesSecretsOfWhatNamesOne) {
  const auto documents = read("a: {secret: samba/alice}\nb:\n  secret: x\nc: {secret: x, other: z}\n");
  ASSERT_TRUE(documents.at(0).find("a")->is_secret());
  EXPECT_EQ(documents[0].find("a")->as_secret().name, "samba/alice");
  EXPECT_EQ(documents[0].find("a")->position().to_string(), "test.yaml:1:4");
  EXPECT_TRUE(documents[0].find("b")->is_secret());
  EXPECT_TRUE(documents[0].find("c")->is_map());
}

TEST(YamlReader, LeavesOutDocumentsOfCommentsOnly) {
  EXPECT_TRUE(read("").empty());
  EXPECT_TRUE(read("# nothing\n---\n\n---\n# nothing\n").empty());
  EXPECT_EQ(read("---\n---\na: b\n...\n").size(), 1U);
}

TEST(YamlReader, ReadsWhatFollowsABrokenDocument) {
  Diagnostics diagnostics;
  const auto documents = read_yaml("a: [\n---\nb: }\n---\nc: d\n", "test.yaml", diagnostics);
  EXPECT_EQ(diagnostics.all().size(), 2U) << diagnostics.to_string();
  ASSERT_EQ(documents.size(), 1U);
  EXPECT_EQ(documents[0].find("c")->position().to_string(), "test.yaml:5:4");
}

TEST(YamlReader, TakesADocumentMarkerOnlyAtTheStartOfALine) {
  const auto documents = read("text: |\n  ---\n  not a document\ndashes: \"---\"\n--- {a: b}\n");
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(documents[0].string_or("text", ""), "---\nnot a document\n");
  EXPECT_EQ(read("a: b\n---c: d\n").size(), 1U);
}

// yaml-cpp 0.7 finds documents without end in this.
TEST(YamlReader, EndsWhereTheLibraryWouldNot) {
  EXPECT_EQ(rules(","), "bad-yaml");
}

TEST(YamlReader, RefusesHugeFilesAndTooManyValues) {
  YamlLimits limits;
  limits.bytes = 20;
  limits.values = 4;
  EXPECT_EQ(rules("aaaaaaaaaaaaaaaaaaaa", limits), "");
  EXPECT_EQ(rules("aaaaaaaaaaaaaaaaaaaaa", limits), "too-large");
  EXPECT_EQ(rules("[1, 2, 3]", limits), "");
  EXPECT_EQ(rules("[1, 2, 3, 4]", limits), "too-large");
  EXPECT_EQ(rules("[1, 2]\n---\n[1, 2]", limits), "too-large") << "counts per file, not per document";
}

TEST(YamlReader, GivesUpAfterManyErrors) {
  YamlLimits limits;
  limits.errors = 2;
  EXPECT_EQ(rules("[no, no]", limits), "ambiguous-scalar ambiguous-scalar");
  EXPECT_EQ(rules("[no, no, no, no]\n---\n[no]", limits),
            "ambiguous-scalar ambiguous-scalar too-many-errors");
}

TEST(YamlReader, FindsDuplicatesInLargeMaps) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "key" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(read(text).at(0).as_map().size(), 10'000U);
  EXPECT_EQ(rules(text + "key9999: 2\nkey3: 2\n"), "duplicate-key duplicate-key");
}

TEST(YamlReader, RefusesNestingBeyondMeasureInEveryStyle) {
  const int depth = 1000;
  std::string block;
  std::string dashes;
  std::string maps;
  for (int i = 0; i < depth; ++i) {
    block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
    dashes += "- ";
    maps += "{a: ";
  }
  const std::string flow = std::string(depth, '[') + std::string(depth, ']');
  maps += "b" + std::string(depth, '}');
  for (const auto& text : {flow, block, dashes, maps}) EXPECT_EQ(rules(text), "too-deep");
}

struct ScalarCase {
  std::string_view text;
  Value value;
};

TEST(YamlScalar, FollowsTheCoreSchemaOfYaml12) {
  const std::vector<ScalarCase> cases = {
      {"null", nullptr},
      {"~", nullptr},
      {"", nullptr},
      {"true", true},
      {"FALSE", false},
      {"0", 0},
      {"-1", -1},
      {"+7", 7},
      {"0x1F", 31},
      {"1.5", 1.5},
      {"-.5", -0.5},
      {"1.", 1.0},
      {"1.0e+3", 1000.0},
      {"nUll", "nUll"},
      {"tRue", "tRue"},
      {"1.2.3", "1.2.3"},
      {"10.0.0.1", "10.0.0.1"},
      {"1a", "1a"},
      {"-", "-"},
      {".", "."},
      {"+", "+"},
      {"0x", "0x"},
      {"0xG", "0xG"},
      {"::1", "::1"},
      {"_1", "_1"},
      {"a:b", "a:b"},
      {"00:11:22:33:44:55", "00:11:22:33:44:55"},
      {"2001-1-1", "2001-1-1"},
      {"1e", "1e"},
      {"12:60", "12:60"},
      {"1:", "1:"},
      {"None", "None"},
      {"e5", "e5"},
      {"4GiB", "4GiB"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.text);
    const PlainScalar scalar = read_plain_scalar(one.text);
    EXPECT_EQ(scalar.value.type(), one.value.type());
    EXPECT_EQ(scalar.value, one.value) << to_json(scalar.value);
    EXPECT_EQ(scalar.otherwise, "");
    EXPECT_EQ(scalar.problem, "");
  }
}

TEST(YamlScalar, KnowsWhatYaml11ReadsOtherwise) {
  for (const std::string_view text : {"y",
                                      "Y",
                                      "yes",
                                      "Yes",
                                      "YES",
                                      "n",
                                      "N",
                                      "no",
                                      "No",
                                      "NO",
                                      "on",
                                      "On",
                                      "ON",
                                      "off",
                                      "Off",
                                      "OFF",
                                      "=",
                                      "<<",
                                      "0644",
                                      "-0644",
                                      "00",
                                      "08",
                                      "0o17",
                                      "0b11",
                                      "-0b1",
                                      "-0x1F",
                                      "1_000",
                                      "1_0.5",
                                      "0x_ff",
                                      "12:34:56",
                                      "1:1",
                                      "0:30.5",
                                      "52:54:00:12:34:56",
                                      "2001-12-14",
                                      "2001-12-14t21:59:43.10-05:00",
                                      "2001-12-14 21:59:43",
                                      "1e3",
                                      "1.5e3",
                                      "1E10"}) {
    EXPECT_NE(read_plain_scalar(text).otherwise, "") << text;
  }
}

TEST(YamlScalar, RefusesNumbersItCannotHold) {
  for (const std::string_view text : {"9223372036854775808", "-9223372036854775809", "0xFFFFFFFFFFFFFFFFF",
                                      ".inf", "-.Inf", "+.INF", ".NaN", "1.0e+999"}) {
    EXPECT_NE(read_plain_scalar(text).problem, "") << text;
  }
  EXPECT_EQ(read_plain_scalar("-9223372036854775808").value, Value(std::numeric_limits<std::int64_t>::min()));
}

}  // namespace
}  // namespace hearth
