#include "reconciler/plugin/provider_registry.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "providers/provider.h"
#include "tests/fakes/plugins/empty_provider.h"
#include "tests/fakes/temporary_folder.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

class NamedProvider final : public EmptyProvider {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "good"; }
};

// A folder with copies of the test modules, whose modes a test may spoil.
class ProviderRegistryTest : public testing::Test {
 protected:
  std::string install(const std::string& name) {
    const std::string path = folder_ / ("hearth_" + name + ".so");
    fs::copy_file(fs::path(HEARTH_BUILD_DIR) / "test_plugins" / ("hearth_" + name + ".so"), path,
                  fs::copy_options::overwrite_existing);
    EXPECT_EQ(chmod(path.c_str(), 0644), 0);
    return path;
  }

  Diagnostic refusal(const std::string& name) {
    const auto provider = registry_.load(name);
    if (provider) {
      ADD_FAILURE() << name << " was loaded";
      return {};
    }
    return provider.error();
  }

  TemporaryFolder folder_;
  ProviderRegistry registry_{folder_.path()};
};

TEST_F(ProviderRegistryTest, LoadsAModuleOnce) {
  install("good");
  const auto first = registry_.load("good");
  ASSERT_TRUE(first.has_value()) << first.error().to_string();
  EXPECT_EQ((*first)->name(), "good");
  EXPECT_EQ((*first)->kinds(), std::vector<std::string>{"Nothing"});
  fs::remove(folder_ / "hearth_good.so");
  const auto second = registry_.load("good");
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(*first, *second);
}

TEST_F(ProviderRegistryTest, PrefersWhatWasAdded) {
  install("good");
  const NamedProvider mine;
  registry_.add(mine);
  const auto provider = registry_.load("good");
  ASSERT_TRUE(provider.has_value());
  EXPECT_EQ(*provider, &mine);
}

TEST_F(ProviderRegistryTest, SaysWhichModuleIsMissing) {
  const Diagnostic error = refusal("nowhere");
  EXPECT_EQ(error.rule, "plugin-missing");
  EXPECT_NE(error.message.find(folder_ / "hearth_nowhere.so"), std::string::npos) << error.message;
}

TEST_F(ProviderRegistryTest, RefusesAModuleOfAnotherBuildWithoutAskingItForMore) {
  install("other_build");
  const Diagnostic error = refusal("other_build");
  EXPECT_EQ(error.rule, "plugin-abi");
  EXPECT_NE(error.message.find("\"hearth-0/gcc-2/plain\""), std::string::npos) << error.message;
  EXPECT_NE(error.message.find(HEARTH_ABI_TAG), std::string::npos) << error.message;
}

TEST_F(ProviderRegistryTest, RefusesALibraryThatIsNoProvider) {
  install("no_entry");
  EXPECT_EQ(refusal("no_entry").rule, "plugin-abi");
}

TEST_F(ProviderRegistryTest, RefusesAFileThatIsNoLibrary) {
  folder_.write("hearth_text.so", "no library");
  EXPECT_EQ(refusal("text").rule, "plugin-broken");
}

TEST_F(ProviderRegistryTest, RefusesAProviderWithoutKinds) {
  install("no_kinds");
  EXPECT_EQ(refusal("no_kinds").rule, "plugin-broken");
}

TEST_F(ProviderRegistryTest, RefusesAProviderUnderAForeignName) {
  install("misnamed");
  const Diagnostic error = refusal("misnamed");
  EXPECT_EQ(error.rule, "plugin-broken");
  EXPECT_NE(error.message.find("somebody_else"), std::string::npos) << error.message;
}

TEST_F(ProviderRegistryTest, RefusesAModuleThatOthersMayWrite) {
  const std::string path = install("good");
  for (const mode_t mode : {0664U, 0646U}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    const Diagnostic error = refusal("good");
    EXPECT_EQ(error.rule, "plugin-writable");
    EXPECT_EQ(error.hint, "if you trust its content: chmod go-w " + path);
  }
  // What the hint says helps.
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  EXPECT_TRUE(registry_.load("good").has_value());
}

TEST_F(ProviderRegistryTest, RefusesAModuleInAFolderThatOthersMayWrite) {
  install("good");
  ASSERT_EQ(chmod(folder_.path().c_str(), 0777), 0);
  const Diagnostic error = refusal("good");
  EXPECT_EQ(error.rule, "plugin-writable");
  EXPECT_NE(error.message.find("the folder"), std::string::npos) << error.message;
}

TEST_F(ProviderRegistryTest, LooksAtWhatALinkPointsAt) {
  const std::string path = install("good");
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  const TemporaryFolder safe;
  fs::create_symlink(path, safe / "hearth_good.so");
  ProviderRegistry registry(safe.path());
  const auto provider = registry.load("good");
  ASSERT_FALSE(provider.has_value());
  EXPECT_EQ(provider.error().rule, "plugin-writable");
}

TEST_F(ProviderRegistryTest, RefusesAModuleOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const std::string path = install("good");
  ASSERT_EQ(chown(path.c_str(), 65534, 65534), 0);
  const Diagnostic error = refusal("good");
  EXPECT_EQ(error.rule, "plugin-writable");
  EXPECT_EQ(error.hint, "if you trust its content: chown root " + path);
}

}  // namespace
}  // namespace hearth
