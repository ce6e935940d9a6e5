#include <gtest/gtest.h>

#include "providers/host_files/host_files_provider.h"
#include "providers/support/text.h"
#include "reconciler/core/json.h"
#include "tests/fakes/resources.h"

namespace hearth {
namespace {

const HostFilesProvider provider;

Resource file(Map desired) {
  return host_resource("File", "motd", std::move(desired));
}

Live decode(const Resource& resource, Reply reply) {
  return provider.decode(resource, std::span<const Reply>(&reply, 1));
}

const WriteFile& as_write(const std::vector<Step>& steps) {
  EXPECT_EQ(steps.size(), 1U);
  return std::get<WriteFile>(steps.at(0).operation);
}

// ---- File: looking ----

TEST(HostFiles, AsksForTextOnlyWhereItIsDeclared) {
  const auto with = provider.probes(file({{"path", "/etc//motd"}, {"content", "hi\n"}}));
  EXPECT_EQ(with, (std::vector<Probe>{ReadFile{.path = "/etc/motd", .known_sha256 = sha256("hi\n")}}));
  const auto without = provider.probes(file({{"path", "/etc/motd"}, {"mode", "0600"}}));
  EXPECT_EQ(without,
            (std::vector<Probe>{ReadFile{.path = "/etc/motd", .known_sha256 = "", .max_content = 0}}));
}

TEST(HostFiles, SaysWhatItDoesNotKnow) {
  const Live live = decode(file({{"path", "/etc/motd"}}), NoReply{"permission denied"});
  EXPECT_EQ(live.presence, Live::Presence::unknown);
  EXPECT_EQ(live.why, "permission denied");
}

TEST(HostFiles, KnowsEqualTextByItsHash) {
  FileReply reply = regular_file("hi\n");
  reply.content.reset();  // the transport does not send what is known
  const Live live = decode(file({{"path", "/etc/motd"}, {"content", "hi\n"}}), reply);
  EXPECT_EQ(live.fields, (Value(Map{{"path", "/etc/motd"},
                                    {"content", "hi\n"},
                                    {"mode", "0644"},
                                    {"owner", "root"},
                                    {"group", "root"}})));
}

TEST(HostFiles, DescribesWhatCannotBeShown) {
  const Resource resource = file({{"path", "/etc/motd"}, {"content", "hi\n"}});
  FileReply large = regular_file("x");
  large.size = 5 << 20;
  large.content.reset();
  EXPECT_EQ(decode(resource, large).fields.string_or("content", ""),
            "<5242880 bytes, sha256 " + sha256("x") + ">");
  const std::string binary("\0\xff", 2);
  EXPECT_EQ(decode(resource, regular_file(binary)).fields.string_or("content", ""),
            "<2 bytes of other than text, sha256 " + sha256(binary) + ">");
  // A file that reads like a description is not taken at its word.
  const std::string liar = "<5 bytes, sha256 " + sha256("something else") + ">";
  EXPECT_EQ(decode(resource, regular_file(liar)).fields.string_or("content", ""),
            "<" + std::to_string(liar.size()) + " bytes of other than text, sha256 " + sha256(liar) + ">");
}

TEST(HostFiles, WritesOverOnlyWhatItSaw) {
  const Resource resource = file({{"path", "/etc/motd"}, {"content", "hi\n"}});
  FileReply large = regular_file("x");
  large.content.reset();
  const std::string binary("\0\xff", 2);
  const std::string liar = "<5 bytes, sha256 " + sha256("something else") + ">";
  const std::vector<std::pair<FileReply, std::string>> cases = {
      {FileReply{}, "absent"}, {regular_file("old\n"), sha256("old\n")}, {regular_file(""), sha256("")},
      {large, sha256("x")},    {regular_file(binary), sha256(binary)},   {regular_file(liar), sha256(liar)},
      {link_to("other"), ""},
  };
  for (const auto& [reply, hash] : cases) {
    EXPECT_EQ(as_write(provider.next_steps(resource, decode(resource, reply))).expected_sha256, hash);
  }
}

TEST(HostFiles, ReadsNumbersAndNamesAsTheManifestDoes) {
  FileReply reply = regular_file("");
  reply.uid = 1000;
  reply.owner = "alice";
  EXPECT_EQ(decode(file({{"path", "/f"}, {"owner", "1000"}}), reply).fields.string_or("owner", ""), "1000");
  EXPECT_EQ(decode(file({{"path", "/f"}, {"owner", "alice"}}), reply).fields.string_or("owner", ""), "alice");
  EXPECT_EQ(decode(file({{"path", "/f"}, {"owner", "1001"}}), reply).fields.string_or("owner", ""), "alice");
}

TEST(HostFiles, ReplacesNoDirectoryAndNoDevice) {
  const Resource resource = file({{"path", "/srv"}, {"content", "x"}});
  for (FileReply reply : {directory(), root_owned(FileReply::Type::other, 0600)}) {
    const Live live = decode(resource, reply);
    EXPECT_EQ(live.presence, Live::Presence::unknown);
    EXPECT_NE(live.why.find("/srv"), std::string::npos) << live.why;
    EXPECT_TRUE(provider.next_steps(resource, live).empty());
    EXPECT_TRUE(provider.removal_steps(resource, live).empty());
  }
}

TEST(HostFiles, CannotMakeAFileWithoutText) {
  const Live live = decode(file({{"path", "/opt/agent/.env"}, {"mode", "0600"}}), FileReply{});
  EXPECT_EQ(live.presence, Live::Presence::unknown);
  EXPECT_NE(live.why.find("no `content` is declared"), std::string::npos) << live.why;
}

// ---- File: doing ----

TEST(HostFiles, MakesANewFileWithDefaults) {
  const Resource resource =
      file({{"path", "/etc/motd"}, {"content", "hi\n"}, {"validate", List{"grep", "hi", "{}"}}});
  const auto steps = provider.next_steps(resource, decode(resource, FileReply{}));
  EXPECT_EQ(as_write(steps), (WriteFile{.path = "/etc/motd",
                                        .content = "hi\n",
                                        .mode = "0644",
                                        .owner = "root",
                                        .group = "root",
                                        .check = {"grep", "hi", "{}"},
                                        .expected_sha256 = "absent",
                                        .keep_previous = true}));
  EXPECT_EQ(steps[0].undo, (std::vector<Operation>{RestorePrevious{"/etc/motd"}}));
  EXPECT_EQ(steps[0].effect, Effect::none);
}

TEST(HostFiles, LeavesAttributesThatNobodyDeclared) {
  const Resource resource = file({{"path", "/etc/motd"}, {"content", "hi\n"}, {"mode", "600"}});
  FileReply reply = regular_file("old\n");
  reply.owner = "alice";
  const auto steps = provider.next_steps(resource, decode(resource, reply));
  EXPECT_EQ(as_write(steps).mode, "0600");
  EXPECT_EQ(as_write(steps).owner, "");
  EXPECT_EQ(as_write(steps).group, "");
}

TEST(HostFiles, GivesNoFileALinksMode) {
  const Resource resource = file({{"path", "/etc/motd"}, {"content", "hi\n"}});
  const auto steps = provider.next_steps(resource, decode(resource, link_to("/run/motd")));
  EXPECT_EQ(as_write(steps).mode, "0644");
  EXPECT_EQ(as_write(steps).owner, "root");
}

TEST(HostFiles, ChangesOnlyTheAttributesThatDiffer) {
  const Resource resource = file({{"path", "/f"}, {"mode", "0600"}, {"owner", "alice"}, {"group", "root"}});
  const auto steps = provider.next_steps(resource, decode(resource, regular_file("x")));
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].operation,
            Operation(SetAttributes{.path = "/f", .mode = "0600", .owner = "alice", .group = ""}));
  EXPECT_EQ(
      steps[0].undo,
      (std::vector<Operation>{SetAttributes{.path = "/f", .mode = "0644", .owner = "root", .group = ""}}));
  EXPECT_EQ(Value(steps[0].expects), (Value(Map{{"mode", "0600"}, {"owner", "alice"}})));
}

