#include "reconciler/safety/command_rules.h"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <optional>
#include <utility>

#include "reconciler/core/canonical.h"
#include "reconciler/safety/shell_words.h"

namespace hearth {

namespace {

using Words = std::vector<std::string>;

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// `/usr/bin/rm` is rm.
std::string program(const std::string& word) {
  const auto slash = word.rfind('/');
  return slash == std::string::npos ? word : word.substr(slash + 1);
}

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-';
}

// Whether one of WORDS is the long option, or a bundle of short ones that has LETTER.
bool has_option(const Words& words, std::string_view letters, std::initializer_list<std::string_view> longs) {
  for (std::size_t i = 1; i < words.size() && words[i] != "--"; ++i) {
    const std::string& word = words[i];
    if (!is_option(word)) continue;
    if (word.starts_with("--")) {
      // As getopt does: any beginning that is long enough stands for the whole.
      const std::string name = word.substr(0, word.find('='));
      if (name.size() > 2 && std::any_of(longs.begin(), longs.end(),
                                         [&](std::string_view option) { return option.starts_with(name); })) {
        return true;
      }
    } else if (word.find_first_of(letters, 1) != std::string::npos) {
      return true;
    }
  }
  return false;
}

// What is no option.
Words operands(const Words& words) {
  Words out;
  bool options = true;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (options && words[i] == "--") {
      options = false;
    } else if (!options || !is_option(words[i])) {
      out.push_back(words[i]);
    }
  }
  return out;
}

// Whether losing PATH with all that is in it is losing the machine or what it is for. Where exec starts is nothing that
// anybody thinks of, so relative patterns for "all of it" count.
bool is_system_path(std::string path) {
  if (is_one_of(path, {"*", ".", "./", "./*", "..", "../*", ".*", "~", "~/", "~/*", "$HOME", "${HOME}",
                       "$HOME/", "$HOME/*", "/*", "//*"})) {
    return true;
  }
  while (path.size() > 1 && (path.ends_with("/*") || path.ends_with("/.*"))) path.resize(path.rfind('/'));
  if (path.empty()) return true;
  if (path.front() != '/') return false;
  path = canonical_path(path).value_or(path);
  return is_one_of(path, {"/",
                          "/bin",
                          "/boot",
                          "/boot/efi",
                          "/dev",
                          "/etc",
                          "/etc/pve",
                          "/etc/ssh",
                          "/home",
                          "/lib",
                          "/lib64",
                          "/mnt",
                          "/media",
                          "/opt",
                          "/proc",
                          "/root",
                          "/run",
                          "/sbin",
                          "/srv",
                          "/sys",
                          "/usr",
                          "/usr/bin",
                          "/usr/lib",
                          "/usr/local",
                          "/usr/sbin",
                          "/usr/share",
                          "/var",
                          "/var/lib",
                          "/var/lib/vz",
                          "/var/log",
                          "/etc/network",
                          "/etc/systemd",
                          "/var/lib/pve-cluster",
                          "/var/lib/dpkg",
                          "/root/.ssh",
                          "/etc/pve/nodes",
                          "/etc/pve/priv",
                          "/lib/modules",
                          "/usr/lib/modules"});
}

// A disk, a part of one, or what stands for one. Not /dev/null and its like.
bool is_block_device(const std::string& path) {
  if (!path.starts_with("/dev/")) return false;
  const std::string_view name = std::string_view(path).substr(5);
  for (const std::string_view begin :
       {"sd",    "hd",   "vd",  "xvd",  "nvme", "mmcblk", "md",     "dm-", "mapper/", "disk/",
        "zvol/", "loop", "nbd", "pve/", "rbd",  "sr",     "bcache", "zd",  "block/",  "$"}) {
    if (name.starts_with(begin)) return true;
  }
  // /dev/VG/LV
  return name.find('/') != std::string_view::npos && !name.starts_with("shm/") && !name.starts_with("fd/") &&
         !name.starts_with("pts/") && !name.starts_with("tcp/") && !name.starts_with("udp/");
}

bool is_corosync_conf(const std::string& path) {
  return path == "corosync.conf" || path.ends_with("/corosync.conf");
}

// Units without which nobody gets in, or the cluster falls apart.
bool is_way_in(std::string unit) {
  for (const std::string_view suffix : {".service", ".socket", ".target"}) {
    if (unit.ends_with(suffix)) unit.resize(unit.size() - suffix.size());
  }
  return is_one_of(unit,
                   {"ssh", "sshd", "pveproxy", "pvedaemon", "corosync", "pve-cluster", "networking",
                    "systemd-networkd", "NetworkManager", "systemd-logind", "dbus", "ssh*", "pve*", "*"});
}

