#include <gtest/gtest.h>

#include "providers/host_accounts/account_files.h"
#include "providers/host_accounts/authorized_keys.h"
#include "providers/host_accounts/host_accounts_provider.h"
#include "providers/host_accounts/key_file.h"
#include "reconciler/core/digest.h"
#include "reconciler/core/json.h"
#include "reconciler/transport/process.h"
#include "tests/fakes/resources.h"

namespace hearth {
namespace {

const HostAccountsProvider provider;

const std::string passwd =
    "root:x:0:0:root:/root:/bin/bash\n"
    "alice:x:1000:1000:Alice,,,:/home/alice:/bin/bash\n"
    "pc$:x:1001:100::/nonexistent:/usr/sbin/nologin\n"
    "twin:x:1002:100::/home/twin:/bin/sh\n"
    "twin:x:1003:100::/home/twin2:/bin/sh\n"
    "broken:x:one:100::/home/broken:/bin/sh\n"
    "short:x:1004\n"
    "+guest::::::\n"
    "+@admins::::::\n"
    "+::::::\n";
const std::string groups =
    "root:x:0:\n"
    "users:x:100:\n"
    "alice:x:1000:\n"
    "sudo:x:27:alice,bob\n"
    "media:x:2000:bob,,alice,bob\n"
    "+:::\n";
const std::string hash = "$y$j9T$secretsecret$hashhashhash";
const std::string shadow = "root:*:19000:0:99999:7:::\nalice:" + hash +
                           ":19000:0:99999:7::22279:\npc$:!:19000:0:99999:7:::\ntwin:!" + hash +
                           ":19000:0:99999:7:::\n";

Reply printed(std::string text) {
  return RunReply{.exit_code = 0, .out = std::move(text), .err = ""};
}

std::vector<Reply> account_replies() {
  return {printed(passwd), printed(groups), printed(shadow)};
}

Resource user(std::string name, Map desired = {}) {
  desired.set("userName", name);
  return host_resource("User", std::move(name), std::move(desired));
}

Live decode_user(const Resource& resource) {
  const auto replies = account_replies();
  return provider.decode(resource, replies);
}

Resource group(std::string name, Map desired = {}) {
  desired.set("groupName", name);
  return host_resource("Group", std::move(name), std::move(desired));
}

Live decode_group(const Resource& resource) {
  const std::vector<Reply> replies{printed(groups)};
  return provider.decode(resource, replies);
}

std::string argv_of(const Operation& operation) {
  std::string out;
  for (const auto& word : std::get<RunCommand>(operation).argv)
    out += (out.empty() ? "" : " ") + (word.empty() ? "''" : word);
  return out;
}

// ---- The databases ----

TEST(AccountFiles, AreReadAsTheHostReadsThem) {
  const auto users = parse_passwd(passwd);
  ASSERT_EQ(users.entries.size(), 5U);
  EXPECT_EQ(users.entries[1], (PasswdEntry{"alice", 1000, 1000, "Alice,,,", "/home/alice", "/bin/bash"}));
  EXPECT_EQ(users.entries[2].name, "pc$");
  EXPECT_EQ(users.elsewhere, (std::vector<std::string>{"guest"}));
  const auto all = parse_group(groups);
  ASSERT_EQ(all.entries.size(), 5U);
  EXPECT_EQ(all.entries[4], (GroupEntry{"media", 2000, {"bob", "alice"}}));
}

TEST(AccountFiles, VeryLongLinesAreLinesToo) {
  GroupEntry many{.name = "many", .gid = 3000, .members = {}};
  for (int i = 0; i < 20000; ++i) many.members.push_back("user" + std::to_string(i));
  many.members.resize(2000);  // the search for repetitions is not what is tested here
  EXPECT_EQ(parse_group(to_text(many)).entries, (std::vector<GroupEntry>{many}));
}

TEST(AccountFiles, SayOfAPasswordOnlyWhetherItIsThere) {
  const auto file = parse_shadow(shadow);
  using Password = ShadowEntry::Password;
  ASSERT_EQ(file.entries.size(), 4U);
  EXPECT_EQ(file.entries[0].password, Password::unusable);
  EXPECT_EQ(file.entries[1].password, Password::set);
  EXPECT_EQ(file.entries[1].expires, 22279);
  EXPECT_EQ(file.entries[2].password, Password::unusable);
  EXPECT_EQ(file.entries[3].password, Password::locked);
  EXPECT_EQ(parse_shadow("open::1:0:99999:7:::\n").entries.at(0).password, Password::set);
}

// The command itself, over what shadow files have been seen to hold.
TEST(AccountFiles, HashesDoNotLeaveTheHost) {
  const std::string text = shadow + "empty::1:0:99999:7:::\nnis:!!:1::::::\nodd:*LK*" + hash +
                           ":1::::::\nst:!*" + hash + ":1::::::\nno colon " + hash + "\ncut:" + hash +
                           "\n:" + hash + ":1::::::\nold:xyHASHHASHHASH:1::::::\n";
  ProcessRequest request;
  request.argv = shadow_facts_command();
  ASSERT_EQ(request.argv.back(), "/etc/shadow");
  request.argv.pop_back();
  request.input = text;
  const auto result = run_process(request);
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ(result->exit_code, 0) << result->err;
  EXPECT_EQ(result->out.find("secret"), std::string::npos) << result->out;
  EXPECT_EQ(result->out.find("HASH"), std::string::npos) << result->out;
  EXPECT_EQ(parse_shadow(result->out).entries, parse_shadow(text).entries) << result->out;
}

TEST(AccountFiles, KnowTheDays) {
  EXPECT_EQ(days_of("1970-01-01"), 0);
  EXPECT_EQ(days_of("2030-12-31"), 22279);
  EXPECT_EQ(date_of(22279), "2030-12-31");
  EXPECT_EQ(days_of("2025-02-29"), days_of("2025-03-01"));
  for (const char* text :
       {"", "2025-1-1", "2025-13-01", "2025-00-01", "2025-01-32", "20a5-01-01", "2025/01/01"})
    EXPECT_EQ(days_of(text), std::nullopt) << text;
}

// ---- User ----

TEST(HostAccounts, AsksForTheDatabasesOnceForAllUsers) {
  EXPECT_EQ(provider.probes(user("alice")), provider.probes(user("bob")));
  EXPECT_EQ(provider.probes(group("a")).front(), provider.probes(user("bob")).at(1));
}

TEST(HostAccounts, ReadsAUser) {
  const Live live = decode_user(user("alice", {{"expires", "2030-12-31"}}));
  EXPECT_EQ(live.fields, (Value(Map{{"userName", "alice"},
                                    {"uid", 1000},
                                    {"group", "alice"},
                                    {"groups", List{"sudo", "media"}},
                                    {"home", "/home/alice"},
                                    {"shell", "/bin/bash"},
                                    {"comment", "Alice,,,"},
                                    {"locked", false},
                                    {"expires", "2030-12-31"}})))
      << to_json(live.fields);
  EXPECT_EQ(decode_user(user("nobody-here")).presence, Live::Presence::absent);
}

TEST(HostAccounts, NoHashComesOutOfIt) {
  for (const char* name : {"root", "alice", "pc$", "twin"}) {
    for (const bool locked : {true, false}) {
      const Resource resource = user(name, {{"locked", locked}, {"comment", "new"}});
      const Live live = decode_user(resource);
      std::string all = live.why + to_json(live.fields);
      for (const Step& step : provider.next_steps(resource, live)) all += to_json(to_value(step.operation));
      EXPECT_EQ(all.find("secretsecret"), std::string::npos);
    }
  }
  for (const Found& found : provider.discover("User", account_replies()))
    EXPECT_EQ(to_json(found.spec).find("secretsecret"), std::string::npos);
}

TEST(HostAccounts, WhatCannotBeToldIsUnknown) {
  EXPECT_EQ(decode_user(user("twin")).presence, Live::Presence::unknown);
  EXPECT_NE(decode_user(user("twin")).why.find("two lines"), std::string::npos);
  EXPECT_EQ(decode_user(user("guest")).presence, Live::Presence::unknown);

  auto replies = account_replies();
  replies[2] = NoReply{"permission denied"};
  Live live = provider.decode(user("alice"), replies);
  EXPECT_EQ(live.presence, Live::Presence::present);
  EXPECT_EQ(live.fields.find("locked")->why_unknown(), "permission denied");
  EXPECT_EQ(live.fields.string_or("shell", ""), "/bin/bash");
  replies[2] = RunReply{.exit_code = 0, .out = "root:*:1:0:99999:7:::\n", .err = ""};
  live = provider.decode(user("alice"), replies);
  EXPECT_NE(live.fields.find("locked")->why_unknown().find("pwconv"), std::string::npos);
  replies[0] = NoReply{"gone"};
  EXPECT_EQ(provider.decode(user("alice"), replies).why, "gone");
  EXPECT_EQ(provider.decode(user("alice"), {}).presence, Live::Presence::unknown);
}

TEST(HostAccounts, CannotUnlockWhatHasNoPassword) {
  EXPECT_TRUE(decode_user(user("pc$", {{"locked", false}})).fields.find("locked")->is_unknown());
  EXPECT_EQ(*decode_user(user("pc$", {{"locked", true}})).fields.find("locked"), Value(true));
}

TEST(HostAccounts, MakesAUser) {
  const Resource resource = user("bob", {{"uid", 2001},
                                         {"group", "users"},
                                         {"groups", List{"sudo", "media"}},
                                         {"shell", "/bin/bash"},
                                         {"comment", ""},
                                         {"expires", nullptr}});
  const auto steps = provider.next_steps(resource, Live::absent());
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(argv_of(steps[0].operation),
            "/usr/sbin/useradd -u 2001 -g users -G media,sudo -s /bin/bash -m bob");
  EXPECT_EQ(argv_of(steps[0].undo.at(0)), "/usr/sbin/userdel bob");
  EXPECT_EQ(steps[0].account, "bob");
  const auto system = provider.next_steps(user("meters", {{"system", true}}), Live::absent());
  EXPECT_EQ(argv_of(system.at(0).operation), "/usr/sbin/useradd -r -M meters");
}

TEST(HostAccounts, ChangesOnlyWhatIsDeclaredAndDiffers) {
  const Resource resource = user("alice", {{"shell", "/bin/bash"},
                                           {"groups", List{"media", "sudo"}},
                                           {"comment", "Alice"},
                                           {"locked", true},
                                           {"expires", nullptr}});
  const auto steps = provider.next_steps(resource, decode_user(resource));
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(argv_of(steps[0].operation), "/usr/sbin/usermod -c Alice -e '' -L alice");
  EXPECT_EQ(argv_of(steps[0].undo.at(0)), "/usr/sbin/usermod -c Alice,,, -e 2030-12-31 -U alice");
  EXPECT_EQ(steps[0].account, "alice");
}

TEST(HostAccounts, TakesAUserAwayAndLeavesTheHome) {
  const auto steps = provider.removal_steps(user("alice"), decode_user(user("alice")));
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(argv_of(steps[0].operation), "/usr/sbin/userdel alice");
  EXPECT_EQ(steps[0].account, "alice");
  EXPECT_TRUE(provider.removal_steps(user("root"), decode_user(user("root"))).empty());
}

TEST(HostAccounts, FindsPeople) {
  const auto found = provider.discover("User", account_replies());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "alice");
  EXPECT_EQ(found[0].owner, "");
  EXPECT_EQ(found[0].spec.string_or("expires", ""), "2030-12-31");
  EXPECT_EQ(found[1].name, "pc-");
  EXPECT_EQ(found[1].spec.string_or("userName", ""), "pc$");
}

// ---- Group ----

TEST(HostAccounts, ReadsAGroup) {
  EXPECT_EQ(decode_group(group("media")).fields,
            (Value(Map{{"groupName", "media"}, {"gid", 2000}, {"members", List{"bob", "alice"}}})));
  EXPECT_EQ(decode_group(group("absent")).presence, Live::Presence::absent);
}

TEST(HostAccounts, MakesAndChangesAGroup) {
  const Resource fresh = group("tea", {{"gid", 3000}, {"members", List{"alice"}}, {"system", true}});
  auto steps = provider.next_steps(fresh, Live::absent());
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(argv_of(steps[0].operation), "/usr/sbin/groupadd -g 3000 -r tea");
  EXPECT_EQ(argv_of(steps[0].undo.at(0)), "/usr/sbin/groupdel tea");
  EXPECT_EQ(argv_of(steps[1].operation), "/usr/bin/gpasswd -M alice tea");
  EXPECT_EQ(steps[1].account, "*");

  const Resource changed = group("media", {{"gid", 2001}, {"members", List{}}});
  steps = provider.next_steps(changed, decode_group(changed));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(argv_of(steps[0].operation), "/usr/sbin/groupmod -g 2001 media");
  EXPECT_EQ(argv_of(steps[0].undo.at(0)), "/usr/sbin/groupmod -g 2000 media");
  EXPECT_EQ(argv_of(steps[1].operation), "/usr/bin/gpasswd -M '' media");
  EXPECT_EQ(argv_of(steps[1].undo.at(0)), "/usr/bin/gpasswd -M bob,alice media");

  const Resource same = group("media", {{"members", List{"alice", "bob"}}});
  EXPECT_TRUE(provider.next_steps(same, decode_group(same)).empty());
  EXPECT_EQ(argv_of(provider.removal_steps(same, decode_group(same)).at(0).operation),
            "/usr/sbin/groupdel media");
}

TEST(HostAccounts, FindsGroupsOfPeople) {
  const std::vector<Reply> replies{printed(groups)};
  const auto found = provider.discover("Group", replies);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "alice");
  EXPECT_EQ(found[1].spec, (Value(Map{{"groupName", "media"}, {"gid", 2000}})));
}