TEST(HostFiles, DoesNothingWhenNothingDiffers) {
  const Resource resource = file({{"path", "/f"}, {"content", "x"}, {"mode", "644"}, {"owner", "root"}});
  EXPECT_TRUE(provider.next_steps(resource, decode(resource, regular_file("x"))).empty());
}

TEST(HostFiles, RemovesOnlyWhatItWrote) {
  const Resource written = file({{"path", "/f"}, {"content", "x"}});
  const auto steps = provider.removal_steps(written, decode(written, regular_file("x")));
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].operation, (Operation(RemovePath{.path = "/f", .keep_previous = true})));
  EXPECT_EQ(steps[0].undo, (std::vector<Operation>{RestorePrevious{"/f"}}));
  const Resource kept = file({{"path", "/f"}, {"mode", "0600"}});
  EXPECT_TRUE(provider.removal_steps(kept, decode(kept, regular_file("x"))).empty());
  EXPECT_TRUE(provider.removal_steps(written, Live::absent()).empty());
}

// ---- Directory ----

TEST(HostFiles, MakesADirectoryWithDefaults) {
  const Resource resource = host_resource("Directory", "media", {{"path", "/srv/media/"}, {"mode", "2775"}});
  EXPECT_EQ(decode(resource, FileReply{}).presence, Live::Presence::absent);
  const auto steps = provider.next_steps(resource, Live::absent());
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].operation,
            Operation(MakeDirectory{.path = "/srv/media", .mode = "2775", .owner = "root", .group = "root"}));
  EXPECT_EQ(steps[0].undo, (std::vector<Operation>{RemovePath{.path = "/srv/media"}}));
}

