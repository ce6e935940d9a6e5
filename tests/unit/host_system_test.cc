#include <gtest/gtest.h>

#include "providers/host_system/crontab.h"
#include "providers/host_system/host_system_provider.h"
#include "providers/host_system/hosts_file.h"
#include "providers/host_system/sysctl_files.h"
#include "reconciler/core/digest.h"
#include "reconciler/core/json.h"
#include "reconciler/core/schedule.h"
#include "tests/fakes/resources.h"

namespace hearth {
namespace {

const HostSystemProvider provider;

using Replies = std::vector<Reply>;

Live decode(const Resource& resource, const Replies& replies) {
  return provider.decode(resource, replies);
}

// What list_files() prints.
std::string listed(const std::string& path, const std::string& text, const std::string& owner = "-") {
  return "F " + base64(path) + " " + owner + " " + (text.empty() ? "-" : base64(text)) + "\n";
}

// ---- Schedules and cron files ----

TEST(Crontab, SchedulesAreComparedByMeaning) {
  const std::vector<std::pair<std::string, std::string>> same = {
      {"@daily", "0 0 * * *"},
      {"@midnight", "0 0 * * *"},
      {"@weekly", "0 0 * * 0"},
      {"0  0\t* * 7", "0 0 * * 0"},
      {"05 04 01 JAN mon", "5 4 1 1 1"},
      {"*/5 1-3,8 * * sun-sat/2", "*/5 1-3,8 * * 0-6/2"},
      {"@reboot", "@reboot"}};
  for (const auto& [written, canonical] : same) EXPECT_EQ(canonical_schedule(written), canonical) << written;
  for (const char* refused : {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *",
                              "* * * 13 *", "* * * * 8", "*/0 * * * *", "5/2 * * * *", "3-1 * * * *",
                              "@fortnightly", "mon * * * *", "1, * * * *", "-1 * * * *"}) {
    EXPECT_EQ(canonical_schedule(refused), std::nullopt) << refused;
  }
}

TEST(Crontab, ReadsWhatPeopleWrite) {
  const CronFile file = read_cron_file(
      "# by hand\n\nMAILTO = \"some one\"  \n'SHELL'=/bin/sh\nA=b  c \nE=''\n# why\n\t#so\n 5\t4 * * "
      "*\troot\ttrue "
      "100% # no comment\nLATE=1\n");
  EXPECT_EQ(file.trouble, "");
  EXPECT_EQ(file.job, (CronJobLine{"5 4 * * *", "root", "true 100% # no comment"}));
  EXPECT_EQ(file.environment, (std::map<std::string, std::string>{
                                  {"MAILTO", "some one"}, {"SHELL", "/bin/sh"}, {"A", "b  c"}, {"E", ""}}));
  EXPECT_EQ(file.comment, "why\nso");
  EXPECT_TRUE(file.ended);
  EXPECT_FALSE(read_cron_file("@daily root true").ended);
  EXPECT_EQ(read_cron_file("@daily root a=b c\n").job->command, "a=b c");
}

TEST(Crontab, SaysWhereAFileIsNoSingleJob) {
  EXPECT_EQ(read_cron_file("@daily root a\n\n@daily root b\n").trouble, "line 3: a second job");
  for (const char* line : {"A=", "rubbish", "* * * * * root", "61 * * * * root true", "\"A=b"}) {
    EXPECT_NE(read_cron_file(line).trouble.find("line 1: neither"), std::string::npos) << line;
  }
  EXPECT_EQ(read_cron_file("").job, std::nullopt);
  EXPECT_EQ(read_cron_file("# nothing\n").trouble, "");
}

TEST(Crontab, ChangesOnlyWhatDiffers) {
  const std::string before =
      "# by hand\n\n MAILTO = \"x\"\nA=1\nA=2\n#why\n5\t4 * * *\troot\ttrue\n\n# end\n";
  const CronJobLine job{"5 4 * * *", "root", "true"};
  EXPECT_EQ(edit_cron_file(before, {job, {}, {}}), before);
  EXPECT_EQ(edit_cron_file(before, {job, {{"MAILTO", "x"}, {"A", "2"}}, {}}), before);
  EXPECT_EQ(edit_cron_file(before, {job, {{"A", "3"}, {"B", " b "}}, "new\n\none"}),
            "# by hand\n\n MAILTO = \"x\"\nA=1\nA=3\nB=\" b \"\n# new\n#\n# one\n5\t4 * * *\troot\ttrue\n\n# "
            "end\n");
  EXPECT_EQ(edit_cron_file(before, {{"@daily", "me", "x"}, {{"A", {}}}, ""}),
            "# by hand\n\n MAILTO = \"x\"\n@daily me x\n\n# end\n");
  // A comment of something else does not become the job's.
  EXPECT_EQ(edit_cron_file("# end\n", {job, {}, ""}), "# end\n\n5 4 * * * root true\n");
  EXPECT_EQ(edit_cron_file("# a\nA=1\n@daily r x\n", {job, {{"A", {}}}, ""}), "# a\n\n5 4 * * * root true\n");
  EXPECT_EQ(edit_cron_file("", {job, {{"M", ""}}, "c"}), "M=\"\"\n# c\n5 4 * * * root true\n");
}

// ---- CronJob ----

Resource cron_job(Map more) {
  Map desired{{"file", "backup"}, {"schedule", "@daily"}, {"command", "run"}};
  for (const auto& [field, position, value] : more) desired.set(field, value);
  return host_resource("CronJob", "backup", std::move(desired));
}

TEST(CronJob, IsAbsentWithoutItsFileAndMadeWithDefaults) {
  const Resource resource = cron_job({{"environment", Map{{"MAILTO", "me"}}}});
  const Live live = decode(resource, {FileReply{}});
  EXPECT_EQ(live.presence, Live::Presence::absent);
  const auto steps = provider.next_steps(resource, live);
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].operation, Operation(WriteFile{.path = "/etc/cron.d/backup",
                                                    .content = "MAILTO=me\n@daily root run\n",
                                                    .mode = "0644",
                                                    .owner = "root",
                                                    .group = "root",
                                                    .check = {},
                                                    .expected_sha256 = "absent",
                                                    .keep_previous = true}));
  EXPECT_EQ(steps[0].undo, (std::vector<Operation>{RestorePrevious{"/etc/cron.d/backup"}}));
}

