#include "reconciler/cli/live_lines.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace hearth {
namespace {

// As much of a terminal as LiveLines uses: newline, carriage return, cursor up, erase to the end.
class Screen {
 public:
  void write(const std::string& bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] == '\n') {
        ++row_;
        column_ = 0;
      } else if (bytes[i] == '\r') {
        column_ = 0;
      } else if (bytes[i] == '\x1b') {
        const std::size_t end = bytes.find_first_of("AJ", i);
        ASSERT_NE(end, std::string::npos);
        if (bytes[end] == 'A') {
          const auto up = static_cast<std::size_t>(std::stoi(bytes.substr(i + 2, end - i - 2)));
          ASSERT_LE(up, row_) << "goes above its own lines";
          row_ -= up;
        } else {
          lines_.resize(row_ + 1);
          lines_[row_].resize(column_);
        }
        i = end;
      } else {
        if (lines_.size() <= row_) lines_.resize(row_ + 1);
        lines_[row_].resize(column_);
        lines_[row_] += bytes[i];
        ++column_;
      }
    }
  }
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto& line : lines_) {
      if (!line.empty()) out += line + "\n";
    }
    return out;
  }

 private:
  std::vector<std::string> lines_;
  std::size_t row_ = 0;
  std::size_t column_ = 0;
};

class LiveLinesTest : public testing::Test {
 protected:
  std::string screen() {
    screen_.write(out_.str());
    out_.str("");
    return screen_.text();
  }
  std::ostringstream out_;
  Screen screen_;
};

TEST_F(LiveLinesTest, ChangesALineInPlace) {
  LiveLines lines(out_, 40, 10);
  lines.set("a", "a: 1");
  lines.set("b", "b: 1");
  EXPECT_EQ(screen(), "a: 1\nb: 1\n");
  lines.set("a", "a: 2");
  EXPECT_EQ(screen(), "a: 2\nb: 1\n");
}

TEST_F(LiveLinesTest, KeepsFinishedLinesAboveLiveOnes) {
  LiveLines lines(out_, 40, 10);
  lines.set("a", "a: working");
  lines.finish("done x");
  lines.finish("done y");
  EXPECT_EQ(screen(), "done x\ndone y\na: working\n");
}

TEST_F(LiveLinesTest, LeavesOnlyFinishedLinesBehind) {
  {
    LiveLines lines(out_, 40, 10);
    lines.set("a", "a: working");
    lines.set("b", "b: working");
    lines.finish("done");
    lines.remove("a");
    EXPECT_EQ(screen(), "done\nb: working\n");
  }
  EXPECT_EQ(screen(), "done\n");
}

TEST_F(LiveLinesTest, FitsTheTerminal) {
  LiveLines lines(out_, 10, 4);
  for (const char* key : {"a", "b", "c", "d"}) lines.set(key, std::string(key) + ": a long text");
  EXPECT_EQ(screen(), "a: a lon…\nb: a lon…\n");  // no wrapping, no scrolling
}

TEST_F(LiveLinesTest, PrintsOnlyFinishedLinesOffATerminal) {
  {
    LiveLines lines(out_, 0, 0);
    lines.set("a", "a: working");
    lines.finish("done");
    lines.remove("a");
  }
  EXPECT_EQ(out_.str(), "done\n");
}

TEST_F(LiveLinesTest, DrawsNothingAnewThatHasNotChanged) {
  LiveLines lines(out_, 40, 10);
  lines.set("a", "a: 1");
  screen();
  lines.set("a", "a: 1");
  EXPECT_EQ(out_.str(), "");
}

}  // namespace
}  // namespace hearth