TEST(HostFiles, DoesNotTakeALinkOrAFileForADirectory) {
  const Resource resource = host_resource("Directory", "run", {{"path", "/var/run"}});
  EXPECT_NE(decode(resource, link_to("/run")).why.find("symbolic link to /run"), std::string::npos);
  EXPECT_NE(decode(resource, regular_file("")).why.find("is no directory"), std::string::npos);
}

TEST(HostFiles, RemovesADirectoryAsItWas) {
  const Resource resource = host_resource("Directory", "media", {{"path", "/srv/media"}});
  FileReply reply = directory();
  reply.mode = 02770;
  reply.group = "users";
  const auto steps = provider.removal_steps(resource, decode(resource, reply));
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].operation, (Operation(RemovePath{.path = "/srv/media"})));
  EXPECT_EQ(steps[0].undo, (std::vector<Operation>{MakeDirectory{
                               .path = "/srv/media", .mode = "2770", .owner = "root", .group = "users"}}));
}

// ---- Discovery ----

TEST(HostFiles, FindsFilesAndWhoBroughtThem) {
  RunReply reply;
  reply.out = "F 644 root root " + base64("/etc/cron.d/acme retry") + " " + base64("1 0 * * * root true\n") +
              "\nP e2fsprogs: /etc/cron.d/e2scrub_all\nF 755 root adm " + base64("/etc/cron.d/e2scrub_all") +
              " " + base64("x\n") + "\nF 600 root root " + base64("/etc/cron.d/binary") + " " +
              base64(std::string_view("\0", 1)) + "\ngarbage\nF 644 root root " +
              base64("/etc/cron.d/empty") + " \nF 644 root root " + base64("/usr/local/bin/big") +
              " large\nX " + base64("/usr/local/bin/link") + " a symbolic link to /opt/x y\n";
  const Reply replies[] = {reply};
  const auto found = provider.discover("File", replies);
  ASSERT_EQ(found.size(), 6U);
  EXPECT_EQ(found[0].name, "etc-cron.d-acme-retry");
  EXPECT_EQ(found[0].remark, "");
  EXPECT_EQ(found[0].owner, "");
  EXPECT_EQ(found[0].spec, (Value(Map{{"path", "/etc/cron.d/acme retry"},
                                      {"content", "1 0 * * * root true\n"},
                                      {"mode", "0644"},
                                      {"owner", "root"},
                                      {"group", "root"}})));
  EXPECT_EQ(found[1].owner, "e2fsprogs");
  EXPECT_EQ(found[1].spec.string_or("mode", ""), "0755");
  // What no manifest can hold is said, and its mode can still be declared.
  EXPECT_EQ(found[2].spec.find("content"), nullptr);
  EXPECT_EQ(found[2].spec.string_or("mode", ""), "0600");
  EXPECT_NE(found[2].remark.find("no text"), std::string::npos);
  EXPECT_EQ(found[3].spec.string_or("content", "?"), "");
  EXPECT_NE(found[4].remark.find("64 KiB"), std::string::npos);
  EXPECT_TRUE(found[5].spec.is_null());
  EXPECT_EQ(found[5].remark, "a symbolic link to /opt/x y");
}