TEST(CronJob, SpeaksAsTheManifestDoes) {
  const Resource resource = cron_job({{"comment", "two\nlines\n"}});
  const Live live = decode(resource, {regular_file("# two\n# lines\n0 0 * * * root run\n")});
  EXPECT_EQ(live.fields.string_or("schedule", ""), "@daily");
  EXPECT_EQ(live.fields.string_or("comment", ""), "two\nlines\n");
  EXPECT_TRUE(live.fields.boolean_or("accepted", false));
}

TEST(CronJob, SeesWhatCronPassesOver) {
  const Resource resource = cron_job({});
  FileReply reply = regular_file("@daily root run\n");
  reply.mode = 0664;
  EXPECT_FALSE(decode(resource, {reply}).fields.boolean_or("accepted", true));
  reply.mode = 0644;
  reply.owner = "me";
  EXPECT_FALSE(decode(resource, {reply}).fields.boolean_or("accepted", true));
  const Live live = decode(resource, {regular_file("@daily root run")});
  EXPECT_FALSE(live.fields.boolean_or("accepted", true));
  const auto steps = provider.next_steps(resource, live);
  EXPECT_EQ(std::get<WriteFile>(steps.at(0).operation).content, "@daily root run\n");
  EXPECT_EQ(std::get<WriteFile>(steps.at(0).operation).expected_sha256, sha256("@daily root run"));
}

