// What the schemas of the real kinds refuse before any host is asked: what two resources would fight over for ever, and values
// that would stay different for ever.
#include <gtest/gtest.h>

#include <string>

#include "reconciler/manifest/manifest_set.h"
#include "reconciler/manifest/schema_registry.h"

namespace hearth {
namespace {

const SchemaRegistry& schemas() {
  static const SchemaRegistry loaded = SchemaRegistry::load(HEARTH_SOURCE_DIR "/schemas").value();
  return loaded;
}

// What is said of resources on two hosts.
std::string complaints(const std::string& text) {
  const std::string nodes =
      "kind: Node\nname: pve\nspec: {address: 192.0.2.1}\n---\nkind: Node\nname: nas\nspec: {address: "
      "192.0.2.2}\n";
  return load_manifest_texts({{"hearth.yaml", "format: 1\n"}, {"nodes.yaml", nodes}, {"a.yaml", text}},
                             schemas())
      .diagnostics.to_string();
}

std::string file(const std::string& path, const std::string& host = "pve") {
  return "kind: File\nname: whole\nhosts: " + host + "\nspec: {path: \"" + path +
         "\", content: \"x\\n\"}\n---\n";
}

constexpr const char* keys =
    "kind: AuthorizedKey\nhosts: pve\nspec: {keys: {k: ssh-ed25519 "
    "AAAAC3NzaC1lZDI1NTE5AAAAIFl5bWqrgVwmC4n2NWkgyYbMhUW9MWDvYYBKHbAPEa0h}}\n";

TEST(RealKinds, RefuseAWholeFileBesideItsParts) {
  const std::string entry = "kind: HostsEntry\nname: 10.0.0.9\nhosts: pve\nspec: {names: [nine]}\n";
  EXPECT_EQ(
      complaints(file("/etc/hosts") + entry),
      "a.yaml:7:7: error[whole-and-part]: HostsEntry/10.0.0.9 keeps a part of path /etc/hosts, all of which "
      "File/whole declares on pve; that one stands at a.yaml:2:7\n"
      "    each would undo what the other does: delete File/whole and declare the parts, or put all of it "
      "there\n");
  EXPECT_EQ(complaints(file("/etc/hosts", "nas") + entry), "");
  const auto refused = [](const std::string& path, const std::string& other) {
    return complaints(file(path) + other).find("error[whole-and-part]") != std::string::npos;
  };
  const std::string user = "kind: User\nname: alice\nhosts: pve\nspec: {home: /srv/alice/}\n---\n";
  const std::string alice = keys + std::string("name: alice\n");
  const std::string root = keys + std::string("name: root\n");
  for (const char* path : {"/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow"})
    EXPECT_TRUE(refused(path, user.substr(0, user.size() - 4))) << path;
  EXPECT_TRUE(refused("/etc/group", "kind: Group\nname: g\nhosts: pve\nspec: {}\n"));
  EXPECT_TRUE(refused("/root/.ssh/authorized_keys", root));
  EXPECT_TRUE(refused("/home/alice/.ssh/authorized_keys", alice));
  EXPECT_TRUE(refused("/srv/alice/.ssh/authorized_keys", user + alice));
  EXPECT_FALSE(refused("/home/alice/.ssh/authorized_keys", user + alice));
  const std::string other =
      "kind: AuthorizedKey\nname: alice\nhosts: pve\nspec: {file: /etc/keys/alice, keys: {k: null}}\n";
  EXPECT_FALSE(refused("/home/alice/.ssh/authorized_keys", other));
}

TEST(RealKinds, RefuseTwoOwnersOfOneFile) {
  const auto refused = [](const std::string& path, const std::string& other) {
    return complaints(file(path) + other).find("error[doubly-held-claim]") != std::string::npos;
  };
  EXPECT_TRUE(refused("/etc/sysctl.d/60-hearth-vm.swappiness.conf",
                      "kind: Sysctl\nname: vm.swappiness\nhosts: pve\nspec: {value: 1}\n"));
  EXPECT_TRUE(
      refused("/etc/sysctl.d/60-hearth-net.ipv4.conf.eth0,5.forwarding.conf",
              "kind: Sysctl\nname: f\nhosts: pve\nspec: {key: net/ipv4/conf/eth0.5/forwarding, value: 1}\n"));
  EXPECT_TRUE(
      refused("/etc/cron.d/a",
              "kind: CronJob\nname: a\nhosts: pve\nspec: {schedule: \"@daily\", command: \"true\"}\n"));
  EXPECT_TRUE(
      refused("/etc/systemd/system/a.service", "kind: Service\nname: a\nhosts: pve\nspec: {unit: \"x\"}\n"));
}

TEST(RealKinds, KnowAnAddressInAnySpelling) {
  const auto entry = [](const std::string& name, const std::string& address) {
    return "kind: HostsEntry\nname: " + name + "\nhosts: pve\nspec: {address: \"" + address +
           "\", names: [x]}\n";
  };
  EXPECT_NE(complaints(entry("a", "::1") + "---\n" + entry("b", "0:0:0:0:0:0:0:1"))
                .find("error[doubly-held-claim]: HostsEntry/b and HostsEntry/a both declare hosts ::1"),
            std::string::npos);
  for (const char* good : {"10.0.0.1", "FD00::6", "::ffff:10.0.0.1"})
    EXPECT_EQ(complaints(entry("a", good)), "");
  for (const char* bad : {"192.168.1.999", "10.0.0.01", "1:2", "10.0.0", "::1::"}) {
    EXPECT_NE(
        complaints(entry("a", bad)).find("a.yaml:4:17: error[bad-format]: expected an IPv4 or IPv6 address"),
        std::string::npos)
        << bad << ": " << complaints(entry("a", bad));
  }
}

TEST(RealKinds, LetAKeyBeUnset) {
  EXPECT_EQ(complaints("kind: AuthorizedKey\nname: alice\nhosts: pve\nspec: {keys: {k: null}}\n"), "");
  EXPECT_NE(complaints(
                "kind: AuthorizedKey\nname: alice\nhosts: pve\nspec: {keys: {k: AAAAb3BlbnNzaC1rZXktdjE}}\n"),
            "");
}

TEST(RealKinds, RefuseASchedule) {
  const auto job = [](const std::string& schedule) {
    return complaints("kind: CronJob\nname: a\nhosts: pve\nspec: {command: \"true\", schedule: \"" +
                      schedule + "\"}\n");
  };
  for (const char* good : {"5 4 * * mon-fri", "*/15 0-23/2 1,15 jan-MAR 0-7", "@reboot", " 0\\t0 * * * "})
    EXPECT_EQ(job(good), "");
  for (const char* bad : {"61 * * * *", "*/0 * * * *", "5-1 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
                          "* * * * 8", "* * * foo *", "@never", "* * * *", "1,,2 * * * *", "5/2 * * * *"}) {
    EXPECT_NE(job(bad).find("a.yaml:4:35: error[bad-format]: expected minute 0-59"), std::string::npos)
        << bad << ": " << job(bad);
  }
}

TEST(RealKinds, RefuseAPackageOfNoRealArchitecture) {
  const std::string package = "kind: Package\nname: a\nhosts: pve\nspec: {name: \"htop:";
  EXPECT_EQ(complaints(package + "i386\"}\n"), "");
  for (const char* bad : {"all", "any", "native"})
    EXPECT_NE(complaints(package + bad + "\"}\n").find("a.yaml:4:14: error["), std::string::npos)
        << complaints(package + bad + "\"}\n");
}

}  // namespace
}  // namespace hearth
