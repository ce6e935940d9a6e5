#include "reconciler/core/secret.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <type_traits>

#include "reconciler/core/content.h"
#include "reconciler/core/digest.h"
#include "reconciler/core/json.h"
#include "reconciler/plan/secret_use.h"
#include "tests/fakes/fake_secrets.h"
#include "tests/fakes/temporary_folder.h"

namespace hearth {
namespace {

// No way out of it but reveal().
static_assert(!std::is_convertible_v<SecretText, std::string>);
static_assert(!std::is_convertible_v<SecretText, std::string_view>);
static_assert(!std::is_constructible_v<Value, SecretText>);
static_assert(!std::is_copy_constructible_v<SecretText>);

SecretText text_of(const std::string& bytes) {
  return SecretText(std::string(bytes));
}

class Store : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& content, mode_t mode = 0600) {
    std::filesystem::create_directories(std::filesystem::path(folder_ / path).parent_path());
    std::ofstream(folder_ / path, std::ios::binary) << content;
    ::chmod((folder_ / path).c_str(), mode);
  }
  Result<SecretText> resolve(const std::string& name) const {
    return make_secret_store({folder_ / "credentials", folder_ / "files"})->resolve(name);
  }
  std::string found(const std::string& name) const {
    const auto text = resolve(name);
    return text ? std::string(text->reveal()) : text.error().to_string();
  }
  TemporaryFolder folder_;
};

TEST_F(Store, LooksAtCredentialsThenFilesThenTheEnvironment) {
  ::setenv("HEARTH_SECRET_SAMBA_EVE", "from the environment", 1);
  EXPECT_EQ(found("samba/eve"), "from the environment");
  put("files/samba/eve", "from a file\n");
  EXPECT_EQ(found("samba/eve"), "from a file");
  put("credentials/samba.eve", "a credential", 0440);
  EXPECT_EQ(found("samba/eve"), "a credential");
  ::unsetenv("HEARTH_SECRET_SAMBA_EVE");
}

TEST_F(Store, VariablesAreNotHandedOn) {
  ::setenv("HEARTH_SECRET_A", "1", 1);
  ::setenv("HEARTH_SECRET_B", "2", 1);
  ::setenv("HEARTH_SECRETS_ARE_ELSEWHERE", "3", 1);
  forget_secret_variables();
  EXPECT_EQ(std::getenv("HEARTH_SECRET_A"), nullptr);
  EXPECT_EQ(std::getenv("HEARTH_SECRET_B"), nullptr);
  EXPECT_STREQ(std::getenv("HEARTH_SECRETS_ARE_ELSEWHERE"), "3");
  ::unsetenv("HEARTH_SECRETS_ARE_ELSEWHERE");
}

TEST_F(Store, RefusesWhatIsTooShortToBeHidden) {
  put("files/pin", "123\n");
  EXPECT_NE(found("pin").find("error[unusable-secret]"), std::string::npos) << found("pin");
  EXPECT_EQ(found("pin").find("123"), std::string::npos);
  put("files/pin", "1234\n");
  EXPECT_EQ(found("pin"), "1234");
}

TEST(MissingSecrets, AreNoMatterOfWhoDoesNotUseThem) {
  const std::vector<MissingSecret> missing = {{{"File", "a", "pve"}, failure("missing-secret", "no a")},
                                              {{"File", "a", "nas"}, failure("missing-secret", "no a")},
                                              {{"File", "b", "pve"}, failure("missing-secret", "no b")}};
  EXPECT_EQ(missing_for(missing, {}).all().size(), 2U) << "each place once";
  EXPECT_EQ(missing_for(missing, Selection::parse({"File/b@pve"}).value()).all().size(), 1U);
  EXPECT_TRUE(missing_for(missing, Selection::parse({"File/motd@pve"}).value()).empty());
}

TEST_F(Store, SaysEverywhereItLookedAndWhatToDo) {
  const std::string root = folder_.path();
  EXPECT_EQ(found("samba/eve"),
            "error[missing-secret]: there is no secret \"samba/eve\"; looked for " + root +
                "/credentials/samba.eve, " + root +
                "/files/samba/eve, the variable HEARTH_SECRET_SAMBA_EVE\n    write it into " + root +
                "/files/samba/eve (mode 0600), or set HEARTH_SECRET_SAMBA_EVE\n");
}

TEST_F(Store, RefusesWhatOthersMayRead) {
  for (const mode_t mode : {0640U, 0604U, 0620U, 0601U}) {
    put("files/open", "hunter2hunter2", mode);
    ::setenv("HEARTH_SECRET_OPEN", "must not be fallen back to", 1);
    const std::string said = found("open");
    ::unsetenv("HEARTH_SECRET_OPEN");
    EXPECT_NE(said.find("error[unusable-secret]"), std::string::npos) << said;
    EXPECT_NE(said.find("chmod 600 "), std::string::npos) << said;
    EXPECT_EQ(said.find("hunter2"), std::string::npos) << said;
  }
}

TEST_F(Store, RefusesWhatBelongsToSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make such a file";
  put("files/theirs", "x");
  ASSERT_EQ(::chown((folder_ / "files/theirs").c_str(), 12345, 0), 0);
  EXPECT_NE(found("theirs").find("belongs to another user (12345)"), std::string::npos);
}

