// Sets of manifests in tests/golden/manifests/<rule>/ and what hearth makes of them: every complaint with its
// place, and what is declared all the same.
#include "reconciler/manifest/manifest_set.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "reconciler/core/json.h"
#include "reconciler/core/rules.h"
#include "tests/fakes/manifest_kinds.h"
#include "tests/golden/golden.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

// A case whose manifests folder is not to be there (or is a file) says so in a file FOLDER.
std::string folder_of(const fs::path& set) {
  if (!fs::exists(set / "FOLDER")) return set.string();
  std::string name = golden::read_file(set / "FOLDER");
  while (!name.empty() && name.back() == '\n') name.pop_back();
  return (set / name).string();
}

std::string_view type_name(Dependency::Type type) {
  switch (type) {
    case Dependency::Type::declared: return "declared";
    case Dependency::Type::reference: return "reference";
    case Dependency::Type::within: return "within";
    case Dependency::Type::input: return "input";
  }
  return "";
}

std::string describe(const Resource& resource) {
  std::string out = resource.address.to_string() + " " + to_json(resource.desired) + "\n";
  for (const auto& claim : resource.claims) out += "    claims " + claim.to_string() + "\n";
  for (const auto& dependency : resource.dependencies) {
    out += "    after " + dependency.on.to_string() + " (" + std::string(type_name(dependency.type)) + ")\n";
  }
  if (!resource.cluster.empty()) out += "    in " + resource.cluster + "\n";
  if (resource.exclusive_all) out += "    exclusive\n";
  for (const auto& field : resource.exclusive_fields) out += "    exclusive " + field + "\n";
  if (resource.protect) out += "    protected\n";
  if (resource.drift != DriftPolicy::correct) {
    out += resource.drift == DriftPolicy::report ? "    drift report\n" : "    drift ignore\n";
  }
  for (const auto& [label, value] : resource.labels) out += "    label " + label + "=" + value + "\n";
  return out;
}

std::string load_and_describe(const fs::path& set) {
  const ManifestSet loaded = load_manifests(folder_of(set), fakes::kinds());
  std::string out = loaded.diagnostics.to_string();
  out += loaded.complete ? "complete\n" : "not complete\n";
  for (const auto& resource : loaded.resources) out += describe(resource);
  // Where the sources lie differs from machine to machine.
  const std::string here = set.string();
  for (auto at = out.find(here); at != std::string::npos; at = out.find(here, at)) {
    const bool is_prefix = at + here.size() < out.size() && out[at + here.size()] == '/';
    out.replace(at, here.size() + (is_prefix ? 1 : 0), is_prefix ? "" : "SET");
  }
  return out;
}

class ManifestSetGolden : public testing::TestWithParam<fs::path> {};

TEST_P(ManifestSetGolden, SaysWhatIsExpected) {
  ASSERT_FALSE(GetParam().empty()) << "the golden folder has no cases";
  golden::check(GetParam(), load_and_describe(GetParam()));
}

// A case is named after the rule that it is about, with `--` and a few words where a rule has several. Cases
// of sets that are right begin with `ok`, those of several rules with `many`.
TEST_P(ManifestSetGolden, IsAboutTheRuleOfItsName) {
  ASSERT_FALSE(GetParam().empty());
  const std::string name = GetParam().filename().string();
  const std::string rule = name.substr(0, name.find("--"));
  const ManifestSet loaded = load_manifests(folder_of(GetParam()), fakes::kinds());
  std::set<std::string> said;
  for (const auto& diagnostic : loaded.diagnostics.all()) said.insert(diagnostic.rule);
  if (rule == "ok") {
    EXPECT_TRUE(loaded.complete) << loaded.diagnostics.to_string();
    EXPECT_TRUE(said.empty()) << loaded.diagnostics.to_string();
  } else if (rule == "many") {
    EXPECT_GT(said.size(), 3U) << loaded.diagnostics.to_string();
    EXPECT_FALSE(loaded.complete);
  } else {
    EXPECT_EQ(said, std::set<std::string>{rule}) << loaded.diagnostics.to_string();
    EXPECT_EQ(loaded.complete, !loaded.diagnostics.has_errors());
  }
}

INSTANTIATE_TEST_SUITE_P(Manifests, ManifestSetGolden, testing::ValuesIn(golden::cases("manifests", "")),
                         golden::CaseName());

// Each rule that the passes over a set can break is explained, and shown by a case.
TEST(ManifestSetRules, AreExplainedAndShown) {
  std::set<std::string> shown;
  for (const auto& path : golden::cases("manifests", "")) {
    const std::string name = path.filename().string();
    shown.insert(name.substr(0, name.find("--")));
  }
  for (const char* rule : {"no-manifests",
                           "no-settings",
                           "unreadable-file",
                           "folder-loop",
                           "ignored-file",
                           "nested-settings",
                           "settings-format",
                           "settings-documents",
                           "unknown-word",
                           "missing-kind",
                           "unknown-kind",
                           "name-or-items",
                           "bad-name",
                           "reserved-name",
                           "empty-items",
                           "missing-hosts",
                           "cluster-scope",
                           "unknown-host",
                           "empty-selection",
                           "per-host-outside",
                           "cluster-word",
                           "exclusive-field",
                           "duplicate-name",
                           "unknown-host-field",
                           "host-field-not-scalar",
                           "host-text-form",
                           "host-text-place",
                           "bad-address",
                           "unknown-reference",
                           "doubly-held-claim",
                           "dependency-cycle",
                           "wrong-type",
                           "bad-value",
                           "duplicate-element",
                           "null-not-allowed"}) {
    EXPECT_NE(find_rule(rule), nullptr) << rule;
    EXPECT_EQ(shown.count(rule), 1U) << "no case tests/golden/manifests/" << rule;
  }
  EXPECT_EQ(golden::orphans("manifests", ""), std::vector<fs::path>());
}

}  // namespace
}  // namespace hearth