// ---- Keys: the text ----

const std::string one = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOne";
const std::string two = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABTwo=";

TEST(AuthorizedKeys, AreTakenApart) {
  EXPECT_EQ(parse_public_key(one + "  alice at home \r"),
            (PublicKey{"", "ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIOne", "alice at home"}));
  const std::string options = R"(from="10.0.0.0/8, ::1",command="echo \"a b\" # c",no-pty)";
  EXPECT_EQ(parse_public_key("\t" + options + "\t " + two),
            (PublicKey{options, "ssh-rsa", "AAAAB3NzaC1yc2EAAAADAQABTwo=", ""}));
  EXPECT_EQ(parse_public_key("restrict " + one + " a")->options, "restrict");
  for (const char* line : {"", "   ", "# ssh-ed25519 AAAAC3", "ssh-ed25519", "command=\"x ssh-ed25519 AAAAC3",
                           "no key at all", "ssh-ed25519 AAA!C3"})
    EXPECT_EQ(parse_public_key(line), std::nullopt) << line;
}

TEST(AuthorizedKeys, WhatIsDeclaredIsFoundByKeyThenByComment) {
  const std::string text = one + " laptop\n" + two + " desk\nno-pty " + "ssh-dss AAAAThree phone\n";
  EXPECT_EQ(
      Value(live_keys(text, {{"alice", one}, {"desk", nullptr}}, true)),
      (Value(Map{{"alice", one}, {"desk", two + " desk"}, {"phone", "no-pty ssh-dss AAAAThree phone"}})));
  // A comment that is declared counts, and so do options, declared or not.
  EXPECT_EQ(*live_keys(text, {{"a", one + " other"}}, false).find("a"), Value(one + " laptop"));
  EXPECT_EQ(*live_keys(text, {{"a", "ssh-dss AAAAThree"}}, false).find("a"),
            Value("no-pty ssh-dss AAAAThree phone"));
  EXPECT_TRUE(live_keys(text, {{"a", one}, {"b", one + " b"}}, false).find("b")->is_unknown());
  EXPECT_TRUE(live_keys(text, {{"a", "AAAA is no key"}}, false).find("a")->is_unknown());
}