TEST(CronJob, DoesNotTouchWhatItCannotSay) {
  const Resource resource = cron_job({});
  for (const Reply& reply : Replies{regular_file("@daily root a\n@daily root b\n"), regular_file("\xff"),
                                    directory(), link_to("/x"), NoReply{"no"}, RunReply{}}) {
    const Live live = decode(resource, {reply});
    EXPECT_EQ(live.presence, Live::Presence::unknown);
    EXPECT_FALSE(live.why.empty());
    EXPECT_TRUE(provider.next_steps(resource, live).empty());
    EXPECT_TRUE(provider.removal_steps(resource, live).empty());
  }
  EXPECT_NE(decode(resource, {regular_file("@daily root a\n@daily root b\n")})
                .why.find("/etc/cron.d/backup:line 2"),
            std::string::npos);
  EXPECT_NE(decode(cron_job({{"schedule", "61 * * * *"}}), {FileReply{}}).why.find("61 *"),
            std::string::npos);
}

// A user who is not there would make cron pass over the file for ever.
TEST(CronJob, IsNotGivenToAUserWhoDoesNotExist) {
  Resource resource = cron_job({{"user", "meters"}});
  const auto probes = provider.probes(resource);
  ASSERT_EQ(probes.size(), 2U);
  EXPECT_EQ(std::get<RunProbe>(probes[1]).argv, (std::vector<std::string>{"getent", "passwd", "meters"}));
  EXPECT_EQ(provider.probes(cron_job({{"user", "root"}})).size(), 1U);
  const Reply nobody = RunReply{2, "", ""};
  const auto why_no_user = [&](const Replies& replies) {
    const Live live = decode(resource, replies);
    const Value* user = live.fields.find("user");
    return user != nullptr && user->is_unknown() ? user->why_unknown() : "";
  };
  for (const Reply& file : Replies{FileReply{}, regular_file("@daily meters run\n")}) {
    EXPECT_NE(why_no_user({file, nobody}).find("there is no user meters on this host"), std::string::npos);
    EXPECT_EQ(why_no_user({file, RunReply{0, "meters:x:1:1::/:/bin/sh\n", ""}}), "");
    EXPECT_EQ(decode(resource, {file, NoReply{"no"}}).presence, Live::Presence::unknown);
  }
  // One whom a manifest declares is made first.
  resource.dependencies.push_back({{"User", "meters", "pve"}, Dependency::Type::reference, {}});
  EXPECT_EQ(decode(resource, {FileReply{}, nobody}).presence, Live::Presence::absent);
  EXPECT_EQ(why_no_user({FileReply{}, nobody}), "");
}

TEST(CronJob, IsFoundWhereItIsOne) {
  const RunReply reply{0,
                       listed("/etc/cron.d/a", "A=1\n# c\n@daily root x\n") +
                           listed("/etc/cron.d/p", "1 2 * * * root p\n", "e2fsprogs") +
                           listed("/etc/cron.d/two", "@daily root x\n@daily root y\n") +
                           listed("/etc/cron.d/a.dpkg-old", "@daily root x\n") + listed("/etc/cron.d/e", "") +
                           "nonsense\n",
                       ""};
  const Replies replies{reply};
  const auto found = provider.discover("CronJob", replies);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].spec, Value(Map{{"file", "a"},
                                     {"schedule", "@daily"},
                                     {"user", "root"},
                                     {"command", "x"},
                                     {"environment", Map{{"A", "1"}}},
                                     {"comment", "c"}}));
  EXPECT_EQ(found[0].owner, "");
  EXPECT_EQ(found[1].owner, "e2fsprogs");
}

// ---- Sysctl ----

