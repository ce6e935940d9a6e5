// What holds for every account database and every authorized_keys file, whatever is in it.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "providers/host_accounts/account_files.h"
#include "providers/host_accounts/authorized_keys.h"
#include "providers/host_accounts/host_accounts_provider.h"
#include "providers/host_accounts/key_file.h"
#include "reconciler/core/digest.h"
#include "reconciler/core/json.h"
#include "reconciler/diff/differ.h"
#include "reconciler/manifest/schema_registry.h"
#include "tests/fakes/resources.h"

namespace hearth {
namespace {

const HostAccountsProvider provider;

template <typename T>
T pick(std::vector<T> values) {
  return *rc::gen::elementOf(std::move(values));
}

Reply printed(std::string text) {
  return RunReply{.exit_code = 0, .out = std::move(text), .err = ""};
}

bool flip() {
  return *rc::gen::arbitrary<bool>();
}

std::string any_bytes() {
  return *rc::gen::container<std::string>(rc::gen::oneOf(
      rc::gen::arbitrary<char>(), rc::gen::elementOf(std::string(":\n,+-!*x0123 \t\r\"\\#AAAAssh-"))));
}

// ---- The databases ----

std::string any_name() {
  return pick<std::string>({"alice", "bob", "carol", "pc$", "www-data", "a.b_c-d", "_x"});
}

// Text that a field can hold.
std::string any_field() {
  std::string text = any_bytes();
  std::erase_if(text, [](char c) { return c == ':' || c == '\n' || c == '\0'; });
  return text;
}

TEST(AccountFilesProperty, WhatIsWrittenIsRead) {
  EXPECT_TRUE(rc::check([] {
    const PasswdEntry user{any_name(),
                           *rc::gen::arbitrary<std::uint32_t>(),
                           *rc::gen::arbitrary<std::uint32_t>(),
                           any_field(),
                           any_field(),
                           any_field()};
    RC_ASSERT(parse_passwd(to_text(user)).entries == std::vector<PasswdEntry>{user});
    GroupEntry group{any_name(), *rc::gen::arbitrary<std::uint32_t>(), {}};
    for (const char* name : {"alice", "bob", "pc$"}) {
      if (flip()) group.members.emplace_back(name);
    }
    RC_ASSERT(parse_group(to_text(group)).entries == std::vector<GroupEntry>{group});
    const auto days = *rc::gen::inRange<std::int64_t>(0, 2932896);
    RC_ASSERT(days_of(date_of(days)) == days);
  }));
}

TEST(AccountFilesProperty, AnyBytesAreSurvived) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = any_bytes();
    for (const auto& entry : parse_passwd(text).entries) RC_ASSERT(!entry.name.empty());
    for (const auto& entry : parse_group(text).entries) RC_ASSERT(!entry.name.empty());
    for (const auto& entry : parse_shadow(text).entries) RC_ASSERT(!entry.name.empty());
    parse_key_files(text);
    const std::vector<Reply> replies{printed(text), printed(text), printed(text)};
    for (const std::string kind : {"User", "Group", "AuthorizedKey"}) {
      const auto count = provider.discovery_probes(kind).size();
      for (const Found& found : provider.discover(kind, std::span<const Reply>(replies).last(count)))
        RC_ASSERT(!found.name.empty());
    }
  }));
}

