// Mount and Retention as the functions that they are.

#include <gtest/gtest.h>

#include "providers/host_storage/fstab.h"
#include "providers/host_storage/host_storage_provider.h"
#include "providers/host_storage/mounts.h"
#include "tests/fakes/resources.h"

namespace hearth {
namespace {

// ---- fstab ----

TEST(Fstab, IsReadAsMountReadsIt) {
  const auto entries = read_fstab(
      "# /etc/fstab\n"
      "\n"
      "UUID=1-2 /mnt/a ext4 defaults,nofail 0 2\n"
      " \t/dev/sdb1\t/mnt/with\\040blank   xfs\n"
      "LABEL=\"my\\040disk\" /mnt/q ext4 ro 0 1 # the shelf\r\n"
      "LABEL=my disk /mnt/lost ext4 ro\n"
      "/dev/sdg /mnt/short\n"
      "/dev/sdh /mnt/h ext4 ro,,nofail 0 x\n"
      "none none swap sw 0 0\n"
      "  # more\n"
      "/srv/a /srv/b none bind");
  ASSERT_EQ(entries.size(), 5U);
  EXPECT_EQ(entries[0].options, "defaults,nofail");
  EXPECT_EQ(entries[0].pass, 2);
  EXPECT_EQ(entries[1].source, "/dev/sdb1");
  EXPECT_EQ(entries[1].target, "/mnt/with blank");
  EXPECT_EQ(entries[1].options, "");
  EXPECT_EQ(plain_source(entries[2].source), "LABEL=my disk");
  EXPECT_EQ(entries[2].pass, 1);
  EXPECT_EQ(entries[3].type, "swap");
  EXPECT_EQ(entries[4].options, "bind");
}

TEST(Fstab, OptionsAreParted) {
  EXPECT_EQ(split_options("defaults,ro,,nofail,ro"), (std::vector<std::string>{"ro", "nofail"}));
  EXPECT_EQ(split_options("context=\"a:b,c\",ro"), (std::vector<std::string>{"context=\"a:b,c\"", "ro"}));
  EXPECT_TRUE(split_options("defaults").empty());
}

TEST(Fstab, AChangedLineKeepsWhatIsNotChanged) {
  const std::string before = "UUID=1  /mnt/a\text4   defaults 0 2  # the shelf\r";
  FstabEntry wanted = read_fstab(before + "\n").at(0);
  EXPECT_EQ(fstab_line(before, wanted), before);
  wanted.options = "noatime,nofail";
  EXPECT_EQ(fstab_line(before, wanted), "UUID=1  /mnt/a\text4   noatime,nofail 0 2  # the shelf\r");
  FstabEntry bare = read_fstab("/dev/a /b ext4").at(0);
  bare.pass = 2;
  EXPECT_EQ(fstab_line("/dev/a /b ext4", bare), "/dev/a /b ext4 defaults 0 2");
  EXPECT_EQ(fstab_line(
                "", {.source = "LABEL=a b", .target = "/mnt/c d", .type = "ext4", .options = "", .line = ""}),
            "LABEL=a\\040b /mnt/c\\040d ext4 defaults 0 0");
}

TEST(Mounts, AreReadFromTheKernel) {
  const auto mounts = read_mountinfo(
      "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
      "nonsense\n"
      "36 22 7:3 / /mnt/a\\040b ro,noatime - ext4 /dev/loop3 ro,errors=continue\n"
      "40 22 0:50 / /empty rw -  -  tmpfs  rw\n");
  ASSERT_GE(mounts.size(), 2U);
  EXPECT_EQ(mounts[1].target, "/mnt/a b");
  EXPECT_EQ(mounts[1].device, "7:3");
  EXPECT_EQ(mounts[1].options, (std::vector<std::string>{"ro", "noatime"}));
  EXPECT_EQ(mounts[1].own_options, (std::vector<std::string>{"ro", "errors=continue"}));
}

// ---- Mount ----

constexpr const char* uuid = "UUID=2c7a28db-2f10-4cb7-8d0c-3f6f1f2a5b77";
constexpr const char* disks =
    R"({"blockdevices": [{"name":"/dev/sda1","kname":"/dev/sda1","maj:min":"8:1"},
    {"name":"/dev/sdb1","kname":"/dev/sdb1","maj:min":"8:17"}]})";
constexpr const char* no_disks =
    R"({"blockdevices": [{"name":"/dev/sda1","kname":"/dev/sda1","maj:min":"8:1"}]})";
constexpr const char* root_only = "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n";
constexpr const char* with_disk =
    "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n36 22 8:17 / /mnt/films rw,noatime - ext4 /dev/sdb1 rw\n";