TEST(SysctlFiles, AreReadInTheOrderOfTheBoot) {
  const auto files = in_boot_order({{"/usr/lib/sysctl.d/10-a.conf", "a.a=lib"},
                                    {"/etc/sysctl.d/10-a.conf", "a.a=etc"},
                                    {"/etc/sysctl.d/99-z.conf", "; no\n# no\n-z/z = 1\t 2 \nz.*.z=3\nz.z\n"},
                                    {"/run/sysctl.d/50-m.conf", "z.z=0\na.b = 7"}});
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(last_setting(files, "a.a")->value, "etc");
  EXPECT_EQ(last_setting(files, "z.z"), (SysctlSetting{"/etc/sysctl.d/99-z.conf", 3, "z.z", "1 2"}));
  EXPECT_EQ(last_setting(files, "a.b")->value, "7");
  EXPECT_EQ(last_setting(files, "no.no"), std::nullopt);
}

const Resource forward = host_resource("Sysctl", "forward", {{"key", "net/ipv4/ip_forward"}, {"value", 1}});
constexpr const char* own_file = "/etc/sysctl.d/60-hearth-net.ipv4.ip_forward.conf";

TEST(Sysctl, SetsNowAndForTheNextBoot) {
  const Live live = decode(forward, {regular_file("0\n"), RunReply{}});
  EXPECT_EQ(
      live.fields,
      (Value(Map{{"key", "net/ipv4/ip_forward"}, {"value", 0}, {"persisted", false}, {"written", nullptr}})));
  const auto steps = provider.next_steps(forward, live);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(std::get<WriteFile>(steps[1].operation).path, own_file);
  EXPECT_EQ(std::get<WriteFile>(steps[1].operation).content, "# Kept by hearth.\nnet.ipv4.ip_forward = 1\n");
  EXPECT_EQ(std::get<WriteFile>(steps[1].operation).expected_sha256, "absent");
  EXPECT_EQ(steps[0].operation, Operation(RunCommand{{"sysctl", "-q", "-w", "net.ipv4.ip_forward=1"}}));
  EXPECT_EQ(steps[0].undo,
            (std::vector<Operation>{RunCommand{{"sysctl", "-q", "-w", "net.ipv4.ip_forward=0"}}}));
}

TEST(Sysctl, RepairsOnlyWhatDrifted) {
  const std::string text = "# Kept by hearth.\nnet.ipv4.ip_forward = 1\n";
  const Live now = decode(forward, {regular_file("0\n"), RunReply{0, listed(own_file, text), ""}});
  ASSERT_EQ(provider.next_steps(forward, now).size(), 1U);
  EXPECT_TRUE(std::holds_alternative<RunCommand>(provider.next_steps(forward, now)[0].operation));
  const std::string other = "net.ipv4.ip_forward=0\n";
  const Live file = decode(forward, {regular_file("1\n"), RunReply{0, listed(own_file, other), ""}});
  ASSERT_EQ(provider.next_steps(forward, file).size(), 1U);
  EXPECT_EQ(std::get<WriteFile>(provider.next_steps(forward, file)[0].operation).expected_sha256,
            sha256(other));
}

TEST(Sysctl, IsContentWithAnyFileThatSaysTheSame) {
  const Live live = decode(
      forward,
      {regular_file("1\n"), RunReply{0, listed("/etc/sysctl.d/a.conf", "net/ipv4/ip_forward = 1"), ""}});
  EXPECT_TRUE(live.fields.boolean_or("persisted", false));
  EXPECT_TRUE(provider.next_steps(forward, live).empty());
  EXPECT_TRUE(provider.removal_steps(forward, live).empty());  // it is not ours
}

TEST(Sysctl, NamesTheLaterFileThatIsInTheWay) {
  const Live live = decode(
      forward,
      {regular_file("1\n"), RunReply{0,
                                     listed(own_file, "net.ipv4.ip_forward = 1\n") +
                                         listed("/etc/sysctl.d/99-x.conf", "\nnet.ipv4.ip_forward=0\n"),
                                     ""}});
  ASSERT_TRUE(live.fields.find("persisted")->is_unknown());
  EXPECT_NE(live.fields.find("persisted")->why_unknown().find("/etc/sysctl.d/99-x.conf:2"),
            std::string::npos);
  EXPECT_TRUE(provider.next_steps(forward, live).empty());
}

