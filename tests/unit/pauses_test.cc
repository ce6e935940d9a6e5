#include "reconciler/drift/pauses.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

const Address motd{"File", "motd", "pve"};
const Address cron{"Service", "cron", "pve"};

PauseRecord pause(std::string pattern, std::int64_t at, std::int64_t until) {
  return {std::move(pattern), at, until, "eve@desk", "why"};
}
PauseRecord resume(std::string pattern, std::int64_t at) {
  return {std::move(pattern), at, 0, "eve@desk", ""};
}

TEST(Pauses, HoldUntilTheyExpire) {
  const std::vector<PauseRecord> records = {pause("", 10, 100)};
  EXPECT_TRUE(paused(records, motd, 10));
  EXPECT_TRUE(paused(records, motd, 99));
  EXPECT_FALSE(paused(records, motd, 100));
  EXPECT_EQ(open_pauses(records, 99).size(), 1U);
  EXPECT_TRUE(open_pauses(records, 100).empty());
}

TEST(Pauses, HoldWhatTheirPatternMatches) {
  const std::vector<PauseRecord> records = {pause("File/motd", 10, 100)};
  EXPECT_TRUE(paused(records, motd, 20));
  EXPECT_FALSE(paused(records, cron, 20));
  EXPECT_TRUE(paused({pause("*/*@pve", 10, 100)}, cron, 20));
  EXPECT_FALSE(paused({pause("*/*@agent", 10, 100)}, cron, 20));
}

TEST(Pauses, OverlapWithoutShorteningEachOther) {
  const std::vector<PauseRecord> records = {pause("", 10, 100), pause("File", 20, 50)};
  ASSERT_TRUE(paused(records, motd, 60));
  EXPECT_EQ(paused(records, motd, 30)->until, 100);
}

TEST(Pauses, AreEndedByAResumptionOfWhatTheyHold) {
  const std::vector<PauseRecord> everything = {pause("", 10, 100), pause("File", 11, 100), resume("", 20)};
  EXPECT_FALSE(paused(everything, motd, 30));
  EXPECT_TRUE(open_pauses(everything, 30).empty());
  // One thing is taken up again while the rest stays paused, and the pause as a whole is still there to be told.
  const std::vector<PauseRecord> one = {pause("", 10, 100), resume("File/motd@pve", 20)};
  EXPECT_FALSE(paused(one, motd, 30));
  EXPECT_TRUE(paused(one, cron, 30));
  EXPECT_EQ(open_pauses(one, 30).size(), 1U);
  EXPECT_EQ(last_resumed(one, motd), 20);
  EXPECT_EQ(last_resumed(one, cron), 0);
  // And may be paused again.
  EXPECT_TRUE(paused({pause("", 10, 100), resume("", 20), pause("File", 25, 90)}, motd, 30));
}

}  // namespace
}  // namespace hearth
