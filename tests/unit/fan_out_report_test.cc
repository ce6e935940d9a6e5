#include "reconciler/manifest/fan_out_report.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hearth {
namespace {

Diagnostic complaint(const char* message) {
  return {Severity::error, "some-rule", {}, "", message, ""};
}

std::vector<std::string> messages(FanOutReport& report) {
  Diagnostics diagnostics;
  report.flush(diagnostics);
  std::vector<std::string> out;
  for (const auto& diagnostic : diagnostics.all()) out.push_back(diagnostic.message);
  return out;
}

using Messages = std::vector<std::string>;

TEST(FanOutReport, NamesTheHostsOfOneComplaint) {
  const std::vector<std::pair<int, std::string>> cases = {
      {0, "no x; see there"},
      {1, "no x on h0; see there"},
      {2, "no x on h0 and h1; see there"},
      {4, "no x on h0, h1, h2 and h3; see there"},
      {5, "no x on h0, h1, h2 and 2 more hosts; see there"},
      {100, "no x on h0, h1, h2 and 97 more hosts; see there"},
  };
  for (const auto& [hosts, expected] : cases) {
    FanOutReport report;
    if (hosts == 0) report.add(complaint("no x"), "", "; see there");
    for (int i = 0; i < hosts; ++i) report.add(complaint("no x"), "h" + std::to_string(i), "; see there");
    EXPECT_EQ(messages(report), Messages{expected});
  }
}

TEST(FanOutReport, KeepsDifferentComplaintsApart) {
  FanOutReport report;
  report.add(complaint("b"), "h");
  report.add(complaint("a"), "h");
  report.add(complaint("b"), "h", " tail");
  report.add(complaint("b"), "h");  // the same host again
  EXPECT_EQ(messages(report), (Messages{"b on h", "a on h", "b on h tail"}));
  EXPECT_EQ(messages(report), Messages{}) << "said twice";
}

}  // namespace
}  // namespace hearth
