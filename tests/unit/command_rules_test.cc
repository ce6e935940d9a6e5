#include "reconciler/safety/command_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "reconciler/core/rules.h"
#include "reconciler/safety/shell_words.h"

namespace hearth {
namespace {

using Words = std::vector<std::string>;

// Ids of the rules that a text for the host's shell runs into.
Words rules_of(const std::string& text) {
  Words out;
  for (const CommandWitness& witness : destructive_parts({text})) out.push_back(witness.rule);
  return out;
}

struct Cases {
  Words refused;
  Words fine;
};

const std::map<std::string, Cases>& cases() {
  static const std::map<std::string, Cases> all = {
      {"exec-remove-system",
       {{"rm -rf /",
         "rm -r -f /",
         "rm --recursive /etc",
         "rm -fr /etc/",
         "rm -Rf //usr/./bin",
         "rm -rf /*",
         "rm -rf /var/lib/*",
         "rm -rf -- /home",
         "rm -rf /tmp/x /boot",
         "rm -rf *",
         "rm -rf .",
         "rm -rf ~",
         "rm -rf $HOME",
         "rm -rf \"$HOME\"/",
         "rm --no-preserve-root -rf x",
         "/bin/rm -rf /",
         "rm -rf /tmp/../etc",
         "find / -name x -delete",
         "find /etc -exec rm -rf {} +",
         "rm --rec /etc"},
        {"rm /etc/motd", "rm -rf /tmp/build", "rm -f /var/log/x.log", "rm -rf /opt/app", "ls /",
         "find /tmp -delete", "find / -name rm", "echo rm -rf /", "rm -rf ./build"}}},
      {"exec-wipe-device",
       {{"mkfs.ext4 /dev/sdb1", "mkfs -t xfs /dev/vda", "wipefs -a /dev/sdb", "wipefs --all /dev/sdb",
         "dd if=/dev/zero of=/dev/sda", "dd if=x of=/dev/nvme0n1 bs=1M", "blkdiscard /dev/sdc",
         "sgdisk --zap-all /dev/sdc", "sgdisk -Z /dev/sdc", "parted /dev/sda mklabel gpt",
         "cryptsetup luksFormat /dev/sda2", "mdadm --zero-superblock /dev/sda1",
         "dd of=/dev/pve/root if=/dev/urandom", "dd of=/dev/mapper/pve-root"},
        {"mkfs.ext4 disk.img", "wipefs /dev/sdb", "dd if=/dev/sda of=/root/sda.img",
         "dd if=/dev/zero of=/dev/null", "parted /dev/sda print", "sfdisk -d /dev/sda", "lsblk /dev/sda"}}},
      {"exec-write-device",
       {{"echo x > /dev/sda", "cat x >/dev/sdb1", "echo >| /dev/vda", "cat image | tee /dev/sdb",
         "cp image /dev/sdc", ">/dev/nvme0n1", "echo x 1>/dev/sda", "cmd &>/dev/sda", "(echo x) >> /dev/md0"},
        {"echo x >/dev/null", "cmd 2>&1 >/dev/stderr", "cat </dev/sda", "cp /dev/sda /root/image",
         "echo '> /dev/sda'"}}},
      {"exec-power",
       {{"reboot", "shutdown -h now", "poweroff", "halt", "systemctl reboot", "systemctl --force poweroff",
         "init 0", "telinit 6", "/sbin/reboot", "echo b > /proc/sysrq-trigger", "sleep 5; reboot",
         "systemctl isolate rescue.target"},
        {"shutdown -c", "last reboot", "journalctl -u reboot", "systemctl status reboot.target",
         "init --version", "qm reboot 100"}}},
      {"exec-destroy-storage",
       {{"zpool destroy tank", "zfs destroy -r tank/x", "lvremove -y pve/vm-100-disk-0", "vgremove pve",
         "pvremove /dev/sdb", "lvm lvremove x", "zpool labelclear /dev/sdb"},
        {"zpool status", "zfs list", "lvs", "zpool export tank"}}},
      {"exec-destroy-guest",
       {{"qm destroy 103", "pct destroy 200 --purge", "pvesh delete /nodes/pve/qemu/103"},
        {"qm stop 103", "pct list", "pvesh get /nodes/pve/qemu/103", "qm destroyed"}}},
      {"exec-fork-bomb",
       {{":(){ :|:& };:", ":() { : | : & } ; :", "b(){ b|b& };b"}, {"f() { echo; }; f", "echo :"}}},
      {"exec-open-permissions",
       {{"chmod -R 777 /", "chown -R nobody /etc", "chmod 777 -R /usr/", "chgrp --recursive users /var",
         "chmod -vR 700 /*"},
        {"chmod 755 /", "chown -R eve /srv/media", "chmod -R u+w /opt/app"}}},
      {"exec-stop-access",
       {{"systemctl stop ssh", "systemctl disable --now sshd.service", "systemctl mask pveproxy",
         "systemctl stop x corosync.service", "systemctl stop pve-cluster", "service ssh stop",
         "/etc/init.d/ssh stop", "systemctl stop ssh.socket", "killall sshd"},
        {"systemctl restart ssh", "systemctl status sshd", "systemctl stop smbd", "service ssh status",
         "systemctl reload pveproxy"}}},
      {"exec-flush-firewall",
       {{"iptables -F", "iptables -t nat --flush", "ip6tables -P INPUT DROP", "nft flush ruleset",
         "nft 'flush ruleset'", "nft flush table inet filter", "/usr/sbin/iptables -F INPUT"},
        {"iptables -L", "nft list ruleset", "iptables -P INPUT ACCEPT", "ipset flush"}}},
      {"exec-change-cluster",
       {{"pvecm delnode pve", "pvecm expected 1", "echo x > /etc/pve/corosync.conf",
         "sed -i s/a/b/ /etc/pve/corosync.conf", "cp new.conf /etc/pve/corosync.conf",
         "nano /etc/corosync/corosync.conf", "rm /etc/pve/corosync.conf",
         "cat x | tee /etc/pve/corosync.conf"},
        {"pvecm status", "cat /etc/pve/corosync.conf", "cp /etc/pve/corosync.conf /root/",
         "sed s/a/b/ /etc/pve/corosync.conf", "grep x corosync.conf"}}},
  };
  return all;
}

TEST(CommandRules, EachRefusesWhatItIsThereFor) {
  for (const auto& [rule, examples] : cases()) {
    for (const std::string& text : examples.refused) EXPECT_EQ(rules_of(text), Words{rule}) << text;
    for (const std::string& text : examples.fine) EXPECT_EQ(rules_of(text), Words{}) << text;
  }
}

TEST(CommandRules, EachHasCasesAndIsExplained) {
  for (const std::string& rule : command_rules()) {
    EXPECT_TRUE(cases().contains(rule)) << rule;
    ASSERT_NE(find_rule(rule), nullptr) << rule;
    EXPECT_NE(find_rule(rule)->how.find("--allow " + rule), std::string_view::npos) << rule;
  }
  EXPECT_EQ(command_rules().size(), cases().size());
}

TEST(CommandRules, SeeThroughWhatStandsAround) {
  for (const char* text : {"sudo reboot",
                           "sudo -u root reboot",
                           "sudo -n -- reboot",
                           "env A=b reboot",
                           "env -i -u X reboot",
                           "A=b reboot",
                           "nohup reboot &",
                           "nice -n 19 reboot",
                           "timeout 5 reboot",
                           "timeout -k 1 5s reboot",
                           "setsid reboot",
                           "sh -c reboot",
                           "sh -c 'reboot'",
                           "bash -ec \"reboot\"",
                           "/bin/bash -lc 'sleep 1 && reboot'",
                           "sudo sh -c 'nohup reboot &'",
                           "sh -c \"sh -c 'reboot'\"",
                           "su -c reboot",
                           "su - root -c reboot",
                           "eval reboot",
                           "eval \"re\"boot",
                           "re'boot'",
                           "\"reboot\"",
                           "r\\eboot",
                           "re\"\"boot",
                           "$'\\x72eboot'",
                           "echo $(reboot)",
                           "echo `reboot`",
                           "echo \"$(reboot)\"",
                           "true && reboot",
                           "true || reboot",
                           "true | reboot",
                           "if true; then reboot; fi",
                           "for i in 1 2; do reboot; done",
                           "{ reboot; }",
                           "(reboot)",
                           "! reboot",
                           "xargs reboot",
                           "echo x | xargs -n 1 reboot",
                           "command reboot",
                           "exec reboot",
                           "env -S 'reboot'",
                           "busybox reboot",
                           "ssh pve reboot",
                           "ssh -p 22 root@pve 'reboot'",
                           "systemd-run --unit x reboot",
                           "flock /tmp/x reboot",
                           "flock /tmp/x -c reboot",
                           "chroot /mnt reboot",
                           "find /tmp -exec reboot ;",
                           "true\nreboot",
                           "true # x\nreboot",
                           "cat <(reboot)",
                           "time reboot",
                           "doas reboot",
                           "if ! true; then sudo env X=1 nohup sh -c 'reboot'; fi"}) {
    EXPECT_EQ(rules_of(text), Words{"exec-power"}) << text;
  }
  for (const char* text : {"echo reboot", "echo 'x; reboot'", "# reboot", "true # reboot",
                           "echo \"; reboot\"", "sh reboot.sh", "printf '%s' reboot", "sudo -u reboot id",
                           "grep -c reboot x", "echo \\; reboot", "nohup", "sudo", "env", "", "sh -c", "'"}) {
    EXPECT_EQ(rules_of(text), Words{}) << text;
  }
}

// Several words are one command, whatever is in them: no shell comes between.
TEST(CommandRules, TakeSeveralWordsAsTheyAre) {
  EXPECT_TRUE(destructive_parts({"echo", "x; reboot"}).empty());
  EXPECT_TRUE(destructive_parts({"echo", ">", "/dev/sda"}).empty());
  EXPECT_EQ(destructive_parts({"sudo", "sh", "-c", "cd / && rm -rf *"}).size(), 1U);
  EXPECT_TRUE(destructive_parts({}).empty());
}

TEST(CommandRules, SayWhichWordsAndAllThatApplies) {
  const auto found = destructive_parts({"sudo sh -c 'rm -rf /etc && echo done'; reboot"});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].rule, "exec-remove-system");
  EXPECT_EQ(found[0].words, (Words{"rm", "-rf", "/etc"}));
  EXPECT_EQ(found[0].culprit, "/etc");
  EXPECT_EQ(found[1].rule, "exec-power");
  EXPECT_EQ(found[1].words, Words{"reboot"});
}

TEST(ShellWords, FollowNestingToAnEnd) {
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "$(";
  EXPECT_NO_THROW(shell_commands(deep + "reboot"));
  std::string quoted = "reboot";
  for (int i = 0; i < 8; ++i) quoted = "sh -c \"eval " + quoted + "\"";
  EXPECT_NO_THROW(rules_of(quoted));
}

}  // namespace
}  // namespace hearth