TEST(AuthorizedKeys, WhatIsNotDeclaredStaysByteForByte) {
  const std::string text = "# mine\r\n\r\n" + two + " desk\r\nstrange line\r\n" + one + "  x";
  EXPECT_EQ(with_keys(text, {{"desk", two}}, false), text);
  EXPECT_EQ(with_keys(text, {{"new", "ssh-dss AAAAThree"}}, false), text + "\nssh-dss AAAAThree new\n");
  EXPECT_EQ(with_keys(text, {{"desk", nullptr}}, false), "# mine\r\n\r\nstrange line\r\n" + one + "  x");
  EXPECT_EQ(with_keys(text, {{"desk", "ssh-dss AAAAThree"}}, true),
            "# mine\r\n\r\nssh-dss AAAAThree desk\r\nstrange line\r\n");
  EXPECT_EQ(with_keys("", {{"a", one}}, false), one + " a\n");
  EXPECT_EQ(without_keys(text, {{"desk", two}}), "# mine\r\n\r\nstrange line\r\n" + one + "  x");
}

// ---- AuthorizedKey ----

Resource keys(Map entries, Map more = {}) {
  more.set("user", "alice");
  more.set("keys", std::move(entries));
  return host_resource("AuthorizedKey", "alice", std::move(more));
}