TEST(AccountFilesProperty, NoHashIsEverInWhatComesOut) {
  EXPECT_TRUE(rc::check([] {
    const std::string hash = "$6$salty$" + std::to_string(*rc::gen::inRange(100000, 999999)) + "hash";
    const std::string line = "alice:" + pick<std::string>({"", "!", "!!", "*"}) + hash + ":" +
                             pick<std::string>({"1:0:99999:7::22279:", "1:::::x:", ":::::", "::::::"}) + "\n";
    const std::vector<Reply> replies{printed("alice:x:1000:100::/home/alice:/bin/sh\n"),
                                     printed("users:x:100:\n"),
                                     RunReply{.exit_code = flip() ? 0 : 1, .out = line, .err = ""}};
    Map desired{{"userName", "alice"}, {"locked", flip()}, {"comment", "c"}, {"expires", "2030-01-01"}};
    const Resource resource = host_resource("User", "alice", std::move(desired));
    const Live live = provider.decode(resource, replies);
    std::string all = live.why + to_json(live.fields);
    for (const Value* field : {live.fields.find("locked"), live.fields.find("expires")}) {
      if (field != nullptr && field->is_unknown()) all += field->why_unknown();
    }
    for (const Step& step : provider.next_steps(resource, live)) {
      all += to_string(step.operation) + to_json(step.expects);
      for (const Operation& undo : step.undo) all += to_json(to_value(undo));
    }
    RC_ASSERT(all.find("salty") == std::string::npos);
    RC_ASSERT(all.find("hash") == std::string::npos);
  }));
}

// ---- Keys ----

std::string any_line() {
  static const std::vector<std::string> options{"", "", "no-pty ", "from=\"10.0.0.0/8, ::1\" ",
                                                "command=\"echo \\\"a b\\\" # c\",restrict "};
  static const std::vector<std::string> keys{"ssh-ed25519 AAAAOne",
                                             "ssh-rsa AAAATwo=", "ssh-ed25519 AAAAThree",
                                             "sk-ssh-ed25519@openssh.com AAAAFour"};
  static const std::vector<std::string> comments{"", " a", " b", "  at the desk", " a b"};
  switch (*rc::gen::inRange(0, 6)) {
    case 0: return pick<std::string>({"", "# remark", "what is this", "ssh-rsa", "   ", "command=\"open"});
    default: return pick(options) + pick(keys) + pick(comments) + (flip() ? "\r" : "");
  }
}

std::string any_file() {
  std::string text;
  const int lines = *rc::gen::inRange(0, 8);
  for (int i = 0; i < lines; ++i) text += any_line() + "\n";
  if (flip() && !text.empty()) text.pop_back();
  return text;
}

// Declared as a person would: names, one line each.
Map any_keys() {
  Map keys;
  for (const char* name : {"a", "b", "new"}) {
    if (flip()) continue;
    std::string line = any_line();
    if (line.ends_with('\r')) line.pop_back();
    keys.set(name, parse_public_key(line) && flip() ? Value(line) : Value());
  }
  return keys;
}

// Without entries that are another's key: those are unknown, and tested on their own.
bool sound(const Map& keys) {
  for (const auto& [name, position, value] : live_keys("", keys, false)) {
    if (value.is_unknown()) return false;
  }
  return true;
}

TEST(AuthorizedKeysProperty, AnyBytesAreSurvivedAndKept) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = flip() ? any_bytes() : any_file();
    RC_ASSERT(with_keys(text, Map{}, false) == text);
    RC_ASSERT(without_keys(text, Map{}) == text);
    for (const auto& line : lines_of(text)) {
      const auto key = parse_public_key(line);
      if (key) RC_ASSERT(parse_public_key(to_text(*key)) == key);
    }
  }));
}

TEST(AuthorizedKeysProperty, WhatIsDeclaredComesAndTheRestStays) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = any_file();
    const Map keys = any_keys();
    RC_PRE(sound(keys));
    const bool exclusive = flip();
    const std::string changed = with_keys(text, keys, exclusive);
    RC_ASSERT(Value(live_keys(changed, keys, exclusive)) == Value(keys));
    RC_ASSERT(with_keys(changed, keys, exclusive) == changed);
    // What holds no key stays, in order and to the byte.
    const auto others = [](const std::string& of) {
      std::vector<std::string> out;
      for (auto& line : lines_of(of)) {
        if (!line.empty() && !parse_public_key(line)) out.push_back(line);
      }
      return out;
    };
    RC_ASSERT(others(changed) == others(text));
    if (!exclusive) {
      const Map before = live_keys(text, keys, true);
      const Map after = live_keys(changed, keys, true);
      for (const auto& [name, position, value] : before) {
        if (!keys.contains(name)) RC_ASSERT(after.find(name) != nullptr && *after.find(name) == value);
      }
    }
  }));
}

