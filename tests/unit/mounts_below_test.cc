// What lies on a declared Mount waits for it: the edges, and what a plan makes of them.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/fakes/world.h"

namespace hearth {
namespace {

constexpr const char* films = R"(kind: Mount
name: films
hosts: pve
spec: {path: /mnt/films, source: UUID=ab-12, state: mounted}
---
kind: Directory
name: root
hosts: pve
spec: {path: /mnt/films, mode: "0750"}
---
kind: File
name: readme
hosts: pve
spec: {path: /mnt/films/deep/README, content: "Films.\n"}
---
kind: File
name: elsewhere
hosts: pve
spec: {path: /mnt/films2, content: "No film.\n"}
)";

bool waits_for(const ManifestSet& set, const std::string& who, const std::string& whom) {
  const Resource* resource = set.find(Address::parse(who).value());
  return resource != nullptr &&
         std::any_of(resource->dependencies.begin(), resource->dependencies.end(),
                     [&](const Dependency& dependency) { return dependency.on.to_string() == whom; });
}

TEST(MountsBelow, WhateverIsAtOrBelowAMountWaitsForIt) {
  World world;
  world.declare({"pve"}, films);
  EXPECT_TRUE(waits_for(world.manifests, "Directory/root@pve", "Mount/films@pve"));
  EXPECT_TRUE(waits_for(world.manifests, "File/readme@pve", "Mount/films@pve"));
  EXPECT_TRUE(waits_for(world.manifests, "File/readme@pve", "Directory/root@pve"));
  EXPECT_FALSE(waits_for(world.manifests, "File/elsewhere@pve", "Mount/films@pve"));
  EXPECT_FALSE(waits_for(world.manifests, "Mount/films@pve", "Directory/root@pve"));
}

// A host with a disk that comes and goes.
class DiskTest : public testing::Test {
 protected:
  void SetUp() override { declare(films); }
  void declare(const std::string& text) {
    world.declare({"pve"}, text);
    host().run = [this](const std::vector<std::string>& argv) {
      if (argv[0] == "cat")
        return RunReply{0, mounted ? "36 22 8:17 / /mnt/films rw - ext4 /dev/sdb1 rw\n" : "", ""};
      if (argv[0] == "lsblk") {
        return RunReply{0, R"({"blockdevices":[{"name":"/dev/sdb1","kname":"/dev/sdb1","maj:min":"8:17"}]})",
                        ""};
      }
      if (argv[0] == "findfs") return plugged ? RunReply{0, "/dev/sdb1\n", ""} : RunReply{1, "", "unable"};
      if (argv[0] == "mount") mounted = true;
      return RunReply{0, "pve\n", ""};
    };
  }
  MemoryHost& host() { return world.host("pve"); }
  std::string notes() {
    std::string out;
    for (const Note& note : world.plan().notes) out += note.address.to_string() + ": " + note.text + "\n";
    return out;
  }