TEST(Sysctl, ComparesWordsNotBlanks) {
  const Resource resource =
      host_resource("Sysctl", "m", {{"key", "net.ipv4.tcp_rmem"}, {"value", "1 2   3"}});
  EXPECT_EQ(decode(resource, {regular_file("1\t2\t3\n"), RunReply{}}).fields.string_or("value", ""),
            "1 2   3");
  EXPECT_EQ(decode(resource, {regular_file("1\t2\t4\n"), RunReply{}}).fields.string_or("value", ""), "1 2 4");
}

TEST(Sysctl, ReadsNumbersAsTheKernelDoes) {
  const auto now = [](const char* declared, const char* live) {
    const Resource resource = host_resource("Sysctl", "m", {{"key", "a.b"}, {"value", declared}});
    return decode(resource, {regular_file(live),
                             RunReply{0, listed("/etc/sysctl.d/a.conf", "a.b = " + std::string(live)), ""}});
  };
  for (const auto& [declared, live] : std::vector<std::pair<const char*, const char*>>{
           {"0x1", "1\n"}, {"061", "49\n"}, {"0x10 -010", "16\t-8\n"}, {"00", "0\n"}, {"0XfF", "255\n"}}) {
    EXPECT_EQ(now(declared, live).fields.string_or("value", ""), declared) << live;
    EXPECT_TRUE(now(declared, live).fields.boolean_or("persisted", false)) << live;
  }
  for (const auto& [declared, live] : std::vector<std::pair<const char*, const char*>>{
           {"061", "61\n"}, {"1", "-1\n"}, {"1 2", "1\n"}, {"08", "8\n"}, {"x", "0\n"}, {"0x", "0\n"}}) {
    EXPECT_NE(now(declared, live).fields.string_or("value", ""), declared) << live;
  }
}

TEST(Sysctl, SaysThatTheKernelDoesNotKnowIt) {
  const Live live = decode(forward, {FileReply{}, RunReply{}});
  EXPECT_EQ(live.presence, Live::Presence::unknown);
  EXPECT_NE(live.why.find("no parameter net.ipv4.ip_forward"), std::string::npos);
}

// ---- HostsEntry ----

constexpr const char* hosts =
    "127.0.0.1\tlocalhost\n\n#  10.0.0.1 old\n10.0.0.1   nas  nas.lan   # shelf\n10.0.0.2 one\n10.0.0.2 "
    "two#too\n"
    "10.0.0.2 one\n::0001 localhost";

Resource entry(const std::string& address, List names) {
  return host_resource("HostsEntry", "e", {{"address", address}, {"names", std::move(names)}});
}

TEST(HostsFile, HasTheNamesOfAllLinesOfAnAddress) {
  const auto all = read_hosts_file(hosts);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[1].names, (std::vector<std::string>{"nas", "nas.lan"}));
  EXPECT_EQ(all[2].names, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(all[2].lines, (std::vector<std::string>{"10.0.0.2 one", "10.0.0.2 two#too", "10.0.0.2 one"}));
  EXPECT_EQ(all[3].address, "::1");
}

TEST(HostsFile, KeepsSpacingAndComments) {
  EXPECT_EQ(hosts_lines({"10.0.0.1   nas  nas.lan   # shelf"}, "10.0.0.1", {"x", "y"}),
            (std::vector<std::string>{"10.0.0.1   x y   # shelf"}));
  EXPECT_EQ(hosts_lines({"10.0.0.2 one", "10.0.0.2 two#too"}, "10.0.0.2", {"x"}),
            (std::vector<std::string>{"10.0.0.2 x", "#too"}));
  EXPECT_EQ(hosts_lines({}, "10.0.0.2", {"x", "y"}), (std::vector<std::string>{"10.0.0.2\tx y"}));
  EXPECT_EQ(hosts_lines({"10.0.0.2 # none"}, "10.0.0.2", {"x"}),
            (std::vector<std::string>{"10.0.0.2\tx # none"}));
}

