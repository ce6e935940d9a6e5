#include "reconciler/manifest/manifest_set.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/manifest_kinds.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/fakes/world.h"

namespace hearth {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;

const char* const nodes = R"(kind: Node
items:
  Home: {address: 192.168.1.50, nic: nic0}
  pve: {address: 192.168.1.74, nic: enp3s0}
)";

ManifestSet load(Texts texts) {
  texts.emplace_back("hearth.yaml", "format: 1\n");
  return load_manifest_texts(texts, fakes::kinds());
}

// Who is declared is waited for, by the name on the host; who is not is there already, a package's own.
TEST(ManifestSet, OptionalReferencesTakeWhatNobodyDeclaredAsItStands) {
  const auto set = load({{"n.yaml", nodes}, {"f.yaml", R"(kind: File
name: notice
hosts: pve
spec: {path: /srv/notice, readers: [alice, www-data]}
---
kind: Account
name: alice
hosts: pve
spec: {user: a.liddell}
)"}});
  ASSERT_TRUE(set.complete) << set.diagnostics.to_string();
  for (const Resource& resource : set.resources) {
    if (resource.address.kind != "File") continue;
    EXPECT_EQ(*resource.desired.find("readers"), Value(List{"a.liddell", "www-data"}));
    ASSERT_EQ(resource.dependencies.size(), 1U);
    EXPECT_EQ(resource.dependencies[0].on.to_string(), "Account/alice@pve");
    return;
  }
  FAIL() << "no File";
}

TEST(ManifestSet, DecodesNodes) {
  const auto set = load({{"n.yaml", R"(kind: Node
name: agent1
labels: {role: compute}
spec:
  address: 192.168.1.61
  user: admin
  port: 2222
  keys: [~/.ssh/a, /root/b]
  hostKey: SHA256:x
  become: sudo
  proxyJump: root@192.168.1.50
  power: onDemand
  nic: nic0
---
kind: Node
name: here
spec: {transport: local, root: /tmp/there}
---
kind: Node
name: bare
---
kind: Cluster
name: HomeCluster
)"}});
  ASSERT_TRUE(set.complete) << set.diagnostics.to_string();
  ASSERT_EQ(set.hosts.size(), 3U);
  const Host& agent = set.hosts[0];
  EXPECT_EQ(agent.name, "agent1");
  EXPECT_EQ(agent.address, "192.168.1.61");
  EXPECT_EQ(agent.user, "admin");
  EXPECT_EQ(agent.port, 2222);
  EXPECT_EQ(agent.keys, (std::vector<std::string>{"~/.ssh/a", "/root/b"}));
  EXPECT_EQ(agent.host_key, "SHA256:x");
  EXPECT_EQ(agent.become, "sudo");
  EXPECT_EQ(agent.proxy_jump, "root@192.168.1.50");
  EXPECT_TRUE(agent.on_demand);
  EXPECT_FALSE(agent.local);
  EXPECT_EQ(agent.labels.at("role"), "compute");
  EXPECT_EQ(agent.cluster, "HomeCluster");  // the only one
  EXPECT_EQ(agent.fields.string_or("nic", ""), "nic0");
  EXPECT_TRUE(set.hosts[1].local);
  EXPECT_EQ(set.hosts[1].root, "/tmp/there");
  const Host& bare = set.hosts[2];
  EXPECT_EQ(bare.address, "bare");
  EXPECT_EQ(bare.user, "root");
  EXPECT_EQ(bare.port, 22);
  EXPECT_FALSE(bare.on_demand);
  EXPECT_EQ(set.find_host("here"), &set.hosts[1]);
  EXPECT_EQ(set.find_host("nobody"), nullptr);
}

TEST(ManifestSet, StartsARelativeRootAtItsFolder) {
  const TemporaryFolder folder;
  folder.write("hearth.yaml", "format: 1\n");
  folder.write("n.yaml", "kind: Node\nname: here\nspec: {transport: local, root: there}\n");
  const auto set = load_manifests(folder.path(), fakes::kinds());
  ASSERT_TRUE(set.complete) << set.diagnostics.to_string();
  EXPECT_EQ(set.hosts.at(0).root, folder / "there");
}

TEST(ManifestSet, FindsByAddressWithAndWithoutItsIndex) {
  auto set = load(
      {{"a.yaml", std::string(nodes) + "---\nkind: Directory\nname: d\nhosts: all\nspec: {path: /d}\n"}});
  ASSERT_TRUE(set.complete) << set.diagnostics.to_string();
  const Address address{"Directory", "d", "pve"};
  ASSERT_NE(set.find(address), nullptr);
  EXPECT_EQ(set.find(address)->address, address);
  EXPECT_EQ(set.find({"Directory", "d", ""}), nullptr);
  set.index.clear();
  ASSERT_NE(set.find(address), nullptr);
  EXPECT_EQ(set.find(address)->address, address);
  EXPECT_EQ(set.find({"Directory", "d", ""}), nullptr);
}

TEST(ManifestSet, TakesPoliciesFromTheKindUnlessSaid) {
  const auto set = load({{"a.yaml", std::string(nodes) + R"(---
kind: File
hosts: pve
items: {a: {path: /a}}
---
kind: File
name: b
hosts: pve
onRemove: retain
protect: true
drift: report
spec: {path: /b}
---
kind: Directory
name: c
hosts: pve
spec: {path: /c}
)"}});
  ASSERT_TRUE(set.complete) << set.diagnostics.to_string();
  const Resource& a = *set.find({"File", "a", "pve"});
  EXPECT_EQ(a.on_remove, OnRemove::remove);
  EXPECT_FALSE(a.protect);
  EXPECT_EQ(a.drift, DriftPolicy::correct);
  const Resource& b = *set.find({"File", "b", "pve"});
  EXPECT_EQ(b.on_remove, OnRemove::retain);
  EXPECT_TRUE(b.protect);
  EXPECT_EQ(b.drift, DriftPolicy::report);
  EXPECT_EQ(set.find({"Directory", "c", "pve"})->on_remove, OnRemove::retain);
}

// One bad resource: the others are there, but the set is not whole.
TEST(ManifestSet, LeavesOutWhatIsWrongAndWhatWouldPointThere) {
  const auto set = load({{"a.yaml", std::string(nodes) + R"(---
kind: Container
name: bad
spec: {vmid: text}
---
kind: Container
name: good
dependsOn: [Container/bad]
spec: {vmid: 2}
)"}});
  EXPECT_FALSE(set.complete);
  EXPECT_EQ(set.diagnostics.all().size(), 1U) << set.diagnostics.to_string();
  EXPECT_EQ(set.find({"Container", "bad", ""}), nullptr);
  ASSERT_NE(set.find({"Container", "good", ""}), nullptr);
  EXPECT_TRUE(set.find({"Container", "good", ""})->dependencies.empty());
}

TEST(ManifestSet, IsNotCompleteWithoutSettings) {
  const auto set = load_manifest_texts({{"n.yaml", nodes}}, fakes::kinds());
  EXPECT_FALSE(set.complete);
  EXPECT_EQ(set.resources.size(), 2U);
}

TEST(ManifestSet, IsNotCompleteWhereOneTextIsBroken) {
  const auto set = load({{"n.yaml", nodes}, {"x.yaml", "kind: [\n"}});
  EXPECT_FALSE(set.complete);
  EXPECT_EQ(set.resources.size(), 2U);
}

// A value that the reader refused is complained about once, and its resource is left out.
TEST(ManifestSet, DoesNotJudgeWhatCouldNotBeRead) {
  const auto set = load(
      {{"n.yaml", nodes}, {"x.yaml", "kind: File\nname: f\nhosts: pve\nspec: {path: /f, mode: 0644}\n"}});
  EXPECT_EQ(set.diagnostics.all().size(), 1U) << set.diagnostics.to_string();
  EXPECT_EQ(set.find({"File", "f", "pve"}), nullptr);
}

class FingerprintTest : public testing::Test {
 protected:
  static std::string of(const std::string& manifest, const std::string& settings = "format: 1\n") {
    const auto set = load_manifest_texts(
        {{"hearth.yaml", settings}, {"a.yaml", std::string(nodes) + manifest}}, fakes::kinds());
    EXPECT_TRUE(set.complete) << set.diagnostics.to_string();
    return fingerprint(set);
  }
};

TEST_F(FingerprintTest, IsTheSameForWhatAsksForTheSame) {
  const std::string file = "---\nkind: File\nname: f\nhosts: pve\nspec: {path: /f, mode: '0644'}\n";
  const std::string base = of(file);
  EXPECT_EQ(base.size(), 64U);
  EXPECT_EQ(
      base,
      of("# a comment\n---\nkind: File\nhosts: [pve]\nitems:\n  f:\n    mode: \"0644\"\n    path: /f\n"));
  EXPECT_NE(base, of("---\nkind: File\nname: f\nhosts: pve\nspec: {path: /f, mode: '0600'}\n"));
  EXPECT_NE(base, of(file, "format: 1\npolicy: {proveWithin: 60}\n"));
  for (const char* word : {"protect: true\n", "drift: ignore\n", "onRemove: retain\n", "labels: {a: b}\n",
                           "exclusive: true\n", "dependsOn: [Node/pve]\n"}) {
    EXPECT_NE(base, of(file + word)) << word;
  }
}

ManifestSet with_settings(const std::string& secrets) {
  return load_manifest_texts({{"hearth.yaml", "format: 1\nsecrets: " + secrets + "\n"}}, real_schemas());
}

TEST(Settings, SayWhoMayReadSecrets) {
  const auto set = with_settings(
      "{identity: /etc/key, recipients: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]}");
  EXPECT_TRUE(set.complete) << set.diagnostics.to_string();
  EXPECT_EQ(set.settings.secrets.identity, "/etc/key");
  EXPECT_EQ(set.settings.secrets.recipients.size(), 1U);
}

TEST(Settings, RefuseRecipientsThatAreNoneAndDoNotRepeatThem) {
  const std::string said =
      with_settings("{recipients: [AGE-SECRET-KEY-1QQQQQ, /etc/passwd, 7], recipient: x}")
          .diagnostics.to_string();
  EXPECT_EQ(said.find("QQQQQ"), std::string::npos) << said;
  EXPECT_NE(said.find("hearth.yaml:2:24: error[bad-recipient]: this is a private key"), std::string::npos)
      << said;
  for (const char* place : {"at secrets.recipients[0]", "at secrets.recipients[1]",
                            "at secrets.recipients[2]", "did you mean \"recipients\"?"})
    EXPECT_NE(said.find(place), std::string::npos) << said;
}

TEST(Settings, DoNotTakeAnIdentityFromTheRepository) {
  const std::string said = with_settings("{identity: keys/age.key}").diagnostics.to_string();
  EXPECT_NE(said.find("hearth.yaml:2:21: error[bad-value]: the file of the private key"), std::string::npos)
      << said;
}

constexpr const char* one_node = "kind: Node\nname: pve\nspec: {address: 192.0.2.1}\n---\n";

std::string complaints_about(const std::string& text) {
  return load_manifest_texts({{"hearth.yaml", "format: 1\ncluster: Test\n"}, {"test.yaml", one_node + text}},
                             real_schemas())
      .diagnostics.to_string();
}

TEST(ManifestSet, RefusesNullWhereAFileCannotBeWithoutIt) {
  for (const char* field : {"content", "mode", "owner", "group"}) {
    const std::string said = complaints_about("kind: File\nname: f\nhosts: all\nspec:\n  path: /etc/f\n  " +
                                              std::string(field) + ": null\n");
    EXPECT_NE(said.find("test.yaml:10:"), std::string::npos) << said;
    EXPECT_NE(said.find("null-not-allowed"), std::string::npos) << said;
  }
}

TEST(ManifestSet, RefusesAFileThatIsTheRootAndWhateverLiesBelowAFile) {
  for (const char* path : {"/", "//", "/etc/.."}) {
    const std::string said = complaints_about(
        "kind: File\nname: f\nhosts: all\nspec: {path: " + std::string(path) + ", content: x}\n");
    EXPECT_NE(said.find("impossible-path"), std::string::npos) << path << ": " << said;
  }
  const std::string file = "kind: File\nname: f\nhosts: all\nspec: {path: /etc/f, content: x}\n---\n";
  for (const char* below : {"/etc/f/g", "/etc/f/g/h"}) {
    for (const char* kind : {"File", "Directory"}) {
      const std::string said = complaints_about(file + "kind: " + kind +
                                                "\nname: below\nhosts: all\nspec: {path: " + below + "}\n");
      EXPECT_NE(said.find("impossible-path"), std::string::npos) << said;
      EXPECT_NE(said.find("File/f"), std::string::npos) << said;
    }
  }
  EXPECT_EQ(
      complaints_about(file + "kind: File\nname: beside\nhosts: all\nspec: {path: /etc/f.d/g, content: x}\n"),
      "");
}

TEST(ManifestSet, WantsUnitsThatCanRun) {
  const auto with = [](const std::string& name) {
    return complaints_about("kind: Service\nname: s\nhosts: all\nspec: {unitName: '" + name +
                            "', state: running}\n");
  };
  for (const char* name : {"..", ".", "foo@", "foo@.service", "foo@.timer"})
    EXPECT_NE(with(name), "") << name;
  for (const char* name : {"foo", "foo.service", "getty@tty1.service", "getty@tty1",
                           "dev-disk-by\\x2duuid.swap", "a@b@c.service"}) {
    EXPECT_EQ(with(name), "") << name;
  }
}

TEST(ManifestSet, LooksAtNothingInAFolderWithoutSettings) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder / "deep");
  std::filesystem::create_symlink("loop", std::filesystem::path(folder / "deep/loop"));
  const ManifestSet set = load_manifests(folder / "", real_schemas());
  ASSERT_EQ(set.diagnostics.all().size(), 1U) << set.diagnostics.to_string();
  EXPECT_EQ(set.diagnostics.all()[0].rule, "no-settings");
  EXPECT_FALSE(set.complete);
}

}  // namespace
}  // namespace hearth