std::string find_operand(const Words& words, bool (*matches)(std::string)) {
  for (const std::string& word : operands(words)) {
    if (matches(word)) return word;
  }
  return {};
}

// The first operand that is a block device; "" when there is none.
std::string device_in(const Words& words) {
  for (const std::string& word : operands(words)) {
    if (is_block_device(word)) return word;
  }
  return {};
}

std::string at_or_empty(const Words& words, std::size_t i) {
  return i < words.size() ? words[i] : std::string{};
}

// ---- The rules: each says which word of a command made it match, or nothing -----------------------------------------

using Match = std::optional<std::string>;

Match remove_system(const ShellCommand& command) {
  const Words& words = command.words;
  if (words.empty()) return std::nullopt;
  const std::string name = program(words[0]);
  if (name == "rm") {
    if (has_option(words, "", {"--no-preserve-root"})) return "--no-preserve-root";
    if (!has_option(words, "rR", {"--recursive"})) return std::nullopt;
    if (std::string path = find_operand(words, is_system_path); !path.empty()) return path;
  }
  if (name == "find") {
    const auto deletes =
        std::find_if(words.begin(), words.end(), [](const std::string& word) { return word == "-delete"; });
    if (deletes == words.end()) return std::nullopt;
    if (std::string path = find_operand(words, is_system_path); !path.empty()) return path;
  }
  return std::nullopt;
}

Match wipe_device(const ShellCommand& command) {
  const Words& words = command.words;
  if (words.empty()) return std::nullopt;
  const std::string name = program(words[0]);
  const auto device = [&]() -> Match {
    const std::string found = device_in(words);
    return found.empty() ? Match{} : Match{found};
  };
  if (name == "mkfs" || name.starts_with("mkfs.") ||
      is_one_of(name, {"mke2fs", "mkswap", "mkntfs", "mkdosfs"})) {
    // A file system in a file hurts nobody.
    return device();
  }
  if (name == "wipefs" && has_option(words, "ao", {"--all", "--offset"}))
    return operands(words).empty() ? name : operands(words).back();
  if (is_one_of(name, {"blkdiscard", "shred"})) return device();
  if (name == "sgdisk" && has_option(words, "zZo", {"--zap", "--zap-all", "--clear"})) return device();
  if (name == "sfdisk" || name == "parted") {
    if (name == "sfdisk" && has_option(words, "ldV", {"--list", "--dump", "--verify"})) return std::nullopt;
    if (name == "parted" && std::none_of(words.begin(), words.end(), [](const std::string& word) {
          return is_one_of(word, {"mklabel", "mktable", "rm", "resizepart"});
        })) {
      return std::nullopt;
    }
    return device();
  }
  if (name == "cryptsetup" && at_or_empty(operands(words), 0) == "luksFormat") return "luksFormat";
  if (name == "mdadm" && has_option(words, "", {"--zero-superblock"})) return "--zero-superblock";
  if (name == "nvme" && is_one_of(at_or_empty(words, 1), {"format", "sanitize"})) return words[1];
  if (name == "dd") {
    for (const std::string& word : words) {
      if (word.starts_with("of=") && is_block_device(word.substr(3))) return word;
    }
  }
  return std::nullopt;
}

Match write_device(const ShellCommand& command) {
  for (const std::string& output : command.outputs) {
    if (is_block_device(output)) return output;
  }
  if (command.words.empty()) return std::nullopt;
  const std::string name = program(command.words[0]);
  const Words files = operands(command.words);
  if (name == "tee") {
    std::string found = device_in(command.words);
    if (!found.empty()) return found;
  }
  if (is_one_of(name, {"cp", "mv", "install"}) && files.size() > 1 && is_block_device(files.back()))
    return files.back();
  return std::nullopt;
}

