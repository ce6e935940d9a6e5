#include "reconciler/transport/reply_parser.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "reconciler/core/digest.h"

namespace hearth {
namespace {

using namespace std::string_literals;
using Status = OperationResult::Status;

const std::string nonce = "0123456789abcdef0123456789abcdef";
const std::string hash_a(64, 'a');

// Builds the two streams as a script would write them.
class Streams {
 public:
  Streams& frame(const std::string& name, const std::string& out, const std::string& code = "0",
                 const std::string& err = "") {
    output_.out += nonce + " b " + name + "\n" + out + nonce + " e " + name + " " + code + "\n";
    output_.err += nonce + " b " + name + "\n" + err + nonce + " e " + name + " " + code + "\n";
    return *this;
  }
  operator const ScriptOutput&() const { return output_; }  // NOLINT(google-explicit-constructor)
  ScriptOutput output_;
};

// The facts of a regular file as find prints them.
std::string regular(const std::string& path) {
  std::string out;
  for (const std::string& field :
       {"f"s, path, "f"s, "644"s, "0"s, "0"s, "root"s, "root"s, "3"s, "1700000000.5"s, ""s}) {
    out += field + '\0';
  }
  return out;
}

std::string why(const Reply& reply) {
  const auto* none = std::get_if<NoReply>(&reply);
  return none != nullptr ? none->why : "(answered)";
}

TEST(ReplyParser, ReadsFiles) {
  const std::vector<Probe> probes{ReadFile{"/a", hash_a}, ReadFile{"/b"}, ReadFile{"/c"}, ReadFile{"/d"}};
  const Streams streams = Streams()
                              .frame("f0", regular("/a") + regular("/b"), "1",
                                     "find: '/c': No such file or directory\nfind: '/d': Permission denied\n")
                              .frame("h0", hash_a + "  /a\n" + sha256("new") + "  /b\n")
                              .frame("c0.1048576", "==> /b <==\nnew");
  const auto replies = parse_replies(probes, nonce, streams);
  const auto& a = std::get<FileReply>(replies[0]);
  EXPECT_EQ(a.sha256, hash_a);
  EXPECT_EQ(a.mode, 0644U);
  EXPECT_EQ(a.modified, 1700000000);
  EXPECT_FALSE(a.content.has_value());
  const auto& b = std::get<FileReply>(replies[1]);
  EXPECT_EQ(b.content, "new");
  EXPECT_EQ(b.sha256, sha256("new"));
  EXPECT_EQ(std::get<FileReply>(replies[2]).type, FileReply::Type::absent);
  EXPECT_EQ(why(replies[3]), "cannot look at /d: Permission denied");
}

TEST(ReplyParser, AFileThatCannotBeReadIsUnknownAlone) {
  const std::vector<Probe> probes{ReadFile{"/a", hash_a}, ReadFile{"/b"}};
  const Streams streams = Streams()
                              .frame("f0", regular("/a") + regular("/b"))
                              .frame("h0", hash_a + "  /a\n", "1", "sha256sum: /b: Input/output error\n");
  const auto replies = parse_replies(probes, nonce, streams);
  EXPECT_EQ(why(replies[0]), "(answered)");
  EXPECT_EQ(why(replies[1]), "cannot read /b: Input/output error");
}

TEST(ReplyParser, AGroupThatTookTooLongIsReadOneByOne) {
  const std::vector<Probe> probes{ReadFile{"/a", hash_a}, ReadFile{"/dead/b"}, ReadFile{"/c"}};
  const Streams streams = Streams()
                              .frame("f0", "", "124")
                              .frame("f0.0", regular("/a"))
                              .frame("h0.0", hash_a + "  /a\n")
                              .frame("f0.1", "", "137")
                              .frame("f0.2", "", "1", "find: '/c': No such file or directory\n");
  const auto replies = parse_replies(probes, nonce, streams);
  EXPECT_EQ(why(replies[0]), "(answered)");
  EXPECT_EQ(why(replies[1]), "/dead/b does not answer: is the file system below it dead?");
  EXPECT_EQ(std::get<FileReply>(replies[2]).type, FileReply::Type::absent);
}

TEST(ReplyParser, AMissingToolIsNotAbsence) {
  const std::vector<Probe> probes{ReadFile{"/a"}, ListDirectory{"/b"}, QueryUnit{"c.service", {}}};
  const std::string missing = "timeout: failed to run command 'x': No such file or directory\n";
  const Streams streams = Streams()
                              .frame("f0", "", "127", missing)
                              .frame("h0", "")
                              .frame("l0", "", "127", missing)
                              .frame("u", "", "mixed")
                              .frame("u.0", "", "127", missing)
                              .frame("i", "")
                              .frame("s0", "");
  for (const Reply& reply : parse_replies(probes, nonce, streams)) {
    EXPECT_NE(why(reply).find("failed to run command"), std::string::npos) << why(reply);
  }
}

constexpr std::string_view shown =
    "Id=a.service\nInvocationID=11\nInactiveExitTimestamp=Thu 2023-11-23 14:28:28.123456 UTC\n"
    "FragmentPath=/lib/a.service\nDropInPaths=/etc/a.d/x.conf \"/etc/a.d/y \\$z.conf\"\n"
    "EnvironmentFiles=/etc/default/a (ignore_errors=yes)\nEnvironmentFiles=/etc/env/*.env "
    "(ignore_errors=no)\n";

std::string input(const std::string& path, const std::string& modified,
                  const std::string& born = "-1.-000000010") {
  return "i\0"s + path + "\0f\0"s + modified + "\0"s + born + "\0"s;
}

TEST(ReplyParser, ReadsUnitsAndTheirInputs) {
  const std::vector<Probe> probes{QueryUnit{"a.service", {"/etc/a.conf"}}, QueryUnit{"none.service", {}}};
  Streams streams;
  const std::string lines = hash_a + "  /lib/a.service\n" + hash_a + "  /etc/a.d/x.conf\n" + hash_a +
                            "  /etc/a.d/y $z.conf\n" + hash_a + "  /etc/env/1.env\n" + hash_a +
                            "  /etc/a.conf\n";
  std::string hashes = lines;  // here they end in zero bytes
  std::replace(hashes.begin(), hashes.end(), '\n', '\0');
  std::string stamp = "invocation 11\n";
  for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1) {
    stamp += (at == 0 ? "own " : "config ") + lines.substr(at, lines.find('\n', at) + 1 - at);
  }
  streams
      .frame("u", std::string(shown) + "\nId=none.service\nLoadState=not-found\nInactiveExitTimestamp=n/a\n")
      .frame("i",
             input("/lib/a.service", "100.0") + input("/etc/a.d/x.conf", "200.25") +
                 input("/etc/a.d/y $z.conf", "1.0") + input("/etc/env/1.env", "3.0", "300.5") +
                 input("/etc/a.conf", "4.0") + input("/other", "999.0") + hashes,
             "1", "find: '/etc/default/a': No such file or directory\n")
      .frame("s0", stamp)
      .frame("s1", "");
  const auto replies = parse_replies(probes, nonce, streams);
  ASSERT_EQ(why(replies[0]), "(answered)");
  const auto& unit = std::get<UnitReply>(replies[0]);
  EXPECT_EQ(unit.property("Id"), "a.service");
  EXPECT_EQ(unit.property("Nonsense"), "");
  EXPECT_EQ(unit.started, 1700749708123456);
  EXPECT_EQ(unit.inputs_modified, 300500000) << "a file can be younger than its content";
  EXPECT_EQ(unit.stamped_invocation, "11");
  EXPECT_EQ(unit.stamped_sha256, unit.inputs_sha256);
  EXPECT_EQ(unit.inputs_sha256.size(), 64U);
  const auto& none = std::get<UnitReply>(replies[1]);
  EXPECT_EQ(none.property("LoadState"), "not-found");
  EXPECT_EQ(none.started, 0);
  EXPECT_EQ(none.stamped_sha256, "");
}

TEST(ReplyParser, AnInputThatCannotBeReadMakesItsUnitUnknown) {
  const std::vector<Probe> probes{QueryUnit{"a.service", {"/etc/secret"}}, QueryUnit{"b.service", {}}};
  const Streams streams = Streams()
                              .frame("u", "Id=a.service\n\nId=b.service\n")
                              .frame("i", "", "1", "find: '/etc/secret': Permission denied\n")
                              .frame("s0", "")
                              .frame("s1", "");
  const auto replies = parse_replies(probes, nonce, streams);
  EXPECT_EQ(why(replies[0]), "cannot read /etc/secret: an input of a.service: Permission denied");
  EXPECT_EQ(why(replies[1]), "(answered)");
}

TEST(ReplyParser, ReadsDirectories) {
  const std::vector<Probe> probes{ListDirectory{"/a"}, ListDirectory{"/none"}, ListDirectory{"/root"}};
  const Streams streams =
      Streams().frame("l0",
                      "/a\0"s + "0\0d\0a\0"s + "/a\0"s + "1\0f\0z\0"s + "/a\0"s + "1\0f\0b\nc\0"s +
                          "/root\0"s + "0\0d\0root\0"s,
                      "1", "find: '/none': No such file or directory\nfind: '/root': Permission denied\n");
  const auto replies = parse_replies(probes, nonce, streams);
  EXPECT_EQ(std::get<ListReply>(replies[0]).names, (std::vector<std::string>{"b\nc", "z"}));
  EXPECT_FALSE(std::get<ListReply>(replies[1]).exists);
  EXPECT_EQ(why(replies[2]), "cannot list /root: Permission denied");
}

TEST(ReplyParser, ReadsCommands) {
  const std::vector<Probe> probes{RunProbe{{"a"}}, RunProbe{{"b"}}, RunProbe{{"c"}}};
  const Streams streams = Streams()
                              .frame("r0", "out\n", "3", "err\n")
                              .frame("r1", "", "124")
                              .frame("r2", "", "125", "timeout: cannot fork\n");
  const auto replies = parse_replies(probes, nonce, streams);
  const auto& run = std::get<RunReply>(replies[0]);
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_EQ(run.out, "out\n");
  EXPECT_EQ(run.err, "err\n");
  EXPECT_EQ(std::get<RunReply>(replies[1]).exit_code, 124);
  EXPECT_EQ(why(replies[2]), "cannot run c: timeout: cannot fork");
}

// Whatever stands in a content is content.
TEST(ReplyParser, ContentsCannotPassForFrames) {
  const std::string other = "fedcba9876543210fedcba9876543210";
  const std::string content = "\n" + other + " e c0 0\n" + other + " b r9\n\0\xff"s;
  const Streams streams = Streams()
                              .frame("f0", regular("/a"))
                              .frame("h0", hash_a + "  /a\n")
                              .frame("c0.1048576", "==> /a <==\n" + content);
  EXPECT_EQ(std::get<FileReply>(parse_replies({ReadFile{"/a"}}, nonce, streams)[0]).content, content);
}

// `head` marks where a content begins, and contents may hold such marks: what counts is the hash.
TEST(ReplyParser, NoFileCanSpeakForAnother) {
  const std::vector<Probe> probes{ReadFile{"/mine"}, ReadFile{"/etc/sudoers"}, ReadFile{"/last"}};
  const std::string forged = "\n==> /etc/sudoers <==\nme ALL=(ALL) ALL\n==> /mine <==\n";
  const std::string sudoers = "root ALL\n";
  const std::string last = "==> /mine <==\nx\n";
  const auto reply_to = [&](const std::string& content_of_mine) {
    return parse_replies(
        probes, nonce,
        Streams()
            .frame("f0", regular("/mine") + regular("/etc/sudoers") + regular("/last"))
            .frame("h0", sha256(forged) + "  /mine\n" + sha256(sudoers) + "  /etc/sudoers\n" + sha256(last) +
                             "  /last\n")
            .frame("c0.1048576", "==> /mine <==\n" + content_of_mine + "\n==> /etc/sudoers <==\n" + sudoers +
                                     "\n==> /last <==\n" + last));
  };
  auto replies = reply_to(forged);
  EXPECT_EQ(std::get<FileReply>(replies[0]).content, forged);
  EXPECT_EQ(std::get<FileReply>(replies[1]).content, sudoers);
  EXPECT_EQ(std::get<FileReply>(replies[2]).content, last);
  // Changed since it was hashed: it is unknown, and only it.
  replies = reply_to(forged + "y");
  EXPECT_EQ(why(replies[0]), "cannot read /mine: it changed while it was read");
  EXPECT_EQ(std::get<FileReply>(replies[1]).content, sudoers);
  EXPECT_EQ(std::get<FileReply>(replies[2]).content, last);
}

TEST(ReplyParser, ContentsBeyondTheLimitAreNotShown) {
  const std::vector<Probe> probes{ReadFile{"/a", "", 4}, ReadFile{"/b", "", 4}, ReadFile{"/c", "", 4}};
  const Streams streams = Streams()
                              .frame("f0", regular("/a") + regular("/b") + regular("/c"))
                              .frame("h0", hash_a + "  /a\n" + sha256("1234") + "  /b\n" + hash_a + "  /c\n")
                              .frame("c0.4", "==> /a <==\n12345\n==> /b <==\n1234\n==> /c <==\nabcde");
  const auto replies = parse_replies(probes, nonce, streams);
  EXPECT_EQ(std::get<FileReply>(replies[0]).content, std::nullopt);
  EXPECT_EQ(std::get<FileReply>(replies[0]).sha256, hash_a);
  EXPECT_EQ(std::get<FileReply>(replies[1]).content, "1234");
  EXPECT_EQ(std::get<FileReply>(replies[2]).content, std::nullopt);
}

TEST(ReplyParser, WhatTheKernelMakesUpIsReadAlone) {
  const std::vector<Probe> probes{ReadFile{"/proc/uptime"}, ReadFile{"/a", hash_a}};
  const Streams streams = Streams()
                              .frame("f0", regular("/a"))
                              .frame("h0", hash_a + "  /a\n")
                              .frame("f1", regular("/proc/uptime"))
                              .frame("h1", hash_a + "  /proc/uptime\n")
                              .frame("c1.1048576", "==> /proc/uptime <==\n12.5 30.1\n");
  const auto replies = parse_replies(probes, nonce, streams);
  const auto& uptime = std::get<FileReply>(replies[0]);
  EXPECT_EQ(uptime.content, "12.5 30.1\n");
  EXPECT_EQ(uptime.sha256, sha256("12.5 30.1\n")) << "hash and content always belong together";
}

TEST(ReplyParser, WhatCameBeforeTheStreamsBrokeOffCounts) {
  const std::vector<Probe> probes{RunProbe{{"a"}}, RunProbe{{"b"}}};
  const ScriptOutput whole = Streams().frame("r0", "first", "0", "warning").frame("r1", "second");
  for (std::size_t cut_out = 0; cut_out <= whole.out.size(); ++cut_out) {
    for (const std::size_t cut_err :
         {std::size_t{0}, whole.err.size() / 3, whole.err.size() / 2, whole.err.size()}) {
      const ScriptOutput part{whole.out.substr(0, cut_out), whole.err.substr(0, cut_err)};
      const auto replies = parse_replies(probes, nonce, part, "", "cable cut");
      for (std::size_t i = 0; i < 2; ++i) {
        if (const auto* run = std::get_if<RunReply>(&replies[i])) {
          EXPECT_EQ(run->out, i == 0 ? "first" : "second");
          EXPECT_EQ(run->err, i == 0 ? "warning" : "");
        } else {
          EXPECT_EQ(why(replies[i]), "the answer broke off: cable cut");
        }
      }
    }
  }
  EXPECT_EQ(why(parse_replies(probes, nonce, whole)[1]), "(answered)");
}

TEST(ReplyParser, ReadsResults) {
  const Streams streams =
      Streams().frame("0", "").frame("1", "line 3\r\nis wrong\r\n", "check").frame("3", "", "done");
  ScriptOutput output = streams;
  const std::string done = "e 0 0";
  output.out.replace(output.out.find(done), done.size(), "e 0 done");
  const auto results = parse_results({3}, nonce, output).at(0);
  EXPECT_EQ(results[0].status, Status::done);
  EXPECT_EQ(results[1].status, Status::failed);
  EXPECT_EQ(results[1].code, "check");
  EXPECT_EQ(results[1].output, "line 3\nis wrong") << "sshd ends its lines in its own way";
  EXPECT_EQ(results[2].status, Status::not_sent);
}

// What becomes of one group is nothing to the next.
TEST(ReplyParser, ReadsGroupsApart) {
  const Streams streams = Streams().frame("0", "", "check").frame("2", "", "check");
  const auto groups = parse_results({2, 1}, nonce, ScriptOutput(streams));
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0][0].status, Status::failed);
  EXPECT_EQ(groups[0][1].status, Status::not_sent);
  EXPECT_EQ(groups[1][0].status, Status::failed);
}