TEST(HostsEntry, ChangesItsOwnLinesOnly) {
  const Resource resource = entry("10.0.0.2", {"two"});
  const Live live = decode(resource, {regular_file(hosts)});
  EXPECT_EQ(*live.fields.find("names"), Value(List{"one", "two"}));
  const auto steps = provider.next_steps(resource, live);
  ASSERT_EQ(steps.size(), 1U);
  const ReplaceLines expected{
      "/etc/hosts", {"10.0.0.2 one", "10.0.0.2 two#too", "10.0.0.2 one"}, {"10.0.0.2 two", "#too"}};
  EXPECT_EQ(steps[0].operation, Operation(expected));
  EXPECT_EQ(steps[0].undo,
            (std::vector<Operation>{ReplaceLines{"/etc/hosts", expected.new_lines, expected.old_lines}}));
  EXPECT_EQ(with_lines_replaced(hosts, expected),
            "127.0.0.1\tlocalhost\n\n#  10.0.0.1 old\n10.0.0.1   nas  nas.lan   # shelf\n10.0.0.2 two\n#too\n"
            "::0001 localhost");
}

TEST(HostsEntry, IsAddedAndRemoved) {
  const Resource resource = entry("10.0.0.9", {"nine"});
  const Live live = decode(resource, {regular_file(hosts)});
  EXPECT_EQ(live.presence, Live::Presence::absent);
  EXPECT_EQ(provider.next_steps(resource, live).at(0).operation,
            Operation(ReplaceLines{"/etc/hosts", {}, {"10.0.0.9\tnine"}}));
  const Live there = decode(resource, {regular_file("10.0.0.9 nine\n")});
  EXPECT_EQ(provider.removal_steps(resource, there).at(0).operation,
            Operation(ReplaceLines{"/etc/hosts", {"10.0.0.9 nine"}, {}}));
}

TEST(HostsEntry, TakesOnlyItsOwnNamesWithIt) {
  const Resource resource = entry("10.0.0.9", {"nine", "ninth"});
  const auto removal = [&](const char* text) {
    const auto steps = provider.removal_steps(resource, decode(resource, {regular_file(text)}));
    return steps.empty() ? std::nullopt
                         : with_lines_replaced(text, std::get<ReplaceLines>(steps[0].operation));
  };
  EXPECT_EQ(removal("10.0.0.9  nine mine ninth # shelf\n10.0.0.1 a\n"),
            "10.0.0.9  mine # shelf\n10.0.0.1 a\n");
  EXPECT_EQ(removal("10.0.0.9 nine\n10.0.0.9 mine # shelf\n"), "10.0.0.9 mine\n# shelf\n");
  EXPECT_EQ(removal("10.0.0.9 ninth\n"), "");
  // Nothing of hearth's is left.
  EXPECT_EQ(removal("10.0.0.9 mine\n"), std::nullopt);
}

TEST(HostsEntry, SpellsAddressesAsItLikes) {
  const Live live = decode(entry("FD00:0::6", {"six"}), {regular_file("fd00::6 six\n")});
  EXPECT_EQ(live.fields.string_or("address", ""), "FD00:0::6");
  EXPECT_EQ(*live.fields.find("names"), Value(List{"six"}));
}

TEST(HostsEntry, DoesNotTouchWhatIsNoText) {
  for (const Reply& reply : Replies{regular_file("\xff"), directory(), link_to("/x"), NoReply{"no"}}) {
    EXPECT_EQ(decode(entry("10.0.0.9", {"nine"}), {reply}).presence, Live::Presence::unknown);
  }
}

}  // namespace
}  // namespace hearth
