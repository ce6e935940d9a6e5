#include "reconciler/core/time_span.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

using std::chrono::seconds;

TEST(TimeSpan, IsReadWithItsUnits) {
  EXPECT_EQ(parse_time_span("45s"), seconds(45));
  EXPECT_EQ(parse_time_span("90m"), seconds(5400));
  EXPECT_EQ(parse_time_span("2h"), seconds(7200));
  EXPECT_EQ(parse_time_span("1d"), seconds(86400));
  EXPECT_EQ(parse_time_span("2w"), seconds(14 * 86400));
  EXPECT_EQ(parse_time_span("1h30m"), seconds(5400));
  EXPECT_EQ(parse_time_span("52w"), seconds(52 * 7 * 86400));
}

TEST(TimeSpan, IsRefusedWhereItIsNotPlain) {
  for (const char* text : {"", "2", "h", "2 h", "2x", "-2h", "+2h", "0h", "30m1h", "1h1h", "1.5h", "2h ",
                           "9999999999h", "54w", "99999999999999999999s", "2hours"}) {
    EXPECT_EQ(parse_time_span(text), std::nullopt) << text;
  }
}

TEST(TimeSpan, IsToldInItsTwoLargestParts) {
  EXPECT_EQ(time_span_text(seconds(0)), "0 s");
  EXPECT_EQ(time_span_text(seconds(-5)), "0 s");
  EXPECT_EQ(time_span_text(seconds(40)), "40 s");
  EXPECT_EQ(time_span_text(seconds(7200)), "2 h");
  EXPECT_EQ(time_span_text(seconds(7501)), "2 h 5 min");
  EXPECT_EQ(time_span_text(seconds(86400 * 3 + 3600 * 4 + 59)), "3 d 4 h");
}

}  // namespace
}  // namespace hearth