class MountTest : public testing::Test {
 protected:
  HostStorageProvider provider;

  static Resource mount(Map more = {}) {
    Map desired{{"path", "/mnt/films"}, {"source", uuid}};
    for (const auto& [key, position, value] : more) desired.set(key, value);
    return host_resource("Mount", "films", std::move(desired));
  }
  Live live(const Resource& resource, std::string fstab, std::string mountinfo = root_only,
            std::string devices = disks, FileReply point = directory()) {
    const RunReply found =
        devices == disks ? RunReply{0, "/dev/sdb1\n", ""} : RunReply{1, "", "findfs: unable"};
    const std::vector<Reply> replies{regular_file(std::move(fstab)), RunReply{0, std::move(mountinfo), ""},
                                     RunReply{0, std::move(devices), ""}, std::move(point), found};
    return provider.decode(resource, replies);
  }
  static std::vector<std::string> printed(const std::vector<Step>& steps) {
    std::vector<std::string> out;
    for (const Step& step : steps) {
      std::string text = to_string(step.operation);
      out.push_back(text.substr(0, text.find(", checked by")));
    }
    return out;
  }
};

TEST_F(MountTest, IsMadeWithItsLineCheckedAndIsThenMounted) {
  const Resource resource =
      mount({{"type", "ext4"}, {"options", List{"nofail"}}, {"fsckOrder", 2}, {"state", "mounted"}});
  const Live now = live(resource, "# mine\n", root_only, disks, root_owned(FileReply::Type::absent, 0));
  EXPECT_EQ(now.presence, Live::Presence::absent);
  const auto steps = provider.next_steps(resource, now);
  EXPECT_EQ(printed(steps), (std::vector<std::string>{"make directory /mnt/films (0755 root:root)",
                                                      "edit /etc/fstab: nothing becomes '" +
                                                          std::string(uuid) + " /mnt/films ext4 nofail 0 2'",
                                                      "systemctl daemon-reload", "run mount /mnt/films"}));
  EXPECT_FALSE(std::get<ReplaceLines>(steps[1].operation).check.empty());
  for (const Step& step : steps) EXPECT_EQ(step.effect, Effect::none);
}

TEST_F(MountTest, IsInStateWhateverTheOrderOfOptionsAndWhatTheKernelAdds) {
  const Resource resource = mount({{"options", List{"nofail", "noatime", "defaults"}}, {"state", "mounted"}});
  const Live now =
      live(resource, std::string(uuid) + " /mnt/films/ ext4 noatime,defaults,nofail 0 0\n", with_disk);
  EXPECT_EQ(now.presence, Live::Presence::present);
  EXPECT_EQ(*now.fields.find("options"), *resource.desired.find("options"));
  EXPECT_EQ(now.fields.string_or("state", ""), "mounted");
  EXPECT_EQ(now.fields.string_or("source", ""), uuid);
  EXPECT_TRUE(now.fields.boolean_or("current", false));
}

TEST_F(MountTest, NothingIsMountedOverTheSystemItself) {
  for (const char* path : {"/", "/etc", "/etc/ssh", "/root", "/home", "/usr/local", "/run/x", "/var/lib"}) {
    const Resource resource =
        mount({{"path", path}, {"state", path == std::string("/") ? "unmounted" : "mounted"}});
    const Live now = live(resource, "");
    EXPECT_EQ(now.presence, Live::Presence::unknown) << path;
    EXPECT_NE(now.why.find("hearth changes nothing about what is mounted at"), std::string::npos) << now.why;
  }
}

TEST_F(MountTest, ADiskThatIsNotThereIsSaidAndNothingIsDone) {
  const Resource resource = mount({{"state", "mounted"}});
  const Live now = live(resource, "", root_only, no_disks);
  EXPECT_EQ(now.presence, Live::Presence::unknown);
  EXPECT_NE(now.why.find("the disk " + std::string(uuid) + " is not plugged in at pve"), std::string::npos)
      << now.why;
  EXPECT_TRUE(provider.next_steps(resource, now).empty());
  // Pulled while it was mounted: the kernel still has it in its list.
  const Live pulled =
      live(resource, std::string(uuid) + " /mnt/films ext4 noatime 0 0\n", with_disk, no_disks);
  EXPECT_EQ(pulled.presence, Live::Presence::unknown);
  EXPECT_NE(pulled.why.find("still mounted"), std::string::npos) << pulled.why;
}

