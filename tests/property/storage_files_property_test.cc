// fstab and exports that a person may have written: read as their own tools read them, and kept to the byte where nothing is
// declared. And old files: whatever a tree looks like, nothing outside of what is declared is ever deleted.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "providers/host_storage/fstab.h"
#include "providers/nfs/exports.h"
#include "providers/support/lines.h"
#include "reconciler/core/json.h"
#include "reconciler/loop/event_loop.h"
#include "reconciler/transport/local_transport.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

template <typename T>
T pick(std::vector<T> values) {
  return *rc::gen::elementOf(std::move(values));
}

class Scratch {
 public:
  Scratch() {
    std::string pattern = testing::TempDir() + "hearth-storage-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no scratch folder");
    path = fs::canonical(pattern);
  }
  ~Scratch() {
    std::error_code why;
    fs::remove_all(path, why);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  fs::path path;
};

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char buffer[4096];
  for (std::size_t count; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    out.append(buffer, count);
  ::pclose(pipe);
  return out;
}

std::string fstab_text() {
  std::string text;
  const int count = *rc::gen::inRange(0, 10);
  for (int i = 0; i < count; ++i) {
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        text += pick<std::string>({"", "# a comment", " \t# another", "\t", "/dev/alone", "nonsense here"});
        break;
      default: {
        text += pick<std::string>({"", " ", "\t "});
        const std::vector<std::string> words = {
            pick<std::string>({"UUID=ab-12", "LABEL=\"a\\040b\"", "LABEL=x\\040y", "/dev/sdb1", "nas:/srv",
                               "//nas/s", "tmpfs", "PARTUUID=\"77\"", "/dev/disk/by-id/a#b", "\"/dev/q\"",
                               "none"}),
            pick<std::string>({"/mnt/a", "/mnt/b/", "/mnt/with\\040blank", "none", "/mnt/h#sh",
                               "/mnt/\\011tab", "/mnt/b\\134s", "swap"}),
            pick<std::string>({"ext4", "auto", "nfs4", "none", "swap", "ext4,xfs"}),
            pick<std::string>(
                {"defaults", "rw,nofail", "ro,,noatime", "bind", "sw", "comment=a\\040b,ro", "user,noauto"}),
            pick<std::string>({"0", "1", "00", "+1", "-1", "x", "1x", "# c"}),
            pick<std::string>({"0", "2", "1", "y", "007"}),
            pick<std::string>({"# the shelf", "more", "3"})};
        const auto used = static_cast<std::size_t>(*rc::gen::inRange(2, 8));
        for (std::size_t w = 0; w < used && w < words.size(); ++w)
          text += (w == 0 ? "" : pick<std::string>({" ", "\t", "   "})) + words[w];
        text += pick<std::string>({"", " ", "\r"});
      }
    }
    text += "\n";
  }
  if (!text.empty() && *rc::gen::arbitrary<bool>()) text.pop_back();
  return text;
}

