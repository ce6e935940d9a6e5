// `hearth apply` and what it refuses, as people run it: the real program, and a folder of the test's own as the machine.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/transport/process.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/golden/local_machine.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

class ApplyCommand : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder / "machine/srv");
    folder.write("manifests/hearth.yaml", "format: 1\ncluster: Home\n");
    folder.write("manifests/node.yaml", golden::local_node(folder / "machine"));
  }

  void declare_files(int count) const {
    std::string text = "kind: File\nhosts: here\nspec: {content: \"x\\n\"}\nitems:\n";
    for (int i = 0; i < count; ++i) {
      const std::string name = "f" + std::to_string(i);
      text += "  " + name + ": {path: /srv/" + name + "}\n";
    }
    folder.write("manifests/files.yaml", text);
  }

  // Both streams; EXPECTED is the exit code.
  std::string hearth(int expected, const std::vector<std::string>& arguments) const {
    ProcessRequest request;
    request.argv = {"env",
                    "-i",
                    "PATH=/usr/bin:/bin",
                    "TZ=UTC",
                    "HOME=" + folder.path(),
                    "HEARTH_JOURNAL=" + journal,
                    HEARTH_BINARY,
                    "-C",
                    folder / "manifests"};
    request.argv.insert(request.argv.end(), arguments.begin(), arguments.end());
    const auto result = run_process(request);
    EXPECT_TRUE(result.has_value());
    if (!result) return {};
    EXPECT_EQ(result->exit_code, expected) << result->out << result->err;
    return result->out + result->err;
  }

  bool there(const std::string& path) const { return fs::exists(folder / ("machine" + path)); }

  TemporaryFolder folder;
  std::string journal = folder / "state/journal.db";
};

testing::AssertionResult says(const std::string& told, const std::string& what) {
  if (told.find(what) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "\"" << what << "\" is not in:\n" << told;
}

TEST_F(ApplyCommand, ManyDeletionsNeedTheirNumber) {
  declare_files(7);
  hearth(0, {"apply", "--yes"});
  declare_files(1);
  EXPECT_TRUE(says(hearth(5, {"apply", "--yes", "--allow", "destroy"}),
                   "error[many-deletions]: this would delete 6 things"));
  EXPECT_TRUE(says(hearth(5, {"apply", "--yes", "--allow", "destroy", "--deletions", "7"}), "--deletions 6"));
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(there("/srv/f" + std::to_string(i)));
  hearth(0, {"apply", "--yes", "--allow", "destroy", "--deletions", "6"});
  EXPECT_TRUE(there("/srv/f0"));
  for (int i = 1; i < 7; ++i) EXPECT_FALSE(there("/srv/f" + std::to_string(i)));
}

TEST_F(ApplyCommand, WithoutAJournalNothingIsDone) {
  declare_files(1);
  journal = "/dev/null/journal.db";
  const std::string told = hearth(1, {"apply", "--yes"});
  EXPECT_TRUE(says(told, "error[no-journal]: the journal cannot be used: "));
  EXPECT_TRUE(says(told, "nothing is done to a host without a record of it"));
  EXPECT_FALSE(there("/srv/f0"));
}

TEST_F(ApplyCommand, NothingIsImportedFromAHostThatCannotBeReached) {
  // Nobody listens on the first port of the loopback device.
  folder.write("manifests/node.yaml",
               "kind: Node\nname: gone\nspec: {address: 127.0.0.1, port: 1, keys: [~/none], hostKey: "
               "\"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}\n");
  EXPECT_TRUE(says(hearth(6, {"import"}), "error[unreachable-host]: gone was not reached: "));
}

}  // namespace
}  // namespace hearth
