#include "reconciler/secrets/secret_places.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "reconciler/secrets/age.h"
#include "reconciler/transport/process.h"
#include "tests/fakes/temporary_folder.h"

namespace hearth {
namespace {

class Store : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& content, mode_t mode = 0600) {
    std::filesystem::create_directories(std::filesystem::path(folder_ / path).parent_path());
    std::ofstream(folder_ / path, std::ios::binary) << content;
    ::chmod((folder_ / path).c_str(), mode);
  }
  Result<SecretText> resolve(const std::string& name) const { return SecretPlaces(sources_).resolve(name); }
  std::string found(const std::string& name) const {
    const auto text = resolve(name);
    return text ? std::string(text->reveal()) : text.error().to_string();
  }
  TemporaryFolder folder_;
  SecretSources sources_{folder_ / "credentials", folder_ / "files", "", "", {}};
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

// What stands in for age: "decrypts" by leaving out the first line, "encrypts" by putting it there, and writes down how it
// was called. What its identity says decides how it fails.
constexpr const char* fake_age = R"(#!/bin/sh
here=${0%/*}
printf '%s\n' "$*" >>"$here/calls"
case $1 in
    --decrypt)
        case $(cat "$3") in
            *other*) echo 'age: error: no identity matched any of the recipients' >&2; exit 1 ;;
            *slow*) exec sleep 60 ;;
            *endless*) exec yes hunter2hunter2 ;;
        esac
        tail -n +2
        ;;
    --encrypt) echo '-----BEGIN AGE ENCRYPTED FILE-----'; cat ;;
esac
)";

class EncryptedStore : public Store {
 protected:
  EncryptedStore() {
    put("fake-age", fake_age, 0700);
    put("age.key", "AGE-SECRET-KEY-FAKE\n");
    sources_.encrypted = folder_ / "manifests/secrets";
    sources_.identity = folder_ / "age.key";
    sources_.age.program = folder_ / "fake-age";
  }
  void encrypted(const std::string& name, const std::string& content) {
    put("manifests/secrets/" + name + ".age", "-----BEGIN AGE ENCRYPTED FILE-----\n" + content, 0644);
  }
  [[nodiscard]] std::string calls() const {
    std::ifstream file(folder_ / "calls");
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_F(EncryptedStore, ReadsWhatTheRepositoryBrings) {
  encrypted("samba/eve", "hunter2hunter2\n");
  EXPECT_EQ(found("samba/eve"), "hunter2hunter2");
  EXPECT_EQ(calls(), "--decrypt --identity " + sources_.identity + "\n") << "the content is no argument";
}

TEST_F(EncryptedStore, WhatTheMachineWasGivenGoesFirst) {
  encrypted("samba/eve", "encrypted");
  ::setenv("HEARTH_SECRET_SAMBA_EVE", "from the environment", 1);
  put("credentials/samba.eve", "a credential", 0440);
  put("files/samba/eve", "from a file");
  const auto places = SecretPlaces(sources_).places_of("samba/eve");
  std::string order;
  for (const SecretPlace& place : places) order += std::string(to_string(place.origin)) + " ";
  EXPECT_EQ(order, "credential file environment encrypted ");
  EXPECT_EQ(found("samba/eve"), "a credential");
  std::filesystem::remove_all(folder_ / "credentials");
  EXPECT_EQ(found("samba/eve"), "from a file");
  std::filesystem::remove_all(folder_ / "files");
  EXPECT_EQ(found("samba/eve"), "from the environment");
  EXPECT_EQ(calls(), "") << "nothing is decrypted that is not used";
  ::unsetenv("HEARTH_SECRET_SAMBA_EVE");
  EXPECT_EQ(found("samba/eve"), "encrypted");
}

TEST_F(EncryptedStore, TheEnvironmentIsReadOnceAndCanThenBeForgotten) {
  ::setenv("HEARTH_SECRET_A", "hunter2", 1);
  const SecretPlaces places(sources_);
  forget_secret_variables();
  EXPECT_EQ(places.resolve("a").value().reveal(), "hunter2");
}

TEST_F(EncryptedStore, WithoutAnIdentityItSaysHowToGetOne) {
  encrypted("a", "hunter2hunter2");
  std::filesystem::remove(sources_.identity);
  const std::string said = found("a");
  EXPECT_NE(said.find("error[unusable-secret]"), std::string::npos) << said;
  EXPECT_NE(said.find("there is no identity to read it with"), std::string::npos) << said;
  EXPECT_NE(said.find("age-keygen -o " + sources_.identity), std::string::npos) << said;
}

TEST_F(EncryptedStore, AnIdentityThatOthersMayReadIsNotUsed) {
  encrypted("a", "hunter2hunter2");
  for (const mode_t mode : {0640U, 0604U, 0601U}) {
    put("age.key", "AGE-SECRET-KEY-FAKE\n", mode);
    const std::string said = found("a");
    EXPECT_NE(said.find("chmod 600 " + sources_.identity), std::string::npos) << said;
  }
  EXPECT_EQ(calls(), "");
}

TEST_F(EncryptedStore, AnIdentityWithAPassphraseIsNotWaitedFor) {
  encrypted("a", "hunter2hunter2");
  for (const char* begin : {"age-encryption.org/v1\n-> scrypt", "-----BEGIN AGE ENCRYPTED FILE-----\nYWd"}) {
    put("age.key", begin);
    EXPECT_NE(found("a").find("encrypted with a passphrase"), std::string::npos) << found("a");
  }
  EXPECT_EQ(calls(), "");
}

TEST_F(EncryptedStore, SaysThatTheIdentityIsTheWrongOne) {
  encrypted("a", "hunter2hunter2");
  put("age.key", "other");
  EXPECT_NE(found("a").find("a.age: it is not encrypted to the identity in " + sources_.identity),
            std::string::npos)
      << found("a");
}

TEST_F(EncryptedStore, DoesNotWaitForEver) {
  encrypted("a", "hunter2hunter2");
  put("age.key", "slow");
  sources_.age.timeout = std::chrono::milliseconds(50);
  EXPECT_NE(found("a").find("age did not end within"), std::string::npos) << found("a");
}

TEST_F(EncryptedStore, DoesNotTakeMoreThanASecretMayHave) {
  encrypted("a", "long enough");
  put("age.key", "endless");
  const std::string said = found("a");
  EXPECT_NE(said.find("error[unusable-secret]"), std::string::npos) << said;
  EXPECT_EQ(said.find("hunter2"), std::string::npos) << said;
}

TEST_F(EncryptedStore, SaysThatAgeIsMissing) {
  encrypted("a", "x");
  sources_.age.program = folder_ / "no-such-program";
  EXPECT_NE(found("a").find("apt-get install age"), std::string::npos) << found("a");
  const auto written = sources_.age.encrypt(SecretText("hunter2hunter2"), {"age1anyone"});
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().rule, "age");
}

TEST_F(EncryptedStore, KnowsAllThatLiesAbout) {
  encrypted("samba/eve", "x");
  put("manifests/secrets/README", "no secret");
  put("files/mail/relay", "x");
  put("credentials/age.key", "x");
  sources_.identity = folder_ / "credentials/age.key";
  put("credentials/lab.password", "x");
  std::string all;
  for (const SecretPlace& place : SecretPlaces(sources_).everything())
    all += std::string(to_string(place.origin)) + ":" + place.name + " ";
  EXPECT_EQ(all, "credential:lab.password file:mail/relay encrypted:samba/eve ");
}

TEST_F(EncryptedStore, OnlyWhatIsEncryptedIsTakenForIt) {
  put("fake-age", "#!/bin/sh\ncat\n", 0700);
  const auto text = sources_.age.encrypt(SecretText("hunter2hunter2"), {"age1x"});
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().to_string().find("hunter2"), std::string::npos);
}

TEST(Recipient, IsAPublicKey) {
  EXPECT_EQ(why_no_recipient("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"), "");
  EXPECT_EQ(why_no_recipient("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ eve@desk"), "");
  for (const char* wrong : {"", "age1", "-i", "--help", "/etc/passwd", "eve", "ssh-dss AAAAB3NzaC1kc3MAAACB"})
    EXPECT_NE(why_no_recipient(wrong), "") << wrong;
  const std::string why = why_no_recipient("AGE-SECRET-KEY-1QQQQQ");
  EXPECT_NE(why.find("private key"), std::string::npos);
  EXPECT_EQ(why.find("QQQQQ"), std::string::npos);
}

// ---- The real program

class RealAge : public Store {
 protected:
  void SetUp() override {
    if (!key("age.key", recipient_)) GTEST_SKIP() << "age is not installed";
    sources_.encrypted = folder_ / "secrets";
    sources_.identity = folder_ / "age.key";
  }
  // Makes one; false where there is no age.
  bool key(const std::string& file, std::string& recipient) const {
    ProcessRequest request;
    request.argv = {"age-keygen", "-o", folder_ / file};
    const auto made = run_process(request);
    if (!made || made->exit_code != 0) return false;
    request.argv = {"age-keygen", "-y", folder_ / file};
    recipient = run_process(request).value().out;
    recipient.pop_back();
    return true;
  }
  std::string recipient_;
};

TEST_F(RealAge, ReadsWhatItWroteByteForByte) {
  std::mt19937 random(20);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  for (const std::size_t size : {1U, 2U, 15U, 16U, 100U, 70'000U}) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(1 + random() % 255);
    const auto encrypted = sources_.age.encrypt(SecretText(std::string(bytes)), {recipient_});
    ASSERT_TRUE(encrypted) << encrypted.error().to_string();
    EXPECT_EQ(encrypted->find(bytes.substr(0, 8)), size < 8 ? encrypted->find(bytes) : std::string::npos);
    const auto again = sources_.age.decrypt(*encrypted, sources_.identity);
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_TRUE(again->reveal() == bytes) << size;
  }
}

TEST_F(RealAge, AllRecipientsCanReadItAndNobodyElse) {
  std::string second;
  std::string stranger;
  ASSERT_TRUE(key("second.key", second) && key("stranger.key", stranger));
  const auto encrypted = sources_.age.encrypt(SecretText("hunter2hunter2\n"), {recipient_, second});
  ASSERT_TRUE(encrypted);
  put("secrets/samba/eve.age", *encrypted, 0644);
  EXPECT_EQ(found("samba/eve"), "hunter2hunter2");
  sources_.identity = folder_ / "second.key";
  EXPECT_EQ(found("samba/eve"), "hunter2hunter2");
  sources_.identity = folder_ / "stranger.key";
  EXPECT_NE(found("samba/eve").find("it is not encrypted to the identity in"), std::string::npos)
      << found("samba/eve");
}

TEST_F(RealAge, SaysWhenAFileIsDamaged) {
  put("secrets/a.age", "-----BEGIN AGE ENCRYPTED FILE-----\nbroken\n", 0644);
  const std::string said = found("a");
  EXPECT_NE(said.find("error[unusable-secret]"), std::string::npos) << said;
  EXPECT_NE(said.find("secrets/a.age: "), std::string::npos) << said;
  EXPECT_EQ(said.find("report unexpected"), std::string::npos) << said;
}

}  // namespace
}  // namespace hearth