TEST(ReplyParser, AnOperationWithoutAnAnswerIsUnknown) {
  ScriptOutput output = Streams().frame("0", "", "done");
  output.out += nonce + " b 1\n";
  output.err += nonce + " b 1\n";
  const auto results = parse_results({3}, nonce, output, "cable cut").at(0);
  EXPECT_EQ(results[0].status, Status::done);
  EXPECT_EQ(results[1].status, Status::unknown);
  EXPECT_EQ(results[1].output, "cable cut");
  EXPECT_EQ(results[2].status, Status::unknown) << "nobody can know that it was not begun";
}

TEST(ReplyParser, KnowsWhetherTheScriptRan) {
  EXPECT_FALSE(has_begun("sudo: a password is required\n", nonce));
  EXPECT_TRUE(has_begun("Welcome!\n" + nonce + " hello\n", nonce));
  EXPECT_FALSE(has_ended(nonce + " hello\n", nonce));
  EXPECT_TRUE(has_ended(nonce + " hello\n" + nonce + " bye\n", nonce));
}

TEST(ReplyParser, ImpossibleProbesAreAnsweredWithoutBeingAsked) {
  const std::vector<Probe> probes{ReadFile{"relative"},
                                  ReadFile{"/nul\0byte"s},
                                  QueryUnit{"a*", {}},
                                  QueryUnit{"", {}},
                                  RunProbe{{}},
                                  RunProbe{{"-x"}},
                                  QueryUnit{"a.service", {"relative"}}};
  for (const Reply& reply : parse_replies(probes, nonce, ScriptOutput{})) {
    EXPECT_NE(why(reply), "(answered)");
    EXPECT_EQ(why(reply).find("broke off"), std::string::npos) << why(reply);
  }
}

}  // namespace
}  // namespace hearth