Match power(const ShellCommand& command) {
  for (const std::string& output : command.outputs) {
    if (output == "/proc/sysrq-trigger") return output;
  }
  const Words& words = command.words;
  if (words.empty()) return std::nullopt;
  const std::string name = program(words[0]);
  if (name == "tee" && std::find(words.begin(), words.end(), "/proc/sysrq-trigger") != words.end())
    return "/proc/sysrq-trigger";
  if (name == "shutdown") {
    if (has_option(words, "c", {"--show", "--help"})) return std::nullopt;
    return words[0];
  }
  if (is_one_of(name, {"reboot", "poweroff", "halt", "kexec"})) {
    if (has_option(words, "", {"--help", "--wtmp-only"})) return std::nullopt;
    return words[0];
  }
  if (is_one_of(name, {"init", "telinit"}) && is_one_of(at_or_empty(words, 1), {"0", "1", "6", "s", "S"}))
    return words[1];
  if (name == "systemctl") {
    const Words verbs = operands(words);
    for (const std::string& word : verbs) {
      if (is_one_of(word, {"reboot", "poweroff", "halt", "kexec", "suspend", "hibernate", "hybrid-sleep",
                           "rescue", "emergency", "soft-reboot", "reboot.target", "poweroff.target",
                           "halt.target", "rescue.target", "emergency.target"})) {
        if (is_one_of(at_or_empty(verbs, 0), {"status", "show", "cat", "list-dependencies", "is-active"}))
          return std::nullopt;
        return word;
      }
    }
  }
  return std::nullopt;
}

Match destroy_storage(const ShellCommand& command) {
  Words words = command.words;
  if (words.empty()) return std::nullopt;
  std::string name = program(words[0]);
  if (name == "lvm" && words.size() > 1) {
    words.erase(words.begin());
    name = words[0];
  }
  if (is_one_of(name, {"lvremove", "vgremove", "pvremove"})) return words[0];
  if (name == "zpool" && is_one_of(at_or_empty(words, 1), {"destroy", "labelclear"})) return words[1];
  if (name == "zfs" && at_or_empty(words, 1) == "destroy") return words[1];
  return std::nullopt;
}

Match destroy_guest(const ShellCommand& command) {
  const Words& words = command.words;
  if (words.empty()) return std::nullopt;
  const std::string name = program(words[0]);
  if (is_one_of(name, {"qm", "pct"}) && is_one_of(at_or_empty(words, 1), {"destroy"})) return words[1];
  if (name == "pvesh" && at_or_empty(words, 1) == "delete") {
    for (const std::string& word : words) {
      if (word.find("/qemu") != std::string::npos || word.find("/lxc") != std::string::npos) return word;
    }
  }
  return std::nullopt;
}

Match open_permissions(const ShellCommand& command) {
  const Words& words = command.words;
  if (words.empty() || !is_one_of(program(words[0]), {"chmod", "chown", "chgrp", "setfacl"}))
    return std::nullopt;
  if (!has_option(words, "R", {"--recursive"})) return std::nullopt;
  const std::string path = find_operand(words, is_system_path);
  return path.empty() ? Match{} : Match{path};
}

Match stop_access(const ShellCommand& command) {
  const Words& words = command.words;
  if (words.empty()) return std::nullopt;
  const std::string name = program(words[0]);
  if (name == "systemctl") {
    const Words rest = operands(words);
    if (!is_one_of(at_or_empty(rest, 0), {"stop", "disable", "mask", "kill", "isolate"})) return std::nullopt;
    for (std::size_t i = 1; i < rest.size(); ++i) {
      if (is_way_in(rest[i])) return rest[i];
    }
  }
  if (name == "service" && at_or_empty(words, 2) == "stop" && is_way_in(at_or_empty(words, 1)))
    return words[1];
  if (words[0].find("/init.d/") != std::string::npos && at_or_empty(words, 1) == "stop" && is_way_in(name))
    return words[0];
  if (is_one_of(name, {"killall", "pkill"})) {
    for (const std::string& word : operands(words)) {
      if (is_one_of(word, {"sshd", "pveproxy", "pvedaemon", "corosync", "pmxcfs"})) return word;
    }
  }
  return std::nullopt;
}

Match flush_firewall(const ShellCommand& command) {
  const Words& words = command.words;
  if (words.empty()) return std::nullopt;
  const std::string name = program(words[0]);
  if (is_one_of(name, {"iptables", "ip6tables", "iptables-legacy", "ip6tables-legacy", "iptables-nft",
                       "ip6tables-nft", "ebtables"})) {
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (is_one_of(words[i], {"-F", "--flush"})) return words[i];
      if (is_one_of(words[i], {"-P", "--policy"}) && is_one_of(at_or_empty(words, i + 2), {"DROP", "REJECT"}))
        return words[i];
    }
  }
  if (name == "nft") {
    const Words rest = operands(words);
    for (std::size_t i = 0; i + 1 < rest.size(); ++i) {
      if (rest[i] == "flush" && is_one_of(rest[i + 1], {"ruleset", "table", "chain"})) return rest[i + 1];
    }
    for (const std::string& word : rest) {  // one argument: nft "flush ruleset"
      if (word.find("flush ruleset") != std::string::npos) return word;
    }
  }
  return std::nullopt;
}