  World world;
  bool plugged = true;
  bool mounted = false;
};

TEST_F(DiskTest, NothingIsWrittenIntoAnEmptyMountPoint) {
  plugged = false;
  const std::string said = notes();
  EXPECT_NE(said.find("Mount/films@pve: the disk UUID=ab-12 is not plugged in at pve"), std::string::npos)
      << said;
  EXPECT_NE(said.find("Directory/root@pve: waits for Mount/films@pve"), std::string::npos) << said;
  EXPECT_NE(said.find("File/readme@pve: waits for Mount/films@pve"), std::string::npos) << said;
  world.apply();
  EXPECT_FALSE(host().files.contains("/mnt/films"));
  EXPECT_FALSE(host().files.contains("/mnt/films/deep/README"));
  EXPECT_TRUE(host().files.contains("/mnt/films2"));
}

TEST_F(DiskTest, NorWhereOnlyWhatIsBelowWasAskedFor) {
  for (const bool there : {false, true}) {
    plugged = there;
    const Plan& plan = world.plan({"File/readme"});
    EXPECT_TRUE(plan.actions.empty());
    ASSERT_EQ(plan.notes.size(), 1U);
    EXPECT_NE(plan.notes[0].text.find("waits for Mount/films@pve"), std::string::npos) << plan.notes[0].text;
    world.apply();
    EXPECT_FALSE(host().files.contains("/mnt/films/deep/README"));
  }
}

TEST_F(DiskTest, OnceItIsMountedWhatIsBelowFollows) {
  world.apply();
  EXPECT_TRUE(mounted);
  EXPECT_EQ(host().content("/etc/fstab"), "UUID=ab-12 /mnt/films auto nofail 0 0\n");
  EXPECT_TRUE(host().files.contains("/mnt/films/deep/README"));
  EXPECT_EQ(notes(), "");
  EXPECT_TRUE(world.plan().actions.empty());
}

// The plan could only see the empty mount point.
TEST_F(DiskTest, WhatIsOnTheDiskAlreadyIsNeitherWrittenNorRefused) {
  const auto on_disk = [&](const std::string& content) {
    world.prepare = [&, content](const std::string&, MemoryTransport& transport) {
      transport.survives = [&, content](const Operation& operation) {
        const auto* run = std::get_if<RunCommand>(&operation);
        if (run != nullptr && run->argv[0] == "mount") {
          host().files["/mnt/films"] = {.type = FileReply::Type::directory, .content = {}, .mode = "0750"};
          host().put("/mnt/films/deep/README", content);
        }
        return true;
      };
    };
    mounted = false;
    host().files.erase("/mnt/films");
    host().files.erase("/mnt/films/deep/README");
    world.last = nullptr;
    world.connect();
  };
  on_disk("Films.\n");
  EXPECT_EQ(world.plan().actions.size(), 4U);
  const ApplyReport report = world.apply();
  EXPECT_EQ(world.of(report, "File/readme@pve").outcome, Outcome::done);
  for (const Operation& operation : host().carried_out) {
    const auto* write = std::get_if<WriteFile>(&operation);
    EXPECT_FALSE(write != nullptr && write->path == "/mnt/films/deep/README");
  }
  EXPECT_EQ(notes(), "");
  // What is not as the plan could see it is not written over.
  on_disk("Somebody's films.\n");
  const ApplyReport other = world.apply();
  EXPECT_EQ(world.of(other, "File/readme@pve").outcome, Outcome::refused);
  EXPECT_EQ(host().content("/mnt/films/deep/README"), "Somebody's films.\n");
  // The next plan sees it.
  world.apply();
  EXPECT_EQ(host().content("/mnt/films/deep/README"), "Films.\n");
}

TEST_F(DiskTest, AMountThatIsOnlyToBeReportedHoldsUpWhatIsBelow) {
  declare(
      std::string(
          "kind: Mount\nname: films\nhosts: pve\ndrift: report\nspec: {path: /mnt/films, source: UUID=ab-12, "
          "state: mounted}\n---\n") +
      std::string(films).substr(std::string(films).find("kind: Directory")));
  world.apply();
  ASSERT_TRUE(mounted);
  mounted = false;
  host().files.erase("/mnt/films/deep/README");
  const std::string said = notes();
  EXPECT_NE(said.find("state is unmounted, declared mounted (drift: report)"), std::string::npos) << said;
  EXPECT_NE(said.find("File/readme@pve: waits for Mount/films@pve, which is not as declared"),
            std::string::npos)
      << said;
  world.apply();
  EXPECT_FALSE(mounted);
  EXPECT_FALSE(host().files.contains("/mnt/films/deep/README"));
}

Diagnostics complaints(const std::string& source, const std::string& more = "") {
  return load_manifest_texts({{"hearth.yaml", "format: 1\ncluster: Test\n"},
                              {"test.yaml",
                               "kind: Node\nname: Home\nspec: {address: 192.168.1.50}\n---\n"
                               "kind: Mount\nname: own\nhosts: Home\nspec: {path: /mnt/own, source: \"" +
                                   source + "\", type: nfs4, state: mounted}\n" + more}},
                             real_schemas())
      .diagnostics;
}

TEST(OwnExports, AreRefusedByWhateverNameTheNodeGoes) {
  const std::string named =
      "---\nkind: HostsEntry\nname: 192.168.1.50\nhosts: Home\nspec: {names: [nas.lan]}\n";
  for (const char* source : {"Home:/srv", "home:/srv", "home.lan:/srv", "192.168.1.50:/srv", "localhost:/srv",
                             "127.0.0.1:/srv", "[::1]:/srv", "nas.lan:/srv"}) {
    EXPECT_NE(complaints(source, named).to_string().find("error[own-export]"), std::string::npos) << source;
  }
  for (const char* source : {"192.168.1.5:/srv", "homer:/srv", "nas.lan.org:/srv", "UUID=ab-12"})
    EXPECT_EQ(complaints(source, named).to_string(), "") << source;
}

}  // namespace
}  // namespace hearth
