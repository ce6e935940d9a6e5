// For any desired and any live state: what a provider's steps promise leads to the desired state, in few
// rounds, and from there nowhere else. The engine's diff has tests of its own; here differences are counted
// by hand.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "providers/host_accounts/host_accounts_provider.h"
#include "providers/host_files/host_files_provider.h"
#include "providers/host_services/host_services_provider.h"
#include "reconciler/core/digest.h"
#include "reconciler/core/json.h"
#include "tests/fakes/resources.h"

namespace hearth {
namespace {

constexpr int most_rounds = 4;

// The declared entries of FIELD that differ.
bool map_differs(const Resource& resource, const std::string& field, const Map& desired, const Value& live) {
  for (const auto& [key, position, value] : desired) {
    const Value* there = live.find(key);
    if (!(value == (there == nullptr ? Value() : *there))) return true;
  }
  if (!resource.is_exclusive(field) || !live.is_map()) return false;
  for (const auto& [key, position, value] : live.as_map()) {
    if (!value.is_null() && !desired.contains(key)) return true;
  }
  return false;
}

bool differs(const Resource& resource, const Live& live) {
  if (live.presence == Live::Presence::absent) return true;
  for (const auto& [field, position, desired] : resource.desired.as_map()) {
    if (field == "onChange" || field == "validate" || field == "system" || field == "createHome") continue;
    const Value* there = live.fields.find(field);
    if (there == nullptr) return true;
    if (desired.is_map() ? map_differs(resource, field, desired.as_map(), *there) : !(desired == *there))
      return true;
  }
  return !live.fields.boolean_or("current", true);
}

Live folded(Live live, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    for (const auto& [field, position, value] : step.expects) {
      live.presence = Live::Presence::present;
      live.fields.as_map().set(field, value);
    }
  }
  return live;
}

void converges(const Provider& provider, const Resource& resource, Live live) {
  int rounds = 0;
  while (differs(resource, live)) {
    RC_LOG() << to_json(live.fields) << "\n";
    RC_ASSERT(++rounds <= most_rounds);
    const std::vector<Step> steps = provider.next_steps(resource, live);
    RC_ASSERT(!steps.empty());
    for (const Step& step : steps) {
      // Nothing is replaced or removed that could not be put back.
      if (const auto* write = std::get_if<WriteFile>(&step.operation)) {
        RC_ASSERT(write->keep_previous);
        RC_ASSERT(step.undo == std::vector<Operation>{RestorePrevious{write->path}});
      } else if (const auto* remove = std::get_if<RemovePath>(&step.operation)) {
        RC_ASSERT(remove->keep_previous);
        RC_ASSERT(step.undo == std::vector<Operation>{RestorePrevious{remove->path}});
      } else if (!std::holds_alternative<MakeDirectory>(step.operation)) {
        RC_ASSERT(!step.undo.empty());
      }
    }
    live = folded(std::move(live), steps);
  }
  RC_ASSERT(provider.next_steps(resource, live).empty());
}

template <typename T>
T pick(std::vector<T> values) {
  return *rc::gen::elementOf(std::move(values));
}

bool flip() {
  return *rc::gen::arbitrary<bool>();
}

// Declares FIELD as one of VALUES, or not at all.
void maybe(Map& map, const std::string& field, std::vector<Value> values) {
  if (flip()) map.set(field, pick(std::move(values)));
}

TEST(ProviderConvergence, Files) {
  const HostFilesProvider provider;
  EXPECT_TRUE(rc::check([&] {
    Map desired{{"path", "/etc/f"}};
    maybe(desired, "content", {"", "a\n", "b\n"});
    maybe(desired, "mode", {"0600", "0755"});
    maybe(desired, "owner", {"root", "alice"});
    maybe(desired, "group", {"root", "users"});
    const Resource resource = host_resource("File", "f", desired);
    Live live = Live::absent();
    if (!desired.contains("content") || flip()) {
      Map fields{{"path", "/etc/f"},
                 {"mode", pick<std::string>({"0600", "0644", "0755"})},
                 {"owner", pick<std::string>({"root", "alice"})},
                 {"group", pick<std::string>({"root", "users"})}};
      if (desired.contains("content")) {
        fields.set("content", pick<std::string>({"", "a\n", "c\n", "<symbolic link to /x>",
                                                 "<9 bytes, sha256 " + sha256("x") + ">"}));
      }
      live = Live::present(std::move(fields));
    }
    converges(provider, resource, std::move(live));
  }));
}

TEST(ProviderConvergence, Directories) {
  const HostFilesProvider provider;
  EXPECT_TRUE(rc::check([&] {
    Map desired{{"path", "/srv/d"}};
    maybe(desired, "mode", {"0700", "2775"});
    maybe(desired, "owner", {"root", "alice"});
    maybe(desired, "group", {"root", "users"});
    Live live = Live::absent();
    if (flip()) {
      live = Live::present({{"path", "/srv/d"},
                            {"mode", pick<std::string>({"0700", "0755"})},
                            {"owner", pick<std::string>({"root", "alice"})},
                            {"group", pick<std::string>({"root", "users"})}});
    }
    converges(provider, host_resource("Directory", "d", desired), std::move(live));
  }));
}

TEST(ProviderConvergence, Services) {
  const HostServicesProvider provider;
  const std::vector<Value> texts = {"[Service]\n[Install]\nWantedBy=a\n",
                                    "[Service]\nNice=1\n[Install]\nWantedBy=a\n",
                                    "[Service]\n[Install]\nWantedBy=b\n"};
  EXPECT_TRUE(rc::check([&] {
    Map desired{{"unitName", "app.service"}};
    if (flip()) {
      // What the schema allows beside a mask.
      desired.set("masked", true);
      maybe(desired, "unit", {nullptr});
      maybe(desired, "enabled", {false});
      maybe(desired, "state", {"stopped"});
    } else {
      maybe(desired, "masked", {false});
      maybe(desired, "unit", {nullptr, texts[0], texts[1]});
      maybe(desired, "enabled", {true, false});
      maybe(desired, "state", {"running", "stopped"});
    }
    maybe(desired, "onChange", {"restart", "reload"});
    if (flip()) {
      Map drop_ins;
      maybe(drop_ins, "a", {nullptr, "1\n", "2\n"});
      maybe(drop_ins, "b", {nullptr, "1\n", "2\n"});
      desired.set("dropIns", drop_ins);
    }
    Resource resource = host_resource("Service", "app", desired);
    resource.exclusive_all = flip();

    const bool own_text = desired.contains("unit") && desired.find("unit")->is_string();
    Live live = Live::absent();
    if (!own_text || flip()) {
      const bool masked = flip();
      Map fields{{"unitName", "app.service"}, {"masked", masked}};
      // decode() says unknown where nothing declared undoes a mask that is in the way; that is tested there.
      if (masked && !desired.contains("masked") && !own_text) fields.set("masked", false);
      const bool effective = fields.find("masked")->as_boolean();
      fields.set("enabled", !effective && flip());
      fields.set("state", pick<std::string>({"running", "stopped", "failed", "starting", "stopping"}));
      fields.set("current", flip());
      if (desired.contains("unit")) {
        fields.set("unit", effective || flip() ? Value() : pick<Value>(texts));
        fields.set("packaged", flip());
      }
      if (desired.contains("dropIns")) {
        Map drop_ins;
        for (const char* name : {"a", "b"}) {
          const bool declared = desired.find("dropIns")->find(name) != nullptr;
          if (declared)
            drop_ins.set(name, flip() ? Value() : Value(pick<std::string>({"1\n", "2\n", "3\n"})));
        }
        if (flip()) drop_ins.set("other", "<not declared>");
        fields.set("dropIns", drop_ins);
      }
      live = Live::present(std::move(fields));
    }
    converges(provider, resource, std::move(live));
  }));
}

TEST(ProviderConvergence, Users) {
  const HostAccountsProvider provider;
  EXPECT_TRUE(rc::check([&] {
    Map desired{{"userName", "alice"}};
    maybe(desired, "uid", {1000, 2000});
    maybe(desired, "group", {"users", "alice"});
    maybe(desired, "groups", {List{}, List{"audio"}, List{"audio", "video"}});
    maybe(desired, "home", {"/home/alice", "/srv/alice"});
    maybe(desired, "shell", {"/bin/sh", "/bin/bash"});
    maybe(desired, "comment", {"", "Alice"});
    maybe(desired, "locked", {true, false});
    maybe(desired, "expires", {nullptr, "2030-12-31"});
    maybe(desired, "system", {true, false});
    maybe(desired, "createHome", {true, false});
    Live live = Live::absent();
    // decode() says that a new account, without a password, cannot be unlocked; that is tested there.
    if (desired.contains("locked") && !desired.find("locked")->as_boolean() ? true : flip()) {
      live = Live::present({{"userName", "alice"},
                            {"uid", pick<int>({1000, 2000})},
                            {"group", pick<std::string>({"users", "alice"})},
                            {"groups", pick<List>({List{}, List{"audio"}, List{"audio", "video"}})},
                            {"home", pick<std::string>({"/home/alice", "/srv/alice"})},
                            {"shell", pick<std::string>({"/bin/sh", "/bin/bash"})},
                            {"comment", pick<std::string>({"", "Alice"})},
                            {"locked", flip()},
                            {"expires", pick<Value>({nullptr, "2030-12-31"})}});
    }
    const Resource resource = host_resource("User", "alice", desired);
    for (const Step& step : provider.next_steps(resource, live)) RC_ASSERT(step.account == "alice");
    converges(provider, resource, std::move(live));
  }));
}

TEST(ProviderConvergence, Groups) {
  const HostAccountsProvider provider;
  EXPECT_TRUE(rc::check([&] {
    Map desired{{"groupName", "media"}};
    maybe(desired, "gid", {2000, 2001});
    maybe(desired, "members", {List{}, List{"alice"}, List{"alice", "bob"}});
    maybe(desired, "system", {true, false});
    Live live = Live::absent();
    if (flip()) {
      live = Live::present({{"groupName", "media"},
                            {"gid", pick<int>({2000, 2001})},
                            {"members", pick<List>({List{}, List{"alice"}, List{"alice", "bob"}})}});
    }
    const Resource resource = host_resource("Group", "media", desired);
    for (const Step& step : provider.next_steps(resource, live)) RC_ASSERT(step.account == "*");
    converges(provider, resource, std::move(live));
  }));
}

TEST(ProviderConvergence, AuthorizedKeys) {
  const HostAccountsProvider provider;
  EXPECT_TRUE(rc::check([&] {
    Map keys;
    maybe(keys, "a", {nullptr, "ssh-ed25519 AAAAOne", "no-pty ssh-ed25519 AAAAOne"});
    maybe(keys, "b", {nullptr, "ssh-rsa AAAATwo b", "ssh-rsa AAAATwo elsewhere"});
    Resource resource = host_resource("AuthorizedKey", "alice", {{"user", "alice"}, {"keys", keys}});
    resource.exclusive_all = flip();
    std::string output;
    if (flip()) {
      output = "U " + base64("alice") + " 1000 100 " + base64("/home/alice") + "\nh\nP " +
               base64("/home/alice/.ssh/authorized_keys") + "\n";
      if (flip()) {
        std::string text;
        for (int i = *rc::gen::inRange(0, 5); i > 0; --i) {
          text += pick<std::string>({"# x\n", "ssh-ed25519 AAAAOne\n", "ssh-rsa AAAATwo b\n",
                                     "ssh-rsa AAAANo a\n", "ssh-rsa AAAAFar c\r\n",
                                     "restrict ssh-rsa AAAATwo other\n"});
        }
        output += "D directory\nF regular\nC " + base64(text) + "\n";
      } else {
        output += pick<std::string>({"D absent\nF absent\n", "D directory\nF absent\n"});
      }
    }
    const Reply reply = RunReply{.exit_code = 0, .out = output, .err = ""};
    Live live = provider.decode(resource, std::span<const Reply>(&reply, 1));
    for (const Step& step : provider.next_steps(resource, live)) RC_ASSERT(step.account == "alice");
    if (live.presence == Live::Presence::absent || differs(resource, live)) {
      converges(provider, resource, std::move(live));
    }
  }));
}

}  // namespace
}  // namespace hearth