// ---- Discovery, for a later import: declared as it was found, nothing differs ----

class Discovery : public testing::Test {
 protected:
  void SetUp() override {
    auto schemas = SchemaRegistry::load(std::string(HEARTH_SOURCE_DIR) + "/schemas");
    ASSERT_TRUE(schemas) << schemas.error().to_string();
    schemas_ = std::make_unique<SchemaRegistry>(*std::move(schemas));
  }

  // Declares what was found, and holds it against the same host.
  void agrees(const std::string& kind, const std::vector<Reply>& replies) const {
    for (const Found& found : provider.discover(kind, replies)) {
      Resource resource = host_resource(kind, found.name, found.spec.as_map());
      resource.kind = schemas_->find(kind);
      const auto complaints = resource.kind->validate(found.spec);
      RC_LOG() << to_json(found.spec) << "\n" << complaints.to_string() << "\n";
      RC_ASSERT(complaints.to_string().empty());
      const Live live = provider.decode(resource, replies);
      RC_LOG() << live.why << to_json(live.fields) << "\n";
      RC_ASSERT(live.presence == Live::Presence::present);
      RC_ASSERT(diff(resource, live).empty());
      RC_ASSERT(provider.next_steps(resource, live).empty());
    }
  }

  std::unique_ptr<SchemaRegistry> schemas_;
};

TEST_F(Discovery, OfAccountsIsInStateAtOnce) {
  EXPECT_TRUE(rc::check([this] {
    std::string passwd;
    std::string group;
    std::string shadow;
    const int users = *rc::gen::inRange(0, 6);
    for (int i = 0; i < users; ++i) {
      const std::string name = any_name();
      passwd += to_text(PasswdEntry{name, pick<std::uint32_t>({0, 999, 1000, 1001, 65534}),
                                    pick<std::uint32_t>({100, 1000, 7777}),
                                    flip() ? any_field() : pick<std::string>({"", "Alice,,,", "\xe9t\xe9"}),
                                    pick<std::string>({"", "/", "/home//x/", "relative", "/home/x"}),
                                    pick<std::string>({"", "/bin/sh", "/usr/sbin/nologin"})});
      if (flip())
        shadow += name + ":" + pick<std::string>({"", "!", "*", "!!", "x", "!x"}) +
                  ":1:0:99999:7::" + pick<std::string>({"", "0", "22279", "-1", "99999999", "z"}) + ":\n";
    }
    for (int i = 0; i < 4; ++i) {
      GroupEntry entry{pick<std::string>({"users", "alice", "odd name", "media"}),
                       pick<std::uint32_t>({100, 1000, 2000}),
                       {}};
      for (const char* name : {"alice", "bob", "no such"}) {
        if (flip()) entry.members.emplace_back(name);
      }
      group += to_text(entry);
    }
    if (flip()) passwd += "+bob::::::\n+::::::\n";
    agrees("User", {printed(passwd), printed(group), printed(shadow)});
    agrees("Group", {printed(group)});
  }));
}

TEST_F(Discovery, OfKeysIsInStateAtOnce) {
  EXPECT_TRUE(rc::check([this] {
    const std::string output = "U " + base64("alice") + " 1000 100 " + base64("/home/alice") + "\nh\nP " +
                               base64("/home/alice/.ssh/authorized_keys") + "\nD directory\nF regular\nC " +
                               base64(any_file()) + "\n";
    agrees("AuthorizedKey", {printed(output)});
  }));
}

}  // namespace
}  // namespace hearth
