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

TEST(Json, RefusesTextThatNestsWithoutEnd) {
  for (const char* open : {"[", "{\"a\":"}) {
    std::string text;
    for (int i = 0; i < 1'000'000; ++i) text += open;
    const auto value = parse_json(text, "x.json");
    ASSERT_FALSE(value.has_value());
    EXPECT_NE(value.error().message.find("nested deeper than 512 levels"), std::string::npos)
        << value.error().message.substr(0, 200);
  }
  const auto deep = [](int levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(parse_json(deep(512)).has_value());
  EXPECT_FALSE(parse_json(deep(513)).has_value());
}

TEST(Json, PrintsValuesThatNestWithoutEnd) {
  Value value = 1;
  const auto nest = [](Value inner) {
    List list;
    list.push_back(std::move(inner));
    return Value(std::move(list));
  };
  // Deep enough to be refused; not so deep that letting go of it fills the call stack that a sanitizer keeps.
  for (int i = 0; i < 600; ++i) value = nest(std::move(value));
  for (const std::string& text : {to_json(value), to_json(value, true), to_canonical_json(value)}) {
    EXPECT_NE(text.find("nested too deeply"), std::string::npos);
  }
  Value fits = 1;
  for (int i = 0; i < 512; ++i) fits = nest(std::move(fits));
  EXPECT_EQ(to_json(fits).find("nested too deeply"), std::string::npos);
}

}  // namespace
}  // namespace hearth