TEST(FstabProperty, IsReadAsFindmntReadsIt) {
  if (std::system("findmnt --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no findmnt here";
  const Scratch scratch;
  const std::string file = scratch.path / "fstab";
  EXPECT_TRUE(rc::check([&] {
    const std::string text = fstab_text();
    std::ofstream(file, std::ios::binary) << text;
    std::string theirs;
    const std::string said = output_of("findmnt --fstab --list --tab-file '" + file +
                                       "' -J -o SOURCE,TARGET,FSTYPE,OPTIONS,FREQ,PASSNO 2>/dev/null");
    if (const auto json = parse_json(said.empty() ? "{}" : said);
        json && json->find("filesystems") != nullptr) {
      for (const Value& one : json->find("filesystems")->as_list()) {
        theirs += plain_source(one.string_or("source", "")) + "|" + one.string_or("target", "") + "|" +
                  one.string_or("fstype", "") + "|" + one.string_or("options", "") + "|" +
                  std::to_string(one.integer_or("freq", 0)) + "|" +
                  std::to_string(one.integer_or("passno", 0)) + "\n";
      }
    }
    std::string ours;
    for (const FstabEntry& one : read_fstab(text)) {
      ours += plain_source(one.source) + "|" + one.target + "|" + one.type + "|" + one.options + "|" +
              std::to_string(one.dump) + "|" + std::to_string(one.pass) + "\n";
    }
    RC_LOG() << text;
    RC_ASSERT(ours == theirs);
  }));
}

TEST(FstabProperty, AnEditedLineSaysWhatIsWantedAndTheRestStays) {
  EXPECT_TRUE(rc::check([] {
    for (const FstabEntry& before : read_fstab(fstab_text())) {
      RC_ASSERT(fstab_line(before.line, before) == before.line);
      FstabEntry wanted = before;
      wanted.options = pick<std::string>({"", "nofail", "ro,x-a=b\\c d"});
      wanted.source = pick<std::string>({before.source, "LABEL=a b", "UUID=9"});
      wanted.pass = *rc::gen::inRange(0, 3);
      const auto after = read_fstab(fstab_line(before.line, wanted));
      RC_ASSERT(after.size() == 1U);
      RC_ASSERT(after[0].source == wanted.source && after[0].target == before.target &&
                after[0].type == before.type);
      RC_ASSERT(split_options(after[0].options) == split_options(wanted.options));
      RC_ASSERT(after[0].pass == wanted.pass && after[0].dump == before.dump);
    }
  }));
}

std::string exports_text() {
  std::string text;
  const int count = *rc::gen::inRange(0, 8);
  for (int i = 0; i < count; ++i) {
    text += pick<std::string>({"/srv/a one(rw)", "/srv/a\ttwo(ro,sync) # people", "# all", "",
                               "  /srv/b -ro,sync x y(rw)", "\"/srv/c d\" *(rw)",
                               "/srv/e\\040f @g(rw) \\\n   h(ro)", "/srv/g host (rw)", "/srv/h",
                               "/srv/i \"a b\"(ro)", "/srv/j \\\n\\\n one(rw)\\\n"}) +
            "\n";
  }
  return text;
}

// Exports in any style, with clients that need no resolver.
std::string odd_exports_text() {
  std::string text;
  const int count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    text += pick<std::string>({"", " ", "\t", "# comment\n", "\n", " # comment \\\n"});
    text += pick<std::string>({"/nowhere/a", "/nowhere/b", "\"/nowhere/c d\"", "/nowhere/e\\040f",
                               "/nowhere/\"g h\"", "/nowhere/i\\\\k", "/nowhere/j#k"});
    const int clients = *rc::gen::inRange(0, 4);
    for (int k = 0; k < clients; ++k) {
      text += pick<std::string>({" ", "\t", "   ", " \\\n", "\\\n   "});
      text += pick<std::string>({"10.0.0.1", "10.0.0.2", "*", "@trusted", "10.1.0.0/16", "\"10.0.0.3\"",
                                 "-ro,no_root_squash ", "-rw ", ""});
      text += pick<std::string>({"", "(rw)", "(ro,sync)", " (rw)", "(rw,async,no_wdelay,insecure,)", "()",
                                 "(rw,anonuid=7,anongid=8)", "(all_squash,rw,ro,no_acl)",
                                 "(subtree_check,crossmnt)", "(rw", "(rw, ro)", "(rw)x"});
    }
    text += pick<std::string>({"\n", " \n", " # people\n", " #no client\n", " \\\n\n", "\t# a \\\n"});
  }
  return text;
}

using Exported = std::map<std::string, std::map<std::string, std::vector<std::string>>>;

Exported exported(const std::vector<ExportEntry>& entries) {
  Exported out;
  for (const ExportEntry& entry : entries) {
    for (const ExportClient& client : entry.clients) {
      std::vector<std::string> options = client.options;
      options.erase(std::find_if(options.begin(), options.end(),
                                 [](const std::string& option) { return option.starts_with("sec="); }),
                    options.end());
      std::erase_if(options, [](const std::string& option) { return option.ends_with("id=65534"); });
      out[entry.path].emplace(client.name, canonical_export_options(options));
    }
  }
  return out;
}

// exportfs keeps what it has read in a table, also where there is no server to tell.
TEST(ExportsProperty, IsReadAsExportfsReadsIt) {
  if (std::system("command -v exportfs >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no exportfs here";
  if (std::system("unshare -m true 2>/dev/null") != 0) GTEST_SKIP() << "no mount namespace can be had here";
  const Scratch scratch;
  const std::string file = scratch.path / "exports";
  EXPECT_TRUE(rc::check([&] {
    const std::string text = odd_exports_text();
    std::ofstream(file, std::ios::binary) << text;
    const std::string said = output_of(
        "unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs tmpfs /var/lib && mount -t tmpfs tmpfs "
        "/etc &&"
        " mkdir /var/lib/nfs && cp \"$1\" /etc/exports && : >/var/lib/nfs/etab && { exportfs -a "
        "2>/var/lib/said;"
        " cat /var/lib/nfs/etab; echo TOLD; cat /var/lib/said; }' sh '" +
        file + "'");
    const std::size_t told = said.find("TOLD\n");
    RC_ASSERT(told != std::string::npos);
    const ExportsFile table = read_exports(said.substr(0, told));
    const ExportsFile ours = read_exports(text);
    RC_LOG() << text << "--- is, to exportfs,\n" << said << "--- and to hearth " << ours.trouble << "\n";
    RC_ASSERT(table.trouble.empty());
    const bool gave_up = said.find("bad option list", told) != std::string::npos ||
                         said.find("expected client", told) != std::string::npos;
    RC_ASSERT(gave_up == !ours.trouble.empty());
    const Exported theirs = exported(table.entries);
    const Exported read = exported(ours.entries);
    if (ours.trouble.empty()) RC_ASSERT(read == theirs);
    // Up to the mistake all is the same.
    for (const auto& [path, clients] : read) {
      for (const auto& [name, options] : clients) RC_ASSERT(theirs.at(path).at(name) == options);
    }
  }));
}

TEST(ExportsProperty, AnEditedEntrySaysWhatIsWantedOfItsClientAndTheSameOfAllOthers) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = exports_text();
    for (const ExportEntry& entry : read_exports(text).entries) {
      RC_ASSERT(export_lines(entry, {}) == entry.lines);
      const auto name = pick<std::string>({"one", "two", "x", "*", "new"});
      const std::vector<std::string> options{"rw", "anonuid=7"};
      std::string after;
      for (const std::string& line : export_lines(entry, {{name, options}})) after += line + "\n";
      const ExportsFile file = read_exports(after);
      RC_ASSERT(file.trouble.empty() && file.entries.size() == 1U);
      RC_ASSERT(file.entries[0].path == entry.path);
      std::map<std::string, std::vector<std::string>> wanted;
      for (const ExportClient& client : entry.clients)
        wanted.emplace(client.name, canonical_export_options(client.options));
      wanted[name] = canonical_export_options(options);
      std::map<std::string, std::vector<std::string>> is;
      for (const ExportClient& client : file.entries[0].clients)
        is.emplace(client.name, canonical_export_options(client.options));
      RC_LOG() << text << "becomes\n" << after;
      RC_ASSERT(is == wanted);
    }
  }));
}