TEST_F(MountTest, OptionsAreRemountedAndNeverTakenDown) {
  const Resource resource = mount({{"options", List{"ro", "nofail"}}});
  const auto steps = provider.next_steps(
      resource, live(resource, std::string(uuid) + "\t/mnt/films ext4 nofail 0 0 # films\n", with_disk));
  EXPECT_EQ(printed(steps),
            (std::vector<std::string>{"edit /etc/fstab: '" + std::string(uuid) +
                                          "\\x09/mnt/films ext4 nofail 0 0 # films' becomes '" +
                                          std::string(uuid) + "\\x09/mnt/films ext4 ro,nofail 0 0 # films'",
                                      "systemctl daemon-reload", "run mount -o remount /mnt/films"}));
  EXPECT_EQ(steps.back().effect, Effect::reload);
}

TEST_F(MountTest, WhatOnlySystemdReadsNeedsNoRemount) {
  const Resource resource = mount({{"options", List{"noatime", "nofail", "x-systemd.device-timeout=9s"}}});
  const auto steps = provider.next_steps(
      resource, live(resource, std::string(uuid) + " /mnt/films ext4 noatime 0 0\n", with_disk));
  EXPECT_EQ(steps.size(), 2U);
}

TEST_F(MountTest, AFlagThatSomebodyChangedIsPutRight) {
  const Resource resource = mount({{"options", List{"noatime"}}});
  const std::string line = std::string(uuid) + " /mnt/films ext4 noatime 0 0\n";
  const Live now = live(resource, line,
                        "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
                        "36 22 8:17 / /mnt/films ro,noatime - ext4 /dev/sdb1 ro\n");
  EXPECT_FALSE(now.fields.boolean_or("current", true));
  EXPECT_EQ(printed(provider.next_steps(resource, now)),
            (std::vector<std::string>{"run mount -o remount /mnt/films"}));
}

TEST_F(MountTest, ADiskWithErrorsIsNotMadeWritableAgain) {
  const Resource resource = mount({{"options", List{"noatime"}}});
  const Live now = live(resource, std::string(uuid) + " /mnt/films ext4 noatime 0 0\n",
                        "36 22 8:17 / /mnt/films rw,noatime - ext4 /dev/sdb1 ro,errors=remount-ro\n");
  EXPECT_EQ(now.presence, Live::Presence::unknown);
  EXPECT_NE(now.why.find("read-only by itself"), std::string::npos) << now.why;
}

TEST_F(MountTest, AnotherDiskAtItsPlaceGivesWayOnlyToRestarts) {
  const Resource resource = mount({{"state", "mounted"}});
  const Live now = live(resource, "UUID=aaaa /mnt/films ext4 defaults 0 0\n",
                        "36 22 8:1 / /mnt/films rw,relatime - ext4 /dev/sda1 rw\n");
  EXPECT_EQ(now.fields.string_or("source", ""), "UUID=aaaa");
  const auto steps = provider.next_steps(resource, now);
  EXPECT_EQ(printed(steps), (std::vector<std::string>{
                                "edit /etc/fstab: 'UUID=aaaa /mnt/films ext4 defaults 0 0' becomes '" +
                                    std::string(uuid) + " /mnt/films ext4 defaults 0 0'",
                                "systemctl daemon-reload", "run umount /mnt/films", "run mount /mnt/films"}));
  EXPECT_EQ(steps[2].effect, Effect::restart);
}

TEST_F(MountTest, TwoLinesForOnePlaceAreSaid) {
  const Resource resource = mount();
  const std::string line = std::string(uuid) + " /mnt/films ext4 noatime 0 0\n";
  const Live now = live(resource, line + "/dev/sdc1 /mnt/films/ ext4\n", with_disk);
  EXPECT_EQ(now.presence, Live::Presence::unknown);
  EXPECT_NE(now.why.find("2 lines"), std::string::npos) << now.why;
}

TEST_F(MountTest, IsUnmountedWhereThatIsDeclaredAlsoWithoutTheDisk) {
  const Resource resource = mount({{"state", "unmounted"}});
  const std::string line = std::string(uuid) + " /mnt/films ext4 noatime 0 0\n";
  EXPECT_EQ(live(resource, line, root_only, no_disks).presence, Live::Presence::present);
  const auto steps = provider.next_steps(resource, live(resource, line, with_disk));
  EXPECT_EQ(printed(steps), (std::vector<std::string>{"run umount /mnt/films"}));
  EXPECT_EQ(steps[0].effect, Effect::restart);
}

