#include "reconciler/manifest/loader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/fakes/temporary_folder.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

class Loader : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const { folder_.write(name, text); }

  // Names below the folder, in the order in which they were read.
  std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const auto& file : read_folder(root_.string(), diagnostics_)) {
      out.push_back(file.name.substr(root_.string().size() + 1));
    }
    return out;
  }

  TemporaryFolder folder_;
  fs::path root_ = folder_.path();
  Diagnostics diagnostics_;
};

using Names = std::vector<std::string>;

TEST_F(Loader, ReadsAllManifestsSortedByPath) {
  write("hearth.yaml", "format: 1\n");
  write("b.yaml", "b");
  write("a/z.yaml", "z");
  write("a/b/c.yaml", "c");
  write("a-b.yaml", "x");
  write("README.md", "no manifest");
  EXPECT_EQ(names(), (Names{"a-b.yaml", "a/b/c.yaml", "a/z.yaml", "b.yaml", "hearth.yaml"}));
  EXPECT_TRUE(diagnostics_.empty()) << diagnostics_.to_string();
}

TEST_F(Loader, KnowsTheSettingsOfTheTopOnly) {
  write("hearth.yaml", "format: 1\n");
  write("sub/hearth.yaml", "format: 1\n");
  const auto files = read_folder(root_.string(), diagnostics_);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_TRUE(files[0].settings);
  EXPECT_FALSE(files[1].settings);
}

TEST_F(Loader, LeavesHiddenFilesAndFoldersOut) {
  write(".git/x.yaml", "x");
  write("sub/.hidden/x.yaml", "x");
  write(".x.yaml", "x");
  fs::create_symlink("nowhere", root_ / ".#x.yaml");  // an editor's lock
  EXPECT_EQ(names(), Names{});
  EXPECT_TRUE(diagnostics_.empty()) << diagnostics_.to_string();
}

TEST_F(Loader, FollowsLinksButNotInCircles) {
  write("a/x.yaml", "x");
  fs::create_directory_symlink("a", root_ / "b");
  fs::create_directory_symlink("..", root_ / "a/up");
  // Through either name the way leads back up once.
  EXPECT_EQ(names(), (Names{"a/x.yaml", "b/x.yaml"}));
  ASSERT_EQ(diagnostics_.all().size(), 2U) << diagnostics_.to_string();
  EXPECT_EQ(diagnostics_.all()[0].rule, "folder-loop");
  EXPECT_EQ(diagnostics_.all()[1].rule, "folder-loop");
}

TEST_F(Loader, DoesNotWaitAtAPipe) {
  ASSERT_EQ(::mkfifo((root_ / "x.yaml").c_str(), 0600), 0);
  EXPECT_EQ(names(), Names{});
  ASSERT_EQ(diagnostics_.all().size(), 1U);
  EXPECT_EQ(diagnostics_.all()[0].rule, "unreadable-file");
  EXPECT_EQ(diagnostics_.all()[0].message, "cannot be read: it is no regular file");
}

// Root may read everything, so that root looks with another's eyes.
class AsNobody {
 public:
  AsNobody() : changed_(::geteuid() == 0 && ::seteuid(65534) == 0) {}
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody() {
    if (changed_ && ::seteuid(0) != 0) std::abort();
  }

 private:
  bool changed_;
};

TEST_F(Loader, SaysWhatItMayNotRead) {
  write("x.yaml", "x");
  write("y.yaml", "y");
  write("sub/z.yaml", "z");
  fs::permissions(root_, fs::perms{0755});
  fs::permissions(root_ / "y.yaml", fs::perms{0644});
  fs::permissions(root_ / "x.yaml", fs::perms::none);
  fs::permissions(root_ / "sub", fs::perms::none);
  {
    const AsNobody nobody;
    if (::geteuid() == 0) GTEST_SKIP() << "root may read everything, and cannot become somebody else here";
    EXPECT_EQ(names(), Names{"y.yaml"});
  }
  fs::permissions(root_ / "sub", fs::perms::owner_all);
  ASSERT_EQ(diagnostics_.all().size(), 2U) << diagnostics_.to_string();
  EXPECT_EQ(diagnostics_.all()[0].rule, "unreadable-file");
  EXPECT_EQ(diagnostics_.all()[0].message, "cannot be read: Permission denied");
  EXPECT_EQ(*diagnostics_.all()[0].position.file, folder_ / "sub");
  EXPECT_EQ(*diagnostics_.all()[1].position.file, folder_ / "x.yaml");
}

TEST_F(Loader, ReadsWholeFiles) {
  const std::string text(300'000, 'x');
  write("x.yaml", text);
  const auto files = read_folder(root_.string(), diagnostics_);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].text, text);
}

TEST_F(Loader, LeavesTheFolderOutOfNamesWhereItIsTheCurrentOne) {
  write("x.yaml", "x");
  const fs::path before = fs::current_path();
  fs::current_path(root_);
  const auto files = read_folder(".", diagnostics_);
  fs::current_path(before);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].name, "x.yaml");
}

}  // namespace
}  // namespace hearth