TEST(HostFiles, FindsDirectories) {
  RunReply reply;
  reply.out = "F 2775 root users " + base64("/srv/media") + " -\n";
  const Reply replies[] = {reply};
  const auto found = provider.discover("Directory", replies);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].spec,
            (Value(Map{{"path", "/srv/media"}, {"mode", "2775"}, {"owner", "root"}, {"group", "users"}})));
  EXPECT_TRUE(provider.discover("Directory", {}).empty());
}

// ---- What providers share ----

TEST(ProviderText, WritesModes) {
  EXPECT_EQ(mode_text(0), "0000");
  EXPECT_EQ(mode_text(04755), "4755");
}

TEST(ProviderText, DecodesBase64) {
  for (const std::string text : {"", "a", "ab", "abc", "abcd", "\xff\x00\x10"})
    EXPECT_EQ(from_base64(base64(text)), text);
  for (const char* bad : {"a", "ab", "abc", "ab!=", "=abc", "ab=c", "====", "abcd="}) {
    EXPECT_EQ(from_base64(bad), std::nullopt) << bad;
  }
}

TEST(ProviderText, TellsTextFromOtherBytes) {
  for (const char* text : {"", "a\tb\r\n", "ü€😀", "\xed\x9f\xbf"}) EXPECT_TRUE(is_text(text)) << text;
  for (const char* other :
       {"\x01", "\x7f", "\xff", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    EXPECT_FALSE(is_text(other));
  }
}

TEST(ProviderText, MakesNamesFit) {
  EXPECT_EQ(fit_name("/etc/cron.d/a b"), "etc-cron.d-a-b");
  EXPECT_EQ(fit_name("getty@tty1"), "getty-tty1");
}

// What would shut everybody out is not to wait until sshd starts the next time.
TEST(HostFiles, HasSshdReadItsConfigurationAtOnce) {
  const auto steps = provider.next_steps(
      file({{"path", "/etc/ssh/sshd_config.d/50-a.conf"}, {"content", "UseDNS no\n"}}), Live::absent());
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(std::get<WriteFile>(steps[0].operation).check,
            (std::vector<std::string>{"sshd", "-t", "-f", "{}"}));
  const auto& reload = std::get<ControlUnit>(steps[1].operation);
  EXPECT_EQ(reload.verb, ControlUnit::Verb::try_reload);
  EXPECT_EQ(steps[1].effect, Effect::reload);
  EXPECT_EQ(steps[1].undo, (std::vector<Operation>{reload}));
  // sshd reads no such file.
  EXPECT_EQ(provider
                .next_steps(file({{"path", "/etc/ssh/sshd_config.d/50-a.conf.bak"}, {"content", "x"}}),
                            Live::absent())
                .size(),
            1U);
}

TEST(HostFiles, HasSudoersCheckedAlsoUnasked) {
  const auto check = [](Map desired) {
    return as_write(provider.next_steps(file(std::move(desired)), Live::absent())).check;
  };
  EXPECT_EQ(check({{"path", "/etc/sudoers.d/eve"}, {"content", "x"}}),
            (std::vector<std::string>{"visudo", "-c", "-f", "{}"}));
  EXPECT_EQ(check({{"path", "/etc/sudoers.d/eve"}, {"content", "x"}, {"validate", List{"true"}}}),
            (std::vector<std::string>{"true"}))
      << "the manifest knows better";
  EXPECT_EQ(check({{"path", "/etc/motd"}, {"content", "x"}}), (std::vector<std::string>{}));
}

}  // namespace
}  // namespace hearth
