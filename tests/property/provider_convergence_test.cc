// For any desired and any live state: what a provider's steps promise leads to the desired state, in few
// rounds, and from there nowhere else. The engine's diff has tests of its own; here differences are counted
// by hand.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "providers/host_files/host_files_provider.h"
#include "providers/host_services/host_services_provider.h"
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
    if (field == "onChange" || field == "validate") continue;
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

}  // namespace
}  // namespace hearth