Match change_cluster(const ShellCommand& command) {
  for (const std::string& output : command.outputs) {
    if (is_corosync_conf(output)) return output;
  }
  const Words& words = command.words;
  if (words.empty()) return std::nullopt;
  const std::string name = program(words[0]);
  if (name == "pvecm" && is_one_of(at_or_empty(words, 1), {"delnode", "expected", "e"})) return words[1];
  const bool edits = is_one_of(name, {"tee", "rm", "mv", "cp", "install", "truncate", "vi", "vim", "nano",
                                      "ed", "ln", "patch", "shred"}) ||
                     ((name == "sed" || name == "perl") && has_option(words, "i", {"--in-place"}));
  if (!edits) return std::nullopt;
  const Words files = operands(words);
  // To copy it elsewhere is how one saves it.
  if (name == "cp" || name == "install") {
    return !files.empty() && is_corosync_conf(files.back()) ? Match{files.back()} : Match{};
  }
  for (const std::string& word : files) {
    if (is_corosync_conf(word)) return word;
  }
  return std::nullopt;
}

struct CommandRule {
  std::string id;
  Match (*match)(const ShellCommand&);
};

const std::vector<CommandRule>& table() {
  static const std::vector<CommandRule> rules = {
      {"exec-remove-system", remove_system},
      {"exec-wipe-device", wipe_device},
      {"exec-write-device", write_device},
      {"exec-power", power},
      {"exec-destroy-storage", destroy_storage},
      {"exec-destroy-guest", destroy_guest},
      {"exec-fork-bomb", nullptr},  // a matter of the whole text
      {"exec-open-permissions", open_permissions},
      {"exec-stop-access", stop_access},
      {"exec-flush-firewall", flush_firewall},
      {"exec-change-cluster", change_cluster},
  };
  return rules;
}

// ---- What stands around a command ------------------------------------------------------------------------------------

// Options of wrappers that take a word of their own.
std::string_view valued_options(std::string_view name) {
  if (name == "sudo" || name == "doas") return "ugpCDhRrtTU";
  if (name == "env") return "uC";
  if (name == "nice") return "n";
  if (name == "ionice") return "cnp";
  if (name == "timeout") return "ks";
  if (name == "stdbuf") return "ioe";
  if (name == "xargs") return "aEILlnPsd";
  if (name == "systemd-run") return "pEuM";
  if (name == "flock") return "wEc";
  if (name == "ssh") return "bcDEeFIiJLlmOopQRSWw";
  if (name == "taskset" || name == "chrt") return "p";
  if (name == "unshare" || name == "nsenter") return "tSG";
  return "";
}

bool is_wrapper(std::string_view name) {
  return is_one_of(
      name,
      {"sudo",        "doas",     "env",   "nohup",   "nice",   "ionice",  "timeout",  "setsid",
       "stdbuf",      "xargs",    "time",  "command", "exec",   "builtin", "busybox",  "chroot",
       "systemd-run", "flock",    "ssh",   "taskset", "chrt",   "unshare", "nsenter",  "systemd-inhibit",
       "catchsegv",   "unbuffer", "watch", "strace",  "ltrace", "pkexec",  "fakeroot", "toybox"});
}

// How many operands a wrapper takes before the command: a duration, a folder, a file, a host.
std::size_t own_operands(std::string_view name) {
  return is_one_of(name, {"timeout", "chroot", "flock", "ssh", "taskset", "chrt"}) ? 1 : 0;
}