// ---- Old files ----

// What a tree is made of. Everything that must survive is remembered by path.
class Tree {
 public:
  explicit Tree(const fs::path& top, bool can_mount) : top_(top), can_mount_(can_mount) {
    for (const char* folder : {"declared", "outside", "declared/inner", "outside/inner"})
      fs::create_directories(top_ / folder);
    const int count = *rc::gen::inRange(3, 25);
    for (int i = 0; i < count; ++i) add(i);
    if (can_mount_) mount_some();
    note(top_);
  }
  ~Tree() {
    for (const std::string& file : immutable_)
      static_cast<void>(std::system(("chattr -i '" + quoted(file) + "' 2>/dev/null").c_str()));
    for (auto at = mounts_.rbegin(); at != mounts_.rend(); ++at) ::umount2(at->c_str(), MNT_DETACH);
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  [[nodiscard]] bool has_immutable() const { return !immutable_.empty(); }

  // Exactly the old regular files of the declared folder's own file system may be gone, and are, but for immutable ones.
  void judge() const {
    for (const std::string& path : all_) {
      const bool there = fs::exists(fs::symlink_status(path));
      const bool mine = doomed_.contains(path);
      const bool kept = immutable_.contains(path);
      RC_LOG() << path << (there ? " is there" : " is gone") << (mine ? ", may go" : ", has to stay") << "\n";
      RC_ASSERT(there == (!mine || kept));
    }
  }

 private:
  void add(int number) {
    const bool inside = *rc::gen::inRange(0, 3) > 0;
    const fs::path base = top_ / (inside ? "declared" : "outside");
    const auto folder =
        pick<std::string>({"", "inner", "deep/er", "odd\nfolder", "*", "[a]", "back\\slash", " "});
    fs::create_directories(base / folder);
    const auto name = pick<std::string>(
        {"file", "new\nline", "-delete", "*", "?", "a b", "\\", "'", "\"", "$(id)", "\xff"});
    const fs::path path = base / folder / (name + std::to_string(number));
    const bool old = *rc::gen::arbitrary<bool>();
    switch (*rc::gen::inRange(0, 7)) {
      case 0: fs::create_symlink(top_ / "outside" / "inner", path); return;
      case 1: fs::create_symlink(pick<std::string>({"../../outside", "/", ".", "nowhere"}), path); return;
      case 2: {
        // One name outside, one inside: of the file's two names only the inner goes.
        const fs::path other = top_ / "outside" / ("hard" + std::to_string(number));
        write(other, old);
        fs::create_hard_link(other, path);
        break;
      }
      case 3:
        write(path, false);
        fs::resize_file(path, 1U << 22U);  // sparse
        touch(path, old);
        break;
      case 4:
        if (::mkfifo(path.c_str(), 0600) == 0) return;
        break;
      case 5:
        write(path, old);
        if (can_mount_ && std::system(("chattr +i '" + quoted(path) + "' 2>/dev/null").c_str()) == 0)
          immutable_.insert(path);
        break;
      default: write(path, old);
    }
    if (inside && old) doomed_.insert(path);
  }

  static std::string quoted(const fs::path& path) {
    std::string out;
    for (const char c : path.string()) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out;
  }

  void write(const fs::path& path, bool old) {
    std::ofstream(path) << "x";
    touch(path, old);
  }
  static void touch(const fs::path& path, bool old) {
    const std::int64_t days =
        old ? *rc::gen::inRange<std::int64_t>(5, 9000) : *rc::gen::inRange<std::int64_t>(0, 4);
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(24 * days));
  }