std::string block(const std::string& facts, const std::optional<std::string>& text) {
  return "U " + base64("alice") + " 1000 1000 " + base64("/home/alice") + "\nh\nP " +
         base64("/home/alice/.ssh/authorized_keys") + "\n" + facts +
         (text ? "F regular\nC " + base64(*text) + "\n" : "");
}

Live decode_keys(const Resource& resource, const std::string& output) {
  const Reply reply = RunReply{.exit_code = 0, .out = output, .err = ""};
  return provider.decode(resource, std::span<const Reply>(&reply, 1));
}

TEST(HostAccounts, ReadsWhereTheKeysAre) {
  const auto files = parse_key_files(block("D directory\nL 0 " + base64("/etc/pve/keys") + "\n", "x\n") +
                                     "U broken\nP " + base64("/y") + "\n");
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].user, "alice");
  EXPECT_EQ(files[0].path, "/home/alice/.ssh/authorized_keys");
  EXPECT_EQ(files[0].target, "/etc/pve/keys");
  EXPECT_EQ(files[0].link_owner, 0U);
  EXPECT_EQ(files[0].content, "x\n");
}

TEST(HostAccounts, AddsAKeyToTheOthers) {
  const Resource resource = keys({{"alice", one}});
  const Live live = decode_keys(resource, block("D directory\n", two + "\n"));
  EXPECT_EQ(live.presence, Live::Presence::absent);
  const auto steps = provider.next_steps(resource, live);
  ASSERT_EQ(steps.size(), 1U);
  const auto& write = std::get<WriteFile>(steps[0].operation);
  EXPECT_EQ(write.path, "/home/alice/.ssh/authorized_keys");
  EXPECT_EQ(write.content, two + "\n" + one + " alice\n");
  EXPECT_EQ(write.expected_sha256, sha256(two + "\n"));
  EXPECT_EQ(write.mode + " " + write.owner + " " + write.group, "0600 alice 1000");
  EXPECT_EQ(steps[0].undo, (std::vector<Operation>{RestorePrevious{write.path}}));
  EXPECT_EQ(steps[0].account, "alice");
  const Live after = decode_keys(resource, block("D directory\n", write.content.shown()));
  EXPECT_TRUE(provider.next_steps(resource, after).empty());
  const auto removal = provider.removal_steps(resource, after);
  ASSERT_EQ(removal.size(), 1U);
  EXPECT_EQ(std::get<WriteFile>(removal[0].operation).content, two + "\n");
}

