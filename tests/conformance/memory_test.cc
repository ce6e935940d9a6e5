// What the kit promises on a real node, in memory, where it is cheap to do it at every point: an answer that is missing is
// never taken for "not there", and a run that loses its host at any operation is completed by the next. The specs are the
// kit's samples.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "reconciler/core/json.h"
#include "reconciler/manifest/yaml_reader.h"
#include "tests/fakes/world.h"

namespace hearth {
namespace {

struct Pair {
  std::string kind;
  std::string name;
  Map a;
  Map b;
};

Map merged(const Value* common, const Value* own) {
  Map out = common == nullptr ? Map{} : common->as_map();
  if (own == nullptr) return out;
  for (const auto& [key, position, value] : own->as_map()) out.set(key, value);
  return out;
}

// Those of all kinds that hearth keeps, or only looks at.
std::vector<Pair> pairs() {
  std::vector<Pair> out;
  for (const auto& entry :
       std::filesystem::directory_iterator(HEARTH_SOURCE_DIR "/tests/conformance/samples")) {
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    Diagnostics diagnostics;
    const std::vector<Value> documents = read_yaml(text.str(), entry.path().string(), diagnostics);
    if (!diagnostics.empty() || documents.size() != 1) throw std::runtime_error(diagnostics.to_string());
    const Value* found = documents.front().find("pairs");
    if (found == nullptr) continue;
    for (const auto& [name, position, pair] : found->as_map()) {
      out.push_back({entry.path().stem().string(), name, merged(pair.find("common"), pair.find("a")),
                     merged(pair.find("common"), pair.find("b"))});
    }
  }
  return out;
}

void PrintTo(const Pair& pair, std::ostream* out) {
  *out << pair.kind << " " << pair.name;
}

std::string manifest(const Pair& pair, const Map& spec) {
  return "kind: " + pair.kind + "\nname: conf-" + pair.name + "\nhosts: pve\nspec: " + to_json(Value(spec)) +
         "\n";
}

std::string address(const Pair& pair) {
  return pair.kind + "/conf-" + pair.name + "@pve";
}

// A world that is about to become as PAIR's a says.
void prepare(World& world, const Pair& pair) {
  world.secret_texts = {{"conf-first", "first"}, {"conf-second", "second"}};
  world.declare({"pve"}, manifest(pair, pair.a));
  for (const char* folder : {"/srv", "/etc/cron.d"}) {
    world.host("pve").files[folder] = {.type = FileReply::Type::directory, .content = {}, .mode = "0755"};
  }
  world.host("pve").put("/etc/hosts", "127.0.0.1 localhost\n");
  // One recording of several is old.
  world.host("pve").files["/srv/conf-recordings"] = {
      .type = FileReply::Type::directory, .content = {}, .mode = "0755"};
  for (const char* file : {"1", "2", "old"})
    world.host("pve").put(std::string("/srv/conf-recordings/") + file, file);
  world.host("pve").files["/srv/conf-recordings/old"].modified -= 9LL * 24 * 60 * 60 * 1'000'000;
  for (const char* unit : {"conf-base.service", "conf-idle.service"}) world.host("pve").units[unit];
}

class Conformance : public testing::TestWithParam<Pair> {};

// Whether LIVE says of anything that it is not known.
bool something_unknown(const Live& live) {
  if (live.presence == Live::Presence::unknown) return true;
  if (!live.fields.is_map()) return false;
  for (const auto& [field, position, value] : live.fields.as_map()) {
    if (value.is_unknown()) return true;
    if (!value.is_map()) continue;
    for (const auto& [key, where, entry] : value.as_map()) {
      if (entry.is_unknown()) return true;
    }
  }
  return false;
}

// What does not depend on an answer may be said without it; everything else is unknown then.
TEST_P(Conformance, AMissingAnswerIsUnknownNeverAbsent) {
  const Pair& pair = GetParam();
  World world;
  prepare(world, pair);
  const Resource* resource = world.manifests.find(Address::parse(address(pair)).value());
  ASSERT_NE(resource, nullptr);
  const auto provider = real_providers().load(resource->kind->provider());
  ASSERT_TRUE(provider) << provider.error().message;
  const std::vector<Probe> probes = (*provider)->probes(*resource);
  ASSERT_FALSE(probes.empty());
  for (const bool applied : {false, true}) {
    if (applied) world.apply();
    std::vector<Reply> answers;
    for (const Probe& probe : probes) answers.push_back(world.host("pve").answer(probe));
    const Live whole = (*provider)->decode(*resource, answers);
    for (std::size_t missing = 0; missing < probes.size(); ++missing) {
      std::vector<Reply> replies = answers;
      replies[missing] = NoReply{"it took too long"};
      const Live live = (*provider)->decode(*resource, replies);
      EXPECT_TRUE(something_unknown(live) || (live.presence == whole.presence && live.fields == whole.fields))
          << missing << ": " << to_json(live.fields) << " instead of " << to_json(whole.fields);
    }
    const std::vector<Reply> silence(probes.size(), NoReply{"it took too long"});
    const Live live = (*provider)->decode(*resource, silence);
    EXPECT_EQ(live.presence, Live::Presence::unknown) << to_json(live.fields);
    EXPECT_TRUE((*provider)->next_steps(*resource, live).empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Samples, Conformance, testing::ValuesIn(pairs()),
                         [](const auto& each) { return each.param.kind + "_" + each.param.name; });

// Kinds that a MemoryHost can keep; the others are killed on the real node only.
std::vector<Pair> pairs_kept_in_memory() {
  std::vector<Pair> out = pairs();
  std::erase_if(out, [](const Pair& pair) {
    static const std::set<std::string> kinds = {"CronJob",   "Directory",   "File",       "HostsEntry",
                                                "Retention", "SambaServer", "SambaShare", "Service"};
    return !kinds.contains(pair.kind);
  });
  return out;
}

class ConformanceOfRuns : public testing::TestWithParam<Pair> {
 protected:
  static std::string state(const Plan& plan) {
    std::string out;
    for (const Action& action : plan.actions) out += action.address.to_string() + "\n";
    for (const Note& note : plan.notes) out += note.address.to_string() + ": " + note.text + "\n";
    return out;
  }

  // Loses the host at the K-th operation; whether there were so many.
  static bool survives_a_loss_at(const Pair& pair, bool before, const Map& spec, int k, bool carried_out) {
    SCOPED_TRACE((before ? "a change" : "a creation") + std::string(", lost at operation ") +
                 std::to_string(k) + (carried_out ? ", which was carried out" : ""));
    World world;
    prepare(world, pair);
    if (before) {
      world.apply();
      EXPECT_EQ(state(world.plan()), "");
      world.declare({"pve"}, manifest(pair, spec));
      world.last = nullptr;
    }
    int left = k;
    bool lost = false;
    world.prepare = [&](const std::string&, MemoryTransport& transport) {
      transport.carry_out_lost = carried_out;
      transport.cut = lost;
      transport.survives = [&](const Operation&) {
        if (left-- > 0) return true;
        lost = true;
        return false;
      };
    };
    world.connect();
    world.apply();
    if (!lost) {
      EXPECT_EQ(state(world.plan()), "");
      return false;
    }
    // The process is gone as well, and its lease runs out.
    world.prepare = nullptr;
    world.host("pve").lease.reset();
    world.last = nullptr;
    world.connect();
    world.apply();
    EXPECT_EQ(state(world.plan()), "");
    EXPECT_TRUE(world.host("pve").armed.empty());
    return true;
  }
};

TEST_P(ConformanceOfRuns, ALossAtAnyOperationIsMadeUpForByTheNextRun) {
  const Pair& pair = GetParam();
  int points = 0;
  for (const bool before : {false, true}) {
    for (const bool carried_out : {false, true}) {
      int k = 0;
      while (k < 100 && survives_a_loss_at(pair, before, before ? pair.b : pair.a, k, carried_out)) ++k;
      EXPECT_LT(k, 100);
      if (HasFailure()) return;
      points += k;
    }
  }
  EXPECT_GT(points, 0) << "nothing was done at all";
}

INSTANTIATE_TEST_SUITE_P(Samples, ConformanceOfRuns, testing::ValuesIn(pairs_kept_in_memory()),
                         [](const auto& each) { return each.param.kind + "_" + each.param.name; });

}  // namespace
}  // namespace hearth
