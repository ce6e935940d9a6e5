#include "reconciler/manifest/merge.h"

#include <gtest/gtest.h>

#include <string>

#include "reconciler/core/json.h"

namespace hearth {
namespace {

Value json(const char* text) {
  return parse_json(text).value();
}
std::string merged(const char* base, const char* overlay) {
  return to_json(merge(json(base), json(overlay)));
}

TEST(Merge, MergesMapsKeyByKey) {
  EXPECT_EQ(merged(R"({"a":1,"m":{"x":1,"y":2}})", R"({"m":{"y":3,"z":4},"b":5})"),
            R"({"a":1,"m":{"x":1,"y":3,"z":4},"b":5})");
}

TEST(Merge, ReplacesEverythingElse) {
  EXPECT_EQ(merged(R"({"l":[1,2]})", R"({"l":[3]})"), R"({"l":[3]})");
  EXPECT_EQ(merged(R"({"m":{"x":1}})", R"({"m":null})"), R"({"m":null})");
  EXPECT_EQ(merged(R"({"m":null})", R"({"m":{"x":1}})"), R"({"m":{"x":1}})");
  EXPECT_EQ(merged(R"({"m":{"x":1}})", R"({"m":"text"})"), R"({"m":"text"})");
}

TEST(Merge, ReplacesSecretsWhole) {
  const Value base = Map{{"password", Map{{"x", 1}}}};
  const Value overlay = Map{{"password", SecretName{"a"}}};
  EXPECT_EQ(merge(base, overlay), overlay);
  EXPECT_EQ(merge(overlay, base), base);
}

TEST(Merge, KeepsWhereEachValueIsWritten) {
  const auto* file = intern_file_name("x.yaml");
  Map base_map;
  base_map.set("a", {file, 1, 1}, Value("base"));
  base_map.set("b", {file, 2, 1}, Value("base"));
  Value base = std::move(base_map);
  base.set_position({file, 1, 1});
  Map overlay_map;
  overlay_map.set("b", {file, 9, 3}, Value("overlay"));
  Value overlay = std::move(overlay_map);
  overlay.set_position({file, 9, 3});
  const Value result = merge(base, overlay);
  EXPECT_EQ(result.position().line, 1U);
  EXPECT_EQ(result.as_map().key_position("a").line, 1U);
  EXPECT_EQ(result.as_map().key_position("b").line, 9U);
}

// Large maps go by an index: the same result, and not a comparison of each key with each.
TEST(Merge, MergesLargeMapsAlike) {
  Map base;
  Map overlay;
  Map expected;
  for (int i = 0; i < 100; ++i) base.append("k" + std::to_string(i), {}, Map{{"x", i}});
  for (int i = 50; i < 150; ++i) overlay.append("k" + std::to_string(i), {}, Map{{"y", i}});
  for (int i = 0; i < 150; ++i) {
    Map entry;
    if (i < 100) entry.append("x", {}, i);
    if (i >= 50) entry.append("y", {}, i);
    expected.append("k" + std::to_string(i), {}, std::move(entry));
  }
  EXPECT_EQ(to_json(merge(base, overlay)), to_json(expected));
}

}  // namespace
}  // namespace hearth