TEST(HostAccounts, MakesTheFolderOfTheKeys) {
  const Resource resource = keys({{"alice", one}});
  const auto steps = provider.next_steps(resource, decode_keys(resource, block("D absent\nF absent\n", {})));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].operation,
            Operation(MakeDirectory{
                .path = "/home/alice/.ssh", .mode = "0700", .owner = "alice", .group = "1000"}));
  EXPECT_EQ(std::get<WriteFile>(steps[1].operation).expected_sha256, "absent");
}

TEST(HostAccounts, LetsTheHostSayWhereTheHomeOfANewUserIs) {
  const Resource resource = keys({{"alice", one}});
  const Live live = decode_keys(resource, "");
  EXPECT_EQ(live.presence, Live::Presence::absent);
  const auto steps = provider.next_steps(resource, live);
  ASSERT_EQ(steps.size(), 1U);
  const auto& argv = std::get<RunCommand>(steps[0].operation).argv;
  EXPECT_EQ(argv.at(argv.size() - 2), "alice");
  EXPECT_EQ(argv.back(), one + " alice\n");
  EXPECT_EQ(steps[0].account, "alice");
  // Where the file is declared, nothing is left open.
  const Resource elsewhere = keys({{"alice", one}}, {{"file", "/etc/ssh/keys/alice"}});
  const auto there = provider.next_steps(elsewhere, decode_keys(elsewhere, ""));
  ASSERT_EQ(there.size(), 1U);
  EXPECT_EQ(std::get<WriteFile>(there[0].operation).path, "/etc/ssh/keys/alice");
}