TEST_F(MountTest, IsTakenAwayWithItsLine) {
  const Resource resource = mount();
  const std::string line = std::string(uuid) + " /mnt/films ext4 noatime 0 0";
  EXPECT_EQ(
      printed(provider.removal_steps(resource, live(resource, "# a\n" + line + "\n", with_disk))),
      (std::vector<std::string>{"run umount /mnt/films", "edit /etc/fstab: '" + line + "' becomes nothing",
                                "systemctl daemon-reload"}));
}

TEST_F(MountTest, AreFoundInFstab) {
  const auto found = provider.discover(
      "Mount",
      std::vector<Reply>{
          regular_file("UUID=r / ext4 errors=remount-ro 0 1\n" + std::string(uuid) +
                       " /mnt/films ext4 defaults,noatime 0 2\nnone none swap sw\n"
                       "/dev/sdz /mnt/gone ext4 nofail\n/dev/x /mnt/two ext4\n/dev/y /mnt/two ext4\n"),
          RunReply{0, with_disk, ""}});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].name, "mnt-films");
  EXPECT_EQ(found[0].spec, Value(Map{{"path", "/mnt/films"},
                                     {"source", uuid},
                                     {"type", "ext4"},
                                     {"options", List{"noatime"}},
                                     {"fsckOrder", 2},
                                     {"state", "mounted"}}));
  EXPECT_EQ(found[1].spec.string_or("state", ""), "unmounted");
  EXPECT_NE(found[1].remark.find("state: mounted"), std::string::npos);
  EXPECT_TRUE(found[2].spec.is_null());
  EXPECT_FALSE(found[2].remark.empty());
}

// ---- Retention ----

class RetentionTest : public testing::Test {
 protected:
  HostStorageProvider provider;
  Resource resource = host_resource("Retention", "recordings",
                                    {{"path", "/mnt/films/cam"}, {"days", 4}, {"expired", "none"}});
  static constexpr std::int64_t now = 1'800'000'000;
  static constexpr std::int64_t days = 24L * 60 * 60;
  OldFilesReply reply{.exists = true,
                      .now = now,
                      .ahead = 3,
                      .files = 100,
                      .old = 3,
                      .bytes = 3'500'000'000,
                      .oldest = now - 9 * days,
                      .newest = now};

  Live live() { return provider.decode(resource, std::vector<Reply>{reply}); }
};

TEST_F(RetentionTest, SaysHowManyAndHowMuchAndDeletesJustThose) {
  EXPECT_EQ(live().fields.string_or("expired", ""), "3 files, 3.2 GiB (of 100 files)");
  const auto steps = provider.next_steps(resource, live());
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(std::get<DeleteOldFiles>(steps[0].operation),
            (DeleteOldFiles{"/mnt/films/cam", now - 4 * days, 3}));
  EXPECT_EQ(steps[0].effect, Effect::none);
}

TEST_F(RetentionTest, MostOfAllAtOnceIsDestruction) {
  reply.old = 51;
  EXPECT_EQ(provider.next_steps(resource, live()).at(0).effect, Effect::destroy);
  resource.desired.as_map().set("mostAtOnce", 60);
  EXPECT_EQ(provider.next_steps(resource, live()).at(0).effect, Effect::none);
}

TEST_F(RetentionTest, WhatHasJustTurnedOldIsForTheNextRun) {
  reply.oldest = now - 4 * days - 60;
  EXPECT_EQ(live().fields.string_or("expired", ""), "none");
  EXPECT_TRUE(provider.next_steps(resource, live()).empty());
  reply.oldest = now - 4 * days - 3600;
  EXPECT_NE(live().fields.string_or("expired", ""), "none");
}

TEST_F(RetentionTest, AClockThatIsWrongDeletesNothing) {
  for (const std::int64_t ahead : {-40 * days, -301L, 301L, 40 * days}) {
    reply.ahead = ahead;
    EXPECT_EQ(live().presence, Live::Presence::unknown);
    EXPECT_NE(live().why.find("the clock of pve"), std::string::npos) << live().why;
    EXPECT_TRUE(provider.next_steps(resource, live()).empty());
  }
  reply.ahead = 0;
  reply.newest = now + 2 * days;
  EXPECT_EQ(live().presence, Live::Presence::unknown);
  EXPECT_NE(live().why.find("modified 2 days after"), std::string::npos) << live().why;
}

TEST_F(RetentionTest, AFolderThatIsNotThereHoldsNothingOld) {
  reply = {.exists = false, .now = now};
  EXPECT_EQ(live().fields.string_or("expired", ""), "none");
  EXPECT_TRUE(provider.removal_steps(resource, live()).empty());
}

}  // namespace
}  // namespace hearth