  // A bind mount has the device of what it shows, memory one of its own; a file can be mounted over, too.
  void mount_some() {
    const auto bind = [&](const fs::path& what, const fs::path& at) {
      if (::mount(what.c_str(), at.c_str(), nullptr, MS_BIND, nullptr) == 0) mounts_.push_back(at);
    };
    if (*rc::gen::arbitrary<bool>()) {
      const fs::path at = top_ / pick<std::string>({"declared/bind", "declared/b\nind *[x]\\"});
      fs::create_directories(at);
      write(top_ / "outside" / "bound", true);
      bind(top_ / "outside", at);
    }
    if (*rc::gen::arbitrary<bool>()) {
      const fs::path at = top_ / "declared/memory";
      fs::create_directories(at);
      if (::mount("tmpfs", at.c_str(), "tmpfs", 0, nullptr) == 0) mounts_.push_back(at);
      write(at / "old", true);
    }
    if (*rc::gen::arbitrary<bool>()) {
      write(top_ / "declared/over", true);
      write(top_ / "outside/over", true);
      bind(top_ / "outside/over", top_ / "declared/over");
    }
  }

  void note(const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      all_.insert(entry.path());
      if (entry.is_directory() && !entry.is_symlink()) note(entry.path());
    }
  }

  fs::path top_;
  bool can_mount_;
  std::set<std::string> all_;
  std::set<std::string> doomed_;
  std::set<std::string> immutable_;
  std::vector<fs::path> mounts_;
};

// In a mount namespace of its own, so that nothing is left behind wherever this ends.
bool have_own_mounts() {
  return ::geteuid() == 0 && ::unshare(CLONE_NEWNS) == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

void delete_old_ones_of_random_trees(bool can_mount) {
  EventLoop loop;
  Host host;
  host.name = "scratch";
  host.local = true;
  LocalTransport transport(host, loop);
  ASSERT_TRUE(rc::check([&] {
    const Scratch scratch;
    const Tree tree(scratch.path, can_mount);
    const std::string declared = scratch.path / "declared";
    std::optional<std::vector<Reply>> replies;
    transport.observe({CountOldFiles{declared, std::chrono::hours(24 * 4 + 12)}}, [&](auto answer) {
      if (answer)
        replies = std::move(*answer);
      else
        replies.emplace();
    });
    loop.run_until([&] { return replies.has_value(); });
    RC_ASSERT(replies->size() == 1U);
    const auto* told = std::get_if<OldFilesReply>(replies->data());
    RC_ASSERT(told != nullptr);
    std::optional<std::vector<OperationResult>> results;
    constexpr std::int64_t day = 24L * 3600;
    transport.execute({DeleteOldFiles{declared, told->now - 4 * day - day / 2, told->old}}, "",
                      [&](const auto& answer) { results = answer; });
    loop.run_until([&] { return results.has_value(); });
    RC_LOG() << results->at(0).output << "\n";
    tree.judge();
    RC_ASSERT(results->at(0).status == OperationResult::Status::done || tree.has_immutable());
  }));
}

// Mounts need a namespace that only a process of its own may enter.
TEST(OldFilesProperty, NothingOutsideOfTheDeclaredFolderIsEverDeleted) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!have_own_mounts()) ::_exit(77);
    delete_old_ones_of_random_trees(true);
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) {
    delete_old_ones_of_random_trees(false);
    GTEST_SKIP() << "no mount namespace can be had here: mounts and immutable files were left out";
  }
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace hearth
