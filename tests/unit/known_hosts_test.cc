#include "reconciler/transport/known_hosts.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

const HostKey ed{"ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIGZ1Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFy", ""};
const HostKey other_ed{"ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4",
                       ""};
const HostKey rsa{"ssh-rsa", "AAAAB3NzaC1yc2EAAAADAQABAAAAgQDf", ""};

KeyStanding standing(const std::string& text, const std::string& host = "pve", std::uint16_t port = 22) {
  return judge_host_key(text, host, port, ed).standing;
}

TEST(KnownHosts, KnowsAKeyByTheHostsName) {
  const std::string key = " ssh-ed25519 " + ed.base64 + " a comment\n";
  EXPECT_EQ(standing("pve" + key), KeyStanding::trusted);
  EXPECT_EQ(standing("# pve\n\n  pve,192.168.1.74" + key, "192.168.1.74"), KeyStanding::trusted);
  EXPECT_EQ(standing("PVE" + key, "Pve"), KeyStanding::trusted) << "names have no case";
  EXPECT_EQ(standing("pve2" + key), KeyStanding::unknown);
  EXPECT_EQ(standing("*.lan,p?e" + key), KeyStanding::trusted);
  EXPECT_EQ(standing("p*,!pve" + key), KeyStanding::unknown);
  EXPECT_EQ(standing("pve" + key, "pve", 2222), KeyStanding::unknown) << "another port is another server";
  EXPECT_EQ(standing("[pve]:2222" + key, "pve", 2222), KeyStanding::trusted);
  EXPECT_EQ(standing("@cert-authority *" + key), KeyStanding::unknown) << "certificates are not for us";
  EXPECT_EQ(standing("pve\n"), KeyStanding::unknown);
  EXPECT_EQ(standing("pve" + key.substr(0, key.size() - 1) + "\r"), KeyStanding::trusted);
}

TEST(KnownHosts, KnowsHashedNames) {
  // ssh-keygen -H of "pve" and "[pve]:2222".
  const std::string key = " ssh-ed25519 " + ed.base64 + "\n";
  const std::string hashed = "|1|tNkTsuEmrH2EQhNC4oBvIFd82aA=|GX8ySGxs09IXrwDf4HkO9b4DjXA=" + key +
                             "|1|NtQsjIPjmq7TM7K0sLmFU8oRiqE=|ALYjUozt7EZ0Bxs9xQfDHNGdiuo=" + key;
  EXPECT_EQ(standing(hashed), KeyStanding::trusted);
  EXPECT_EQ(standing(hashed, "pve", 2222), KeyStanding::trusted);
  EXPECT_EQ(standing(hashed, "pve2"), KeyStanding::unknown);
  EXPECT_EQ(standing("|1|not base64|x" + key), KeyStanding::unknown);
  EXPECT_EQ(standing("|1|" + key), KeyStanding::unknown);
}

TEST(KnownHosts, TellsAChangedKeyFromAnUnknownOne) {
  const std::string text = "x ssh-rsa AAAA\npve ssh-ed25519 " + other_ed.base64 + "\n";
  const KeyVerdict verdict = judge_host_key(text, "pve", 22, ed);
  EXPECT_EQ(verdict.standing, KeyStanding::changed);
  EXPECT_EQ(verdict.line, 2U);
  EXPECT_EQ(standing("pve ssh-rsa " + rsa.base64 + "\n"), KeyStanding::other_type);
  EXPECT_EQ(standing(text + "pve ssh-ed25519 " + ed.base64 + "\n"), KeyStanding::trusted)
      << "a host may have several";
}

TEST(KnownHosts, ARevokedKeyIsRevokedWhateverElseIsSaid) {
  const std::string key = " ssh-ed25519 " + ed.base64 + "\n";
  EXPECT_EQ(standing("pve" + key + "@revoked *" + key), KeyStanding::revoked);
  EXPECT_EQ(standing("@revoked pve" + key + "pve" + key), KeyStanding::revoked);
  EXPECT_EQ(standing("pve" + key + "@revoked * ssh-ed25519 " + other_ed.base64), KeyStanding::trusted);
  EXPECT_EQ(standing("@revoked * ssh-ed25519 " + other_ed.base64), KeyStanding::unknown);
}

TEST(KnownHosts, ListsTheTypesToAskForFirst) {
  const std::string text =
      "pve ssh-rsa A\npve ssh-ed25519 B\npve ssh-rsa C\n@revoked pve ecdsa D\nother dsa E\n";
  EXPECT_EQ(known_key_types(text, "pve", 22), (std::vector<std::string>{"ssh-rsa", "ssh-ed25519"}));
}

TEST(KnownHosts, AsksForThePinnedKeyWhateverElseIsKnown) {
  const std::string text = "pve ecdsa-sha2-nistp256 AAAA\npve ssh-ed25519 " + ed.base64 + "\n";
  EXPECT_EQ(known_key_types(text, "pve", 22, fingerprint_of(ed.base64)),
            std::vector<std::string>{"ssh-ed25519"});
  EXPECT_TRUE(
      known_key_types("pve ecdsa-sha2-nistp256 AAAA\n", "pve", 22, fingerprint_of(ed.base64)).empty());
}

TEST(KnownHosts, FingerprintsAreWhatSshKeygenPrints) {
  EXPECT_EQ(fingerprint_of(ed.base64), "SHA256:+MnPZn018Xhwlcw9/sOfzSvpOhDzIekNATfiROeUv/0");
  EXPECT_EQ(fingerprint_of("not base64"), "");
  EXPECT_EQ(known_hosts_line("pve", 22, ed), "pve ssh-ed25519 " + ed.base64);
  EXPECT_EQ(known_hosts_line("fe80::1", 2222, ed), "[fe80::1]:2222 ssh-ed25519 " + ed.base64);
}

}  // namespace
}  // namespace hearth