TEST(HostAccounts, FollowsNoLinkThatItsUserCanTurn) {
  const Resource resource = keys({{"alice", one}});
  const std::string link = "L 1000 " + base64("/etc/shadow") + "\n";
  EXPECT_EQ(decode_keys(resource, block("D directory\n" + link, "x\n")).presence, Live::Presence::unknown);
  const std::string roots = "L 0 " + base64("/etc/shadow") + "\n";
  EXPECT_EQ(decode_keys(resource, block("D directory\n" + roots, "x\n")).presence, Live::Presence::unknown);
  EXPECT_EQ(decode_keys(resource, block("D symlink\n", "x\n")).presence, Live::Presence::unknown);
}

TEST(HostAccounts, WritesThroughRootsOwnLink) {
  const Resource resource =
      host_resource("AuthorizedKey", "root", {{"user", "root"}, {"keys", Map{{"alice", one}}}});
  const std::string output = "U " + base64("root") + " 0 0 " + base64("/root") + "\nh\nP " +
                             base64("/root/.ssh/authorized_keys") + "\nD directory\nL 0 " +
                             base64("/etc/pve/priv/authorized_keys") + "\nF regular\nC " +
                             base64(two + "\n") + "\n";
  const auto steps = provider.next_steps(resource, decode_keys(resource, output));
  ASSERT_EQ(steps.size(), 1U);
  const auto& write = std::get<WriteFile>(steps[0].operation);
  EXPECT_EQ(write.path, "/etc/pve/priv/authorized_keys");
  EXPECT_EQ(write.mode + write.owner + write.group, "");
}

TEST(HostAccounts, KnowsNothingWhereNoFileCanBe) {
  const Resource resource = keys({{"alice", one}});
  EXPECT_EQ(decode_keys(resource, "U " + base64("alice") + " 1000 1000 " + base64("/gone") + "\nP " +
                                      base64("/gone/.ssh/authorized_keys") + "\nD absent\nF absent\n")
                .presence,
            Live::Presence::unknown);
  EXPECT_EQ(decode_keys(resource, block("D directory\nF regular\n", {})).presence, Live::Presence::unknown);
  EXPECT_EQ(decode_keys(resource, block("D directory\nF other\n", {})).presence, Live::Presence::unknown);
  EXPECT_EQ(decode_keys(resource, block("D directory\n", "\xff\n")).presence, Live::Presence::unknown);
}

TEST(HostAccounts, FindsKeysThatCanBeDeclared) {
  const std::string text = one + " a b\nno-pty " + two + " c\n" + two + " d\n# x\n";
  const std::vector<Reply> replies{RunReply{.exit_code = 0, .out = block("D directory\n", text), .err = ""}};
  const auto found = provider.discover("AuthorizedKey", replies);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].spec, (Value(Map{{"user", "alice"}, {"keys", Map{{"a-b", one + " a b"}}}})))
      << to_json(found[0].spec);
}

}  // namespace
}  // namespace hearth
