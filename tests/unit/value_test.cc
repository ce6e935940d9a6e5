#include "reconciler/core/value.h"

#include <gtest/gtest.h>

#include "reconciler/core/json.h"

namespace hearth {
namespace {

TEST(Value, ComparesContentWithoutRegardToOrderOrPosition) {
  Value a = Map{{"one", 1}, {"two", List{"x", nullptr}}};
  Value b = Map{{"two", List{"x", nullptr}}, {"one", 1.0}};
  b.set_position({intern_file_name("b.yaml"), 3, 4});
  EXPECT_EQ(a, b);
  b.find("two")->as_list().emplace_back("y");
  EXPECT_NE(a, b);
}

TEST(Value, UnknownEqualsNothing) {
  const Value unknown = UnknownValue{"no answer"};
  EXPECT_NE(unknown, unknown);
  EXPECT_NE(unknown, Value(nullptr));
}

TEST(Json, GivesBackWhatItRead) {
  const auto value = parse_json(R"({"b": [1, 2.5, null, true, "ü"], "a": {}})");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(to_json(*value), R"({"b":[1,2.5,null,true,"ü"],"a":{}})");
  EXPECT_EQ(to_canonical_json(*value), R"({"a":{},"b":[1,2.5,null,true,"ü"]})");
}

TEST(Json, SaysWhereTextIsBroken) {
  const auto value = parse_json("{", "x.json");
  ASSERT_FALSE(value.has_value());
  EXPECT_EQ(value.error().rule, "bad-json");
}

TEST(Json, ReplacesBytesThatAreNoUtf8) {
  EXPECT_EQ(to_json(Value("\xff")), "\"\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace hearth
