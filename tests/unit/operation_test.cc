#include "reconciler/transport/operation.h"

#include <gtest/gtest.h>

#include "reconciler/core/digest.h"
#include "reconciler/core/json.h"

namespace hearth {
namespace {

using std::chrono::seconds;

TEST(Operation, ReadsAsOneLine) {
  const std::string hash = sha256("hello\n").substr(0, 12);
  EXPECT_EQ(
      to_string(Operation(WriteFile{
          .path = "/etc/motd", .content = "hello\n", .mode = "0644", .owner = "root", .group = "root"})),
      "write /etc/motd (6 bytes, 0644 root:root, sha256 " + hash + ")");
  EXPECT_EQ(to_string(Operation(
                WriteFile{.path = "/etc/a b", .content = "hello\n", .check = {"visudo", "-cf", "{}"}})),
            "write '/etc/a b' (6 bytes, sha256 " + hash + "), checked by: visudo -cf {}");
  EXPECT_EQ(to_string(Operation(SetAttributes{.path = "/a", .mode = "0600", .group = "adm"})),
            "set /a to 0600 :adm");
  EXPECT_EQ(to_string(Operation(MakeDirectory{.path = "/a"})), "make directory /a");
  EXPECT_EQ(to_string(Operation(ReplaceLines{"/a", {"b c"}, {"d", "e"}})), "edit /a: 'b c' becomes d e");
  EXPECT_EQ(to_string(Operation(ReplaceLines{"/a", {}, {"d"}})), "edit /a: nothing becomes d");
  EXPECT_EQ(to_string(Operation(ReplaceLines{"/a", {}, {"d"}, "", {"check", "{}"}})),
            "edit /a: nothing becomes d, checked by: check {}");
  EXPECT_EQ(to_string(Operation(DeleteOldFiles{"/a", 77, 3})),
            "delete at most 3 files below /a that were last modified at or before @77");
  EXPECT_EQ(to_string(Operation(RemovePath{"/a"})), "remove /a");
  EXPECT_EQ(to_string(Operation(RestorePrevious{"/a"})), "put back the previous /a");
  EXPECT_EQ(to_string(Operation(ForgetPrevious{"/a"})), "forget the previous /a");
  EXPECT_EQ(to_string(Operation(ControlUnit{.verb = ControlUnit::Verb::restart,
                                            .unit = "smbd.service",
                                            .settle = std::chrono::milliseconds(500)})),
            "systemctl restart smbd.service, then up for 500 ms");
  EXPECT_EQ(to_string(Operation(ControlUnit{.verb = ControlUnit::Verb::daemon_reload})),
            "systemctl daemon-reload");
  EXPECT_EQ(to_string(Operation(RunCommand{{"echo", "it's", "", "line\nbreak"}})),
            "run echo 'it'\\''s' '' 'line\\x0abreak'");
  EXPECT_EQ(to_string(Operation(TakeLease{"secret-token", "me@here", seconds(30)})),
            "take the lease for 30 s as me@here");
  EXPECT_EQ(to_string(Operation(RenewLease{"secret-token", seconds(30)})), "renew the lease for 30 s");
  EXPECT_EQ(to_string(Operation(ReleaseLease{"secret-token"})), "release the lease");
  EXPECT_EQ(to_string(Probe(ReadFile{"/a"})), "read /a");
  EXPECT_EQ(to_string(Probe(ListDirectory{"/a"})), "list /a");
  EXPECT_EQ(to_string(Probe(QueryUnit{"a.service", {}})), "query a.service");
  EXPECT_EQ(to_string(Probe(RunProbe{{"df", "/"}})), "run df /");
  EXPECT_EQ(to_string(Probe(CountOldFiles{"/a", seconds(9)})), "count files older than 9 s below /a");
}

TEST(Operation, DoesNotPrintContents) {
  EXPECT_EQ(to_string(Operation(WriteFile{.path = "/a", .content = "password"})).find("password"),
            std::string::npos);
}

TEST(Operation, ItsValueHoldsAllOfIt) {
  EXPECT_EQ(
      to_json(to_value(WriteFile{.path = "/a",
                                 .content = "x\n",
                                 .mode = "0600",
                                 .owner = "o",
                                 .group = "g",
                                 .check = {"c", "{}"},
                                 .expected_sha256 = "absent",
                                 .keep_previous = true})),
      R"({"operation":"writeFile","path":"/a","content":"x\n","mode":"0600","owner":"o","group":"g","check":["c","{}"],"expectedSha256":"absent","keepPrevious":true})");
  EXPECT_EQ(
      to_json(to_value(ControlUnit{.verb = ControlUnit::Verb::reload,
                                   .unit = "u",
                                   .config_files = {"/c"},
                                   .settle = std::chrono::milliseconds(5),
                                   .timeout = seconds(7)})),
      R"({"operation":"controlUnit","verb":"reload","unit":"u","configFiles":["/c"],"settleMs":5,"timeoutS":7})");
  EXPECT_EQ(to_json(to_value(TakeLease{"t", "h", seconds(3)})),
            R"({"operation":"takeLease","token":"t","holder":"h","durationS":3})");
}

TEST(Operation, ContentsThatAreNoTextStayApart) {
  const Value a = to_value(WriteFile{.path = "/a", .content = "\xff"});
  const Value b = to_value(WriteFile{.path = "/a", .content = "\xfe"});
  EXPECT_NE(to_json(a), to_json(b));
  EXPECT_EQ(a.string_or("contentBase64", ""), "/w==");
  for (const char* text : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"}) {
    EXPECT_TRUE(to_value(WriteFile{.path = "/a", .content = text}).as_map().contains("contentBase64"));
  }
  EXPECT_EQ(to_value(WriteFile{.path = "/a", .content = "ü€😀"}).string_or("content", ""), "ü€😀");
}

TEST(Operation, NamesSecretsAndNothingElseOfThem) {
  Content content("password = ");
  content.add(SecretName{"samba/eve"});
  const Operation write = WriteFile{.path = "/etc/a", .content = content, .mode = "0600"};
  EXPECT_EQ(to_string(write), "write /etc/a (with <secret samba/eve>, 0600)");
  EXPECT_EQ(
      to_json(to_value(write)),
      R"({"operation":"writeFile","path":"/etc/a","content":["password = ",{"secret":"samba/eve"}],"mode":"0600"})");
  const Operation run = RunCommand{{"chpasswd"}, std::chrono::seconds(60), content};
  EXPECT_EQ(to_string(run), "run chpasswd with input");
  EXPECT_EQ(
      to_json(to_value(run)),
      R"({"operation":"runCommand","argv":["chpasswd"],"timeoutS":60,"input":["password = ",{"secret":"samba/eve"}]})");
}

TEST(Operation, AnEditSaysWhichLines) {
  EXPECT_EQ(to_json(to_value(ReplaceLines{"/etc/hosts", {"10.0.0.1 a"}, {"10.0.0.1 b", "# c"}})),
            to_json(Map{{"operation", "replaceLines"},
                        {"path", "/etc/hosts"},
                        {"oldLines", List{"10.0.0.1 a"}},
                        {"newLines", List{"10.0.0.1 b", "# c"}}}));
}

}  // namespace
}  // namespace hearth