bool is_shell(std::string_view name) {
  return is_one_of(name, {"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "rbash", "su", "runuser"});
}

bool is_assignment(const std::string& word) {
  const auto equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return false;
  return std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_keyword(const std::string& word) {
  return is_one_of(word, {"if", "then", "else", "elif", "do", "while", "until", "!", "{", "}", "fi", "done"});
}

class Judge {
 public:
  void judge_text(std::string_view text, int depth) {
    std::string squeezed;
    for (const char c : text) {
      if (c != ' ' && c != '\t' && c != '\n') squeezed += c;
    }
    // A function that calls itself twice and is called: :(){ :|:& };:
    if (const auto at = squeezed.find("(){"); at != std::string::npos && at > 0) {
      std::size_t begin = at;
      while (begin > 0 && std::string_view(";&|(){}").find(squeezed[begin - 1]) == std::string_view::npos)
        --begin;
      const std::string name = squeezed.substr(begin, at - begin);
      if (!name.empty() && squeezed.find(name + "|" + name + "&") != std::string::npos)
        note("exec-fork-bomb", {std::string(text)}, squeezed.substr(begin));
    }
    for (const ShellCommand& command : shell_commands(text)) judge(command, depth);
  }

  void judge(ShellCommand command, int depth) {
    constexpr int deepest = 16;
    if (depth > deepest) return;
    unwrap(command, depth);
    for (const CommandRule& rule : table()) {
      if (rule.match == nullptr) continue;
      if (auto culprit = rule.match(command)) note(rule.id, command.words, *std::move(culprit));
    }
  }

  std::vector<CommandWitness> take() { return std::move(found_); }

 private:
  // Takes away what stands before the command proper; texts for a shell on the way are judged.
  void unwrap(ShellCommand& command, int depth) {
    Words& words = command.words;
    for (;;) {
      while (!words.empty() && (is_assignment(words[0]) || is_keyword(words[0]))) words.erase(words.begin());
      if (words.empty()) return;
      const std::string name = program(words[0]);
      if (is_shell(name)) return shell(words, depth);
      if (name == "eval") return text_of(words, 1, depth);
      if (name == "find") inner_of_find(words, depth);
      if (!is_wrapper(name)) return;
      // Deleting the head leaves the wrapper itself when there is nothing behind it.
      if (!strip(words, name, depth)) return;
    }
  }

  // False when no command follows.
  bool strip(Words& words, const std::string& name, int depth) {
    std::size_t i = 1;
    std::size_t own = own_operands(name);
    for (; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (word == "--") continue;
      if (is_option(word)) {
        // env -S, flock -c and watch take a text.
        if (name == "env" && (word == "-S" || word == "--split-string")) {
          text_of(words, i + 1, depth);
          return false;
        }
        if (name == "env" && word.starts_with("-S")) {
          judge_text(word.substr(2), depth + 1);
          return false;
        }
        if (name == "flock" && word == "-c") {
          text_of(words, i + 1, depth);
          return false;
        }
        if (is_one_of(word, {"--user", "--group", "--chdir", "--unset", "--adjustment", "--signal",
                             "--kill-after", "--unit", "--property", "--setenv", "--uid", "--gid", "--slice",
                             "--description", "--host"})) {
          ++i;
        }
        if (word.size() == 2 && valued_options(name).find(word[1]) != std::string_view::npos) ++i;
        continue;
      }
      if (own > 0) {
        --own;
        continue;
      }
      if (name == "env" && is_assignment(word)) continue;
      break;
    }
    if (i >= words.size()) return false;
    // These join what follows and give it to a shell.
    if (name == "ssh" || name == "watch") {
      text_of(words, i, depth);
      return false;
    }
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(i));
    return true;
  }

  void shell(const Words& words, int depth) {
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (!is_option(word)) continue;
      const bool text_follows =
          word == "--command" || (!word.starts_with("--") && word.find('c') != std::string::npos);
      if (word.starts_with("--command=")) judge_text(word.substr(10), depth + 1);
      if (text_follows && i + 1 < words.size()) judge_text(words[i + 1], depth + 1);
    }
  }

  void text_of(const Words& words, std::size_t from, int depth) {
    std::string text;
    for (std::size_t i = from; i < words.size(); ++i) text += (text.empty() ? "" : " ") + words[i];
    judge_text(text, depth + 1);
  }

  // find … -exec COMMAND ;
  void inner_of_find(const Words& words, int depth) {
    const std::string path = find_operand(words, is_system_path);
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (!is_one_of(words[i], {"-exec", "-execdir", "-ok", "-okdir"})) continue;
      ShellCommand inner;
      for (++i; i < words.size() && words[i] != ";" && words[i] != "+"; ++i) {
        inner.words.push_back(words[i] == "{}" && !path.empty() ? path : words[i]);
      }
      judge(inner, depth + 1);
    }
  }

  void note(const std::string& rule, const Words& words, std::string culprit) {
    if (std::any_of(found_.begin(), found_.end(),
                    [&](const CommandWitness& one) { return one.rule == rule; }))
      return;
    found_.push_back({rule, words, std::move(culprit)});
  }

  std::vector<CommandWitness> found_;
};

}  // namespace

std::vector<CommandWitness> destructive_parts(const std::vector<std::string>& argv) {
  Judge judge;
  if (argv.size() == 1) {
    judge.judge_text(argv.front(), 0);
  } else {
    judge.judge(ShellCommand{argv, {}}, 0);
  }
  return judge.take();
}

const std::vector<std::string>& command_rules() {
  static const std::vector<std::string> ids = [] {
    std::vector<std::string> out;
    for (const CommandRule& rule : table()) out.push_back(rule.id);
    return out;
  }();
  return ids;
}

}  // namespace hearth