TEST_F(Store, RefusesWhatIsNoSecret) {
  put("files/empty", "\n");
  EXPECT_NE(found("empty").find("it is empty"), std::string::npos);
  put("files/binary", std::string("a\0b", 3));
  EXPECT_NE(found("binary").find("NUL"), std::string::npos);
  std::filesystem::create_directories(folder_ / "files/folder");
  EXPECT_NE(found("folder").find("no regular file"), std::string::npos);
}

TEST_F(Store, NamesDoNotLeadOutOfTheFolder) {
  put("outside", "x");
  for (const char* name :
       {"../outside", "/etc/shadow", "a//b", "a/", ".hidden", "a/../b", "", "a\nb", "a b", "*"})
    EXPECT_NE(found(name).find("error[bad-secret-name]"), std::string::npos) << name;
}

TEST_F(Store, LeavesOutOneLineBreakAtTheEndAndNothingElse) {
  put("files/a", "  two \n\n");
  EXPECT_EQ(found("a"), "  two \n");
}

TEST(SecretText, ComparesAndMoves) {
  EXPECT_TRUE(text_of("abc") == text_of("abc"));
  EXPECT_FALSE(text_of("abc") == text_of("abd"));
  EXPECT_FALSE(text_of("abc") == text_of("ab"));
  SecretText a = text_of("abc");
  const SecretText b = std::move(a);
  EXPECT_EQ(b.reveal(), "abc");
  EXPECT_EQ(a.size(), 0U);  // NOLINT(bugprone-use-after-move): that it is gone is the point
}

TEST(SecretText, LeavesNothingWhereItWasTakenFrom) {
  std::string source(100, 's');
  const char* bytes = source.data();
  const SecretText text(std::move(source));
  EXPECT_EQ(std::string(bytes, 100).find('s'), std::string::npos);
  EXPECT_EQ(text.size(), 100U);
}

Secrets secrets(std::map<std::string, std::string> texts) {
  return {std::make_unique<FakeSecrets>(std::move(texts)), "key"};
}

TEST(Content, IsShownAndComparedByNames) {
  Content content("password = ");
  content.add(SecretName{"samba/eve"});
  content.add("\n");
  EXPECT_EQ(content.shown(), "password = <secret samba/eve>\n");
  EXPECT_EQ(to_json(content.to_value()), R"(["password = ",{"secret":"samba/eve"},"\n"])");
  EXPECT_FALSE(content.revealed().has_value());
  Content bound = content;
  Secrets known = secrets({{"samba/eve", "hunter2hunter2"}});
  ASSERT_TRUE(bound.bind(known).has_value());
  EXPECT_TRUE(bound == content);
  EXPECT_EQ(bound.shown(), content.shown());
  EXPECT_EQ(bound.revealed()->reveal(), "password = hunter2hunter2\n");
  EXPECT_EQ(to_json(bound.to_value()), to_json(content.to_value()));
}

TEST(Secrets, AreCutOutOfWhatToolsSay) {
  Secrets known = secrets({{"a", "first line\nsecond line"}, {"b", "hunter2hunter2"}});
  ASSERT_TRUE(known.find("a") && known.find("b"));
  EXPECT_EQ(known.redact("bad password hunter2hunter2 in line 3"), "bad password <secret b> in line 3");
  EXPECT_EQ(known.redact("3: second line: what?"), "3: <secret a>: what?");
  EXPECT_EQ(known.redact("2hunter2 is bad"), "<secret b> is bad");
  for (const char* before : {"", "x", "xx", "xxx"}) {
    const std::string told = known.redact(base64(std::string(before) + "hunter2hunter2" + "y"));
    EXPECT_NE(told.find("<secret b>"), std::string::npos) << told;
    EXPECT_LT(told.size(), 20U) << told;
  }
  EXPECT_EQ(known.redact("nothing to see"), "nothing to see");
}

TEST(Secrets, AreMarkedByHashesThatDependOnTheKey) {
  Secrets known = secrets({});
  const std::string mark = known.mark(sha256("x"));
  EXPECT_TRUE(Secrets::is_mark(mark));
  EXPECT_EQ(known.behind(mark), sha256("x"));
  EXPECT_EQ(mark.find(sha256("x")), std::string::npos);
  EXPECT_NE(
      Secrets(std::make_unique<FakeSecrets>(std::map<std::string, std::string>{}), "other").mark(sha256("x")),
      mark);
  EXPECT_FALSE(Secrets::is_mark(sha256("x")));
}

TEST(Secrets, HaveAKeyOfTheirOwnThatIsMadeOnce) {
  const TemporaryFolder folder;
  const std::string file = folder / "journal.db.key";
  const auto key = secret_key(file);
  ASSERT_TRUE(key.has_value()) << key.error().to_string();
  EXPECT_EQ(key->size(), 64U);
  EXPECT_EQ(secret_key(file).value(), *key);
  struct stat facts{};
  ASSERT_EQ(::stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  ::chmod(file.c_str(), 0644);
  EXPECT_NE(secret_key(file).error().message.find("may be used by others"), std::string::npos);
}

TEST(Secrets, AreFoundInValuesByNameAndByHash) {
  const Value value = Map{{"content", List{"a", SecretName{"s"}}}};
  EXPECT_TRUE(holds_secret(value));
  EXPECT_FALSE(holds_secret(Value(Map{{"content", List{"a", "s"}}})));
  const Value hashed = with_secret_hashes(value, {{"s", "1234"}});
  EXPECT_EQ(to_json(hashed), R"({"content":["a",{"secretHash":"1234"}]})");
  EXPECT_TRUE(holds_secret(hashed));
}

}  // namespace
}  // namespace hearth
