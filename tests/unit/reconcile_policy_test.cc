#include "reconciler/manifest/reconcile_policy.h"

#include <gtest/gtest.h>

#include "tests/fakes/world.h"

namespace hearth {
namespace {

ManifestSet with(const std::string& policy) {
  return load_manifest_texts({{"hearth.yaml", "format: 1\npolicy:\n  reconcile: " + policy + "\n"}},
                             real_schemas());
}

TEST(ReconcilePolicy, IsWhatHearthYamlSays) {
  const ManifestSet set = with(
      "{allow: [reload, 'restart=Service,File/motd@pve'], drift: report, intent: report, flapping: "
      "{corrections: 5, "
      "within: 2h}, alertAfter: 3d}");
  ASSERT_TRUE(set.complete) << set.diagnostics.to_string();
  const ReconcilePolicy& policy = set.settings.reconcile;
  EXPECT_EQ(policy.allow, (std::vector<std::string>{"reload", "restart=Service,File/motd@pve"}));
  EXPECT_FALSE(policy.correct_drift);
  EXPECT_FALSE(policy.apply_intent);
  EXPECT_EQ(policy.flapping_corrections, 5U);
  EXPECT_EQ(policy.flapping_within, std::chrono::hours(2));
  EXPECT_EQ(policy.alert_after, std::chrono::hours(72));
  EXPECT_EQ(with("{allow: none}").settings.reconcile.allow, std::vector<std::string>{"none"});
}

TEST(ReconcilePolicy, IsCarefulWhereNothingIsSaid) {
  const ReconcilePolicy policy = with("{}").settings.reconcile;
  EXPECT_EQ(policy.allow, std::vector<std::string>{"reload"});
  EXPECT_TRUE(policy.correct_drift);
  EXPECT_TRUE(policy.apply_intent);
  EXPECT_EQ(policy.flapping_corrections, 3U);
  EXPECT_EQ(policy.alert_after, std::chrono::hours(24));
}

TEST(ReconcilePolicy, IsRefusedWhereItIsNotUnderstood) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[]", "wrong-type"},
      {"{alow: reload}", "did you mean \"allow\""},
      {"{allow: relaod}", "did you mean \"reload\""},
      {"{allow: [3]}", "wrong-type"},
      {"{allow: 'restart='}", "bad-address"},
      {"{allow: 'restart=a/b/c@'}", "bad-address"},
      {"{drift: fix}", "expected `correct` or `report`"},
      {"{intent: correct}", "expected `apply` or `report`"},
      {"{alertAfter: 24}", "a number with its unit"},
      {"{alertAfter: soon}", "a number with its unit"},
      {"{flapping: 3}", "wrong-type"},
      {"{flapping: {corrections: 0}}", "is not between 1 and 1000"},
      {"{flapping: {corrections: many}}", "wrong-type"},
      {"{flapping: {within: 0h}}", "a number with its unit"},
      {"{flapping: {often: 3}}", "is no word of policy.reconcile.flapping"},
  };
  for (const auto& [policy, said] : cases) {
    const ManifestSet set = with(policy);
    EXPECT_FALSE(set.complete) << policy;
    EXPECT_NE(set.diagnostics.to_string().find(said), std::string::npos) << policy << "\n"
                                                                         << set.diagnostics.to_string();
  }
}

}  // namespace
}  // namespace hearth
