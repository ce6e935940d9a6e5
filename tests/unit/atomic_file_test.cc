#include "reconciler/core/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/fakes/temporary_folder.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

mode_t mode_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

std::size_t files_in(const std::string& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator{}));
}

TEST(AtomicFile, MakesAFileWithTheModeAskedFor) {
  const TemporaryFolder folder;
  const mode_t before = ::umask(0077);
  ASSERT_TRUE(write_file_atomically(folder / "a", "text", 0644).has_value());
  ::umask(before);
  EXPECT_EQ(folder.read("a"), "text");
  EXPECT_EQ(mode_of(folder / "a"), 0644U);
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(AtomicFile, KeepsTheModeOfAFileThatIsThere) {
  const TemporaryFolder folder;
  folder.write("a", "old");
  ASSERT_EQ(::chmod((folder / "a").c_str(), 0640), 0);
  ASSERT_TRUE(write_file_atomically(folder / "a", "new", 0600).has_value());
  EXPECT_EQ(folder.read("a"), "new");
  EXPECT_EQ(mode_of(folder / "a"), 0640U);
}

TEST(AtomicFile, WritesThroughALink) {
  const TemporaryFolder folder;
  folder.write("real/file", "old");
  fs::create_symlink("real/file", folder / "link");
  ASSERT_TRUE(write_file_atomically(folder / "link", "new", 0600).has_value());
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(folder.read("real/file"), "new");
}

TEST(AtomicFile, LeavesEverythingAsItWasWhereItCannotWrite) {
  const TemporaryFolder folder;
  const auto missing = write_file_atomically(folder / "no/such/folder", "text", 0600);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().rule, "unwritable-file");

  folder.write("taken/inside", "");  // a folder cannot be replaced by a file
  EXPECT_FALSE(write_file_atomically(folder / "taken", "text", 0600).has_value());
  EXPECT_EQ(files_in(folder.path()), 1U) << "no temporary file may stay behind";
}

TEST(AtomicFile, ReadsBackWhatWasWritten) {
  const TemporaryFolder folder;
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(write_file_atomically(folder / "a", bytes, 0600).has_value());
  EXPECT_EQ(read_file(folder / "a").value(), bytes);
  EXPECT_EQ(read_file(folder / "none").error().rule, "unreadable-file");
}

}  // namespace
}  // namespace hearth
