#include "reconciler/core/secret.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

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

TEST(MissingSecrets, AreNoMatterOfWhoDoesNotUseThem) {
  const std::vector<MissingSecret> missing = {{{"File", "a", "pve"}, failure("missing-secret", "no a")},
                                              {{"File", "a", "nas"}, failure("missing-secret", "no a")},
                                              {{"File", "b", "pve"}, failure("missing-secret", "no b")}};
  EXPECT_EQ(missing_for(missing, {}).all().size(), 2U) << "each place once";
  EXPECT_EQ(missing_for(missing, Selection::parse({"File/b@pve"}).value()).all().size(), 1U);
  EXPECT_TRUE(missing_for(missing, Selection::parse({"File/motd@pve"}).value()).empty());
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
  EXPECT_EQ(secret_key(file).error().rule, "no-secret-key");
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
