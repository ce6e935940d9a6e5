#include <gtest/gtest.h>

#include <string>

#include "reconciler/import/import_set.h"
#include "tests/fakes/import_world.h"

namespace hearth {
namespace {

std::string all_of(const std::vector<ImportFile>& files) {
  std::string out;
  for (const ImportFile& file : files) out += "== " + file.name + "\n" + file.text;
  return out;
}

TEST(Import, FoldsTheSameThingOnSeveralHosts) {
  ImportWorld import({"a", "b"});
  for (const char* host : {"a", "b"}) {
    import.world.host(host).put("/etc/cron.d/both", "1 0 * * * root true\n");
    import.world.host(host).put("/etc/cron.d/mode", "x\n");
    import.world.host(host).put("/etc/cron.d/text", std::string("on ") + host + "\nmore\n");
  }
  import.world.host("b").files["/etc/cron.d/mode"].mode = "0600";
  import.world.host("a").put("/etc/cron.d/alone", "y\n");
  const auto files = import.import();
  EXPECT_EQ(all_of(files), R"(== file.yaml
# Written by `hearth import`: what was there and no manifest declared. Look it over.
kind: File
hosts: [a]
spec:
  mode: "0644"
  owner: root
  group: root
items:
  etc-cron.d-alone:
    path: /etc/cron.d/alone
    content: |
      y
  etc-cron.d-text:
    path: /etc/cron.d/text
    content: |
      on a
      more
---
kind: File
name: etc-cron.d-both
hosts: [a, b]
spec:
  path: /etc/cron.d/both
  content: |
    1 0 * * * root true
  mode: "0644"
  owner: root
  group: root
---
kind: File
name: etc-cron.d-mode
hosts: [a, b]
perHost:
  b:
    mode: "0600"
spec:
  path: /etc/cron.d/mode
  content: |
    x
  mode: "0644"
  owner: root
  group: root
---
kind: File
name: etc-cron.d-text
hosts: [b]
spec:
  path: /etc/cron.d/text
  content: |
    on b
    more
  mode: "0644"
  owner: root
  group: root
)");
  import.adopt(files);
  EXPECT_TRUE(import.world.plan().actions.empty());
  EXPECT_TRUE(import.import().empty());
}

TEST(Import, LeavesOutWhatIsDeclaredAndWhatIsSecret) {
  ImportWorld import({"a"}, "kind: File\nname: mine\nhosts: a\nspec: {path: /etc/cron.d/mine, content: x}\n");
  import.world.host("a").put("/etc/cron.d/mine", "other\n");
  import.world.host("a").put("/usr/local/bin/x", "PASSWORD=hunter2\n");
  const std::string text = all_of(import.import());
  EXPECT_EQ(text.find("mine"), std::string::npos) << text;
  EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
  EXPECT_NE(text.find("# usr-local-bin-x: content is left out"), std::string::npos) << text;
  EXPECT_NE(text.find("path: /usr/local/bin/x"), std::string::npos) << text;
}

TEST(Import, KeepsPlacesForHostTextAsTheyAre) {
  ImportWorld import({"a"});
  import.world.host("a").put("/etc/cron.d/x", "a ${host.name} $${host.x} ${other}\n");
  import.adopt(import.import());
  ASSERT_EQ(import.world.manifests.resources.size(), 2U);
  EXPECT_EQ(import.world.manifests.resources[1].desired.string_or("content", ""),
            "a ${host.name} $${host.x} ${other}\n");
}

TEST(Import, TellsNamesApartThatLookAlike) {
  ImportWorld import({"a"});
  import.world.host("a").put("/etc/cron.d/a b", "1\n");
  import.world.host("a").put("/etc/cron.d/a-b", "2\n");
  import.world.host("a").put("/etc/cron.d/a'b", "3\n");
  import.adopt(import.import());
  EXPECT_EQ(import.world.manifests.resources.size(), 4U);
  EXPECT_TRUE(import.world.plan().actions.empty());
}

TEST(Import, LeavesOutAnEntryAndKeepsTheRest) {
  ImportWorld import({"a"});
  import.world.host("a").put("/etc/systemd/system/x.service.d/ok.conf", "[Service]\n");
  import.world.host("a").put("/etc/systemd/system/x.service.d/odd name.conf", "[Service]\n");
  import.world.host("a").units["x.service"];
  const std::string text = all_of(import.import());
  EXPECT_NE(text.find("# x: dropIns.odd name is left out"), std::string::npos) << text;
  EXPECT_NE(text.find("    ok: |"), std::string::npos) << text;
}

// What would not stay as it is is not declared: here a unit that runs on an older text than lies on the disk.
TEST(Import, LeavesOutWhatAPlanWouldChange) {
  ImportWorld import({"a"});
  import.world.host("a").put("/etc/systemd/system/x.service", "[Service]\nExecStart=/bin/x\n");
  import.world.host("a").units["x.service"].running = true;
  import.world.host("a").units["x.service"].invocation = 1;
  import.world.host("a").units["x.service"].started = 1;
  import.world.loop.after(std::chrono::seconds(5), [] {});
  import.world.host("a").files["/etc/systemd/system/x.service"].modified = 2;
  EXPECT_TRUE(import.import().empty());
  ASSERT_EQ(import.set.left_out.size(), 1U);
  EXPECT_NE(import.set.left_out[0].why.find("restart it"), std::string::npos) << import.set.left_out[0].why;
}

}  // namespace
}  // namespace hearth
