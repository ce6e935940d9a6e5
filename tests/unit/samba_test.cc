// smb.conf as Samba reads it, what becomes of it, and Samba's users.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "providers/samba/parameters.h"
#include "providers/samba/smb_conf.h"
#include "providers/samba/user_kind.h"
#include "reconciler/core/digest.h"
#include "reconciler/core/json.h"
#include "reconciler/core/nt_hash.h"
#include "tests/fakes/world.h"

namespace hearth {
namespace {

std::string said(const SmbConf& conf, const std::string& section, std::string_view parameter) {
  const SmbSetting* setting = find_smb_setting(conf, section, smb_parameter(parameter).key);
  return setting == nullptr ? "-" : setting->value;
}

std::string edited(std::string_view text, const std::string& section, const SmbChanges& changes) {
  std::string out(text);
  for (const SmbEdit& edit : edit_smb_section(read_smb_conf(text), section, changes)) {
    const auto next = with_lines_replaced(
        out, ReplaceLines{std::string(smb_conf_path), edit.old_lines, edit.new_lines, "["});
    if (!next) return "moved";
    out = *next;
  }
  return out;
}

std::string removed(std::string_view text, const std::string& section) {
  std::string out(text);
  for (const SmbEdit& edit : remove_smb_section(read_smb_conf(text), section)) {
    const auto next = with_lines_replaced(
        out, ReplaceLines{std::string(smb_conf_path), edit.old_lines, edit.new_lines, "["});
    if (!next) return "moved";
    out = *next;
  }
  return out;
}

TEST(SmbConf, ReadsWhatAPersonWrites) {
  const SmbConf conf = read_smb_conf(
      "; the house\n"
      "Work Group = HOME\n"
      "[ Global ]\n"
      "\t# networks\n"
      "hosts allow = 192.168.1.0/24, \\\n"
      "    127.0.0.1\n"
      "guest ok = TRUE\n"
      "[Photos]\n"
      "  directory = /srv//photos/\n"
      "  Write Able=yes ; no comment, and no boolean\n"
      "  writable = 1\n"
      "  create mode = 640\n"
      "  no equals sign\n"
      "  server string = not of a share\n"
      "[PHOTOS]\n"
      "  public = No\n"
      "[later]\n");
  EXPECT_EQ(conf.trouble, "");
  EXPECT_EQ(said(conf, "global", "workgroup"), "HOME");
  EXPECT_EQ(said(conf, "global", "allow hosts"), "192.168.1.0/24, 127.0.0.1");
  EXPECT_EQ(said(conf, "photos", "path"), "/srv/photos");
  EXPECT_EQ(said(conf, "photos", "read only"), "no");
  EXPECT_EQ(said(conf, "photos", "create mask"), "0640");
  EXPECT_EQ(said(conf, "photos", "guest ok"), "no");
  EXPECT_EQ(said(conf, "photos", "server string"), "-");
  EXPECT_EQ(said(conf, "later", "guest ok"), "yes") << "[global] says what shares begin with";
  EXPECT_EQ(conf.sections.at("photos").blocks.size(), 2U);
}

TEST(SmbConf, ReadsIncludedFilesWhereTheyAreIncluded) {
  const std::string text =
      "[a]\npath = /a\ninclude = /etc/samba/more.conf\nguest ok = no\n[b]\ncopy = a\npath = /b\n";
  const SmbConf conf =
      read_smb_conf(text, {{"/etc/samba/more.conf", "guest ok = yes\ncomment = from there\n"}});
  EXPECT_EQ(said(conf, "a", "guest ok"), "no");
  EXPECT_EQ(said(conf, "a", "comment"), "from there");
  EXPECT_EQ(find_smb_setting(conf, "a", "comment")->file, "/etc/samba/more.conf");
  EXPECT_EQ(said(conf, "b", "comment"), "from there") << "copied";
  EXPECT_EQ(said(conf, "b", "path"), "/b");
  EXPECT_EQ(read_smb_conf("include = /x\n").trouble, "") << "Samba passes over it";
}

TEST(SmbConf, SaysWhyItCannotRead) {
  EXPECT_EQ(read_smb_conf("[a]\n[b\n").trouble, "/etc/samba/smb.conf:2: a section's name has no `]`");
  EXPECT_EQ(read_smb_conf("[a]\nb = c \\\n").trouble,
            "/etc/samba/smb.conf:2: the last line ends in a backslash: take that away");
  EXPECT_NE(read_smb_conf("include = registry\n").trouble, "");
  EXPECT_NE(read_smb_conf("config backend = registry\n").trouble, "");
  EXPECT_NE(read_smb_conf("[a]\n= b\n").trouble, "");
  const std::map<std::string, std::string> included{{"/b", "[b]\n"}, {"/loop", "include = /loop\n"}};
  EXPECT_NE(read_smb_conf("[a]\ninclude = /b\ncomment = whose?\n", included).trouble, "");
  EXPECT_NE(read_smb_conf("include = /loop\n", included).trouble, "");
}

TEST(SmbConf, ChangesOnlyTheLinesThatDiffer) {
  const std::string text =
      "# mine\n[global]\n\tworkgroup=OLD\n\n; the pictures\n[photos]\n  path = /srv/photos   \n  ; nobody "
      "else\n"
      "  writeable =no\n  valid users = a, \\\n    b\n\n# and these\n[docs]\n  path=/srv/docs";
  EXPECT_EQ(edited(text, "photos", {{"read only", "no"}, {"valid users", "c"}, {"guest ok", "no"}}),
            "# mine\n[global]\n\tworkgroup=OLD\n\n; the pictures\n[photos]\n  path = /srv/photos   \n  ; "
            "nobody else\n"
            "  writeable =yes\n  valid users = c\n  guest ok = no\n\n# and these\n[docs]\n  path=/srv/docs");
  EXPECT_EQ(edited(text, "docs", {{"comment", "x"}}), text + "\n  comment = x\n");
  EXPECT_EQ(edited(text, "Photos", {{"valid users", std::nullopt}}),
            "# mine\n[global]\n\tworkgroup=OLD\n\n; the pictures\n[photos]\n  path = /srv/photos   \n  ; "
            "nobody else\n"
            "  writeable =no\n\n# and these\n[docs]\n  path=/srv/docs");
  EXPECT_EQ(edited("a = 1\n", "new", {{"path", "/x"}, {"comment", std::nullopt}}),
            "a = 1\n\n[new]\n   path = /x\n");
  EXPECT_EQ(edited("workgroup = A\n[b]\n", "global", {{"workgroup", "B"}, {"netbios name", "N"}}),
            "workgroup = B\nnetbios name = N\n[b]\n");
  EXPECT_EQ(edited("", "global", {{"workgroup", "B"}}), "[global]\n   workgroup = B\n");
}

TEST(SmbConf, EditsTheBlockThatCounts) {
  const std::string text = "[a]\npath=/1\nguest ok = yes\n[b]\n[A]\npath=/2\n";
  EXPECT_EQ(edited(text, "a", {{"path", "/3"}}), "[a]\npath=/1\nguest ok = yes\n[b]\n[A]\npath=/3\n");
  EXPECT_EQ(edited(text, "a", {{"guest ok", "no"}, {"comment", "c"}}),
            "[a]\npath=/1\nguest ok = no\n[b]\n[A]\npath=/2\ncomment = c\n");
  EXPECT_EQ(edited(text, "a", {{"path", std::nullopt}}), "[a]\nguest ok = yes\n[b]\n[A]\n");
}

TEST(SmbConf, AShareThatBeginsOnceMoreForgetsItsModulesOptions) {
  const std::string text = "[a]\nfruit:metadata = stream\npath = /a\n[A]\n";
  EXPECT_EQ(said(read_smb_conf(text), "a", "fruit:metadata"), "-");
  EXPECT_EQ(said(read_smb_conf(text), "a", "path"), "/a");
  EXPECT_EQ(edited(text, "a", {{"fruit:metadata", "stream"}}),
            "[a]\nfruit:metadata = stream\npath = /a\n[A]\n   fruit:metadata = stream\n");
}

TEST(SmbConf, TellsBlocksApartThatReadTheSame) {
  EXPECT_EQ(edited("x = 1\n[b]\ny\nx = 1\n[c]\n", "global", {{"x", "2"}}), "x = 2\n[b]\ny\nx = 1\n[c]\n");
  EXPECT_EQ(removed("[a]\nx = 1\n;c\n[b]\n[a]\nx = 1\n;c\n[c]\n", "a"), ";c\n[b]\n;c\n[c]\n");
}

TEST(SmbConf, TakesASectionAndLeavesWhatSpeaksOfTheNext) {
  EXPECT_EQ(removed("[a]\n; of a\nx = 1\n\n# of b\n[b]\ny = 2\n", "A"), "\n# of b\n[b]\ny = 2\n");
  EXPECT_EQ(removed("[b]\ny=2\n\n[a]\nx=1\n\n", "a"), "[b]\ny=2\n\n\n");
  EXPECT_EQ(removed("[a]\n[b]\ny=2\n[a]\nz=1\n", "a"), "[b]\ny=2\n");
  EXPECT_EQ(removed("[a]\nx=1\n;one\n[A]\ny\n;two\n", "a"), ";one\n;two\n");
}

TEST(SmbParameters, HaveOneFormForAllThatMeansTheSame) {
  const auto form = [](std::string_view name, std::string_view value) {
    return smb_canonical(smb_parameter(name), value);
  };
  EXPECT_EQ(form("guest ok", "TRUE"), "yes");
  EXPECT_EQ(form("public", "0"), "no");
  EXPECT_EQ(form("write ok", "yes"), "no") << "in the sense of `read only`";
  EXPECT_EQ(form("create mode", "0644"), "0644");
  EXPECT_EQ(form("valid users", " a;b, \"c d\"\te "), "a, b, \"c d\", e");
  EXPECT_EQ(form("path", "\"/srv/my files/\""), "/srv/my files");
  EXPECT_EQ(form("map to guest", "Bad  User"), "baduser");
  EXPECT_EQ(form("server min protocol", "SMB3"), "smb3_11");
  EXPECT_EQ(form("comment", "Yes"), "Yes");
  EXPECT_EQ(form("comment", "two  words"), "two words") << "as Samba has it once it has read it";
  EXPECT_EQ(form("fruit:aapl", "True"), "yes");
  EXPECT_EQ(smb_parameter("VFS object").key, smb_parameter("vfs  Objects").key);
}

TEST(NtHash, IsWhatWindowsMakesOfAPassword) {
  EXPECT_EQ(nt_hash("")->reveal(), "31D6CFE0D16AE931B73C59D7E0C089C0");
  EXPECT_EQ(nt_hash("password")->reveal(), "8846F7EAEE8FB117AD06BDD830B7586C");
  EXPECT_EQ(nt_hash("\xFF"), std::nullopt);
}

TEST(Passdb, IsReadLineByLine) {
  EXPECT_EQ(parse_passdb("U [U] - alice\nU [DU] !keyed:ab bob\nnone\nU U x carol\nU [U] =keyed:cd dora\n"),
            (std::vector<PassdbEntry>{{"alice", true, std::nullopt, ""},
                                      {"bob", false, false, "keyed:ab"},
                                      {"dora", true, true, "keyed:cd"}}));
}

// smb.conf of a host in memory, through the real engine.
class SambaShareTest : public testing::Test {
 protected:
  void declare(const std::string& spec, const std::string& more = "") {
    world_.last = nullptr;
    world_.declare({"pve"}, "kind: SambaShare\nname: Films\nhosts: pve\n" + more + "spec: " + spec + "\n");
    const auto others = world_.host("pve").run;
    world_.host("pve").run = [this, others](const std::vector<std::string>& argv) {
      if (argv.size() == 5 && argv[3] == "hearth-smb-includes") return RunReply{0, included_, ""};
      return others(argv);
    };
  }
  void SetUp() override { world_.declare({"pve"}, ""); }
  void put(const std::string& text) { world_.host("pve").put(std::string(smb_conf_path), text); }
  std::string text() { return world_.host("pve").files.at(std::string(smb_conf_path)).content; }

  // What a plan says: fields that differ, and notes of Samba's.
  std::string told() {
    std::string out;
    for (const Action& action : world_.plan().actions) {
      if (action.type != ActionType::update) out += std::string(to_string(action.type)) + " ";
      for (const Change& change : action.changes) out += change.path + " ";
    }
    for (const Note& note : world_.last->plan.notes) {
      if (note.address.kind != "Node") out += note.text;
    }
    return out;
  }
  // Applies; then nothing is left to do.
  void apply() {
    const ApplyReport report = world_.apply();
    ASSERT_EQ(report.actions.size(), 1U);
    EXPECT_EQ(report.actions[0].outcome, Outcome::done) << report.actions[0].detail;
    EXPECT_EQ(told(), "");
  }

  World world_;
  std::string included_;
};

TEST_F(SambaShareTest, IsComparedByMeaning) {
  put("[FILMS]\nDirectory = /srv/films/\npublic = 0\nWrite OK = TRUE\nvalid users = b;a\ncreate mode = "
      "640\n");
  declare("{path: /srv/films, guestOk: false, writable: true, validUsers: [a, b], createMask: '0640'}");
  EXPECT_EQ(told(), "");
}

TEST_F(SambaShareTest, WithdrawsItsPresetAndLeavesOtherModulesAlone) {
  declare("{path: /srv, preset: apple, recycle: .bin}");
  put("[films]\nvfs objects = full_audit\n");
  EXPECT_EQ(told(), "path preset recycle ");
  apply();
  EXPECT_EQ(text(),
            "[films]\nvfs objects = full_audit, recycle, fruit, streams_xattr\n"
            "fruit:delete_empty_adfiles = yes\nfruit:metadata = stream\nfruit:posix_rename = yes\n"
            "fruit:veto_appledouble = no\nfruit:wipe_intentionally_left_blank_rfork = yes\npath = /srv\n"
            "recycle:repository = .bin\n");
  // What `explain` spells out is what is written.
  const std::string& documented = real_schemas().find("SambaShare")->root().find("preset")->description;
  std::size_t options = 0;
  for (const std::string& line : read_smb_conf(text()).lines) {
    if (!line.starts_with("fruit:")) continue;
    ++options;
    EXPECT_NE(documented.find("`" + line + "`"), std::string::npos) << line;
  }
  EXPECT_EQ(static_cast<std::size_t>(std::count(documented.begin(), documented.end(), '=')), options);
  declare("{path: /srv, preset: null, recycle: null}");
  apply();
  EXPECT_EQ(text(), "[films]\nvfs objects = full_audit\npath = /srv\n");
}

TEST_F(SambaShareTest, ModulesOfFieldsThatAreNotDeclaredStay) {
  put("[films]\npath = /srv\nvfs objects = streams_xattr recycle catia fruit\n");
  declare("{path: /srv, vfsObjects: [catia]}");
  EXPECT_EQ(told(), "");
  declare("{path: /srv, vfsObjects: [readahead]}");
  apply();
  EXPECT_EQ(text(), "[films]\npath = /srv\nvfs objects = readahead, recycle, streams_xattr, fruit\n");
  declare("{path: /srv, recycle: null}");
  apply();
  EXPECT_EQ(text(), "[films]\npath = /srv\nvfs objects = readahead, streams_xattr, fruit\n");
}

TEST_F(SambaShareTest, SettingsHaveOneNameEach) {
  declare("{path: /srv, settings: {public: true}}");
  EXPECT_EQ(told(), "`settings` names `public`, which has a field of its own: declare `guestOk`");
  declare("{path: /srv, settings: {veto files: a, VetoFiles: b}}");
  EXPECT_EQ(told(), "`settings` names `VetoFiles` twice, in two spellings");
  declare("{path: /srv, settings: {include: /etc/more.conf}}");
  EXPECT_NE(told().find("is no setting"), std::string::npos);
}

TEST_F(SambaShareTest, OthersSettingsStayUnlessItIsExclusive) {
  put("[films]\npath = /srv\noplocks = no\nMax Connections = 05\n");
  declare("{path: /srv, settings: {max connections: 5}}");
  EXPECT_EQ(told(), "");
  declare("{path: /srv, settings: {max connections: 5}}", "exclusive: [settings]\n");
  EXPECT_EQ(told(), "settings.oplocks ");
  apply();
  EXPECT_EQ(text(), "[films]\npath = /srv\nMax Connections = 05\n");
  declare("{path: /srv, settings: {max connections: null}}");
  EXPECT_EQ(told(), "settings.max connections ");
  apply();
  EXPECT_EQ(text(), "[films]\npath = /srv\n");
}

TEST_F(SambaShareTest, WhatAnIncludedFileSaysIsRefusedWhereItDiffers) {
  const std::string more = "guest ok = yes\nveto files = x\n";
  put("[films]\npath = /srv\ninclude = /etc/more.conf\n");
  included_ = "F " + base64("/etc/more.conf") + " - " + base64(more) + "\n";
  declare("{path: /srv, guestOk: true, settings: {veto files: x}}");
  EXPECT_EQ(told(), "");
  declare("{path: /srv, guestOk: false}");
  EXPECT_NE(told().find("`guest ok` is set in /etc/more.conf, line 1"), std::string::npos) << told();
  declare("{path: /srv, settings: {veto files: other}}");
  EXPECT_NE(told().find("`veto files` is set in /etc/more.conf, line 2"), std::string::npos) << told();
}

TEST_F(SambaShareTest, WhatCannotBeReadIsLeftAlone) {
  declare("{path: /srv}");
  put("[films\n");
  EXPECT_NE(told().find("/etc/samba/smb.conf:1: a section's name has no `]`"), std::string::npos) << told();
  put("[global]\ninclude = registry\n");
  EXPECT_NE(told().find("registry"), std::string::npos) << told();
  put(std::string("[films]\npath = /srv\xff\n"));
  EXPECT_NE(told().find("other than UTF-8"), std::string::npos) << told();
  world_.host("pve").files[std::string(smb_conf_path)].type = FileReply::Type::symlink;
  EXPECT_NE(told().find("through a link"), std::string::npos) << told();
}

TEST_F(SambaShareTest, SharesOfOneFilePlannedTogetherDoNotGetInEachOthersWay) {
  put("[global]\nworkgroup = A\n[one]\npath = /1\n\n; of two\n[two]\npath = /2");
  world_.declare(
      {"pve"},
      "kind: SambaShare\nhosts: pve\nitems:\n  one: {path: /a}\n  two: {path: /b}\n  three: {path: /c}\n"
      "  four: {path: /d}\n---\nkind: SambaServer\nname: samba\nhosts: pve\nspec: {workgroup: B}\n");
  const ApplyReport report = world_.apply();
  for (const ActionReport& action : report.actions) EXPECT_EQ(action.outcome, Outcome::done) << action.detail;
  EXPECT_EQ(told(), "");
  EXPECT_TRUE(
      text().starts_with("[global]\nworkgroup = B\n[one]\npath = /a\n\n; of two\n[two]\npath = /b\n\n["))
      << text();
}

TEST_F(SambaShareTest, NothingInvalidGoesLive) {
  put("[films]\npath = /srv\n");
  declare("{path: /srv, comment: INVALID}");
  const ApplyReport report = world_.apply();
  EXPECT_EQ(report.actions.at(0).outcome, Outcome::failed);
  EXPECT_EQ(text(), "[films]\npath = /srv\n");
}

// A host whose Samba knows one user.
class SambaUserTest : public testing::Test {
 protected:
  void SetUp() override {
    world_.secret_texts = {{"samba/alice", "correct horse"}};
    world_.declare({"pve"},
                   "kind: SambaUser\nname: alice\nhosts: pve\nspec: {password: {secret: samba/alice}}\n");
    const auto others = world_.host("pve").run;
    world_.host("pve").run = [this, others](const std::vector<std::string>& argv) {
      if (argv.size() == 6 && argv[3] == "hearth-samba-users") {
        if (password_.empty()) return RunReply{0, "", ""};
        const std::string hash(nt_hash(password_)->reveal());
        return RunReply{0, "U [U] " + (argv[5].empty() ? "-" : sha256(argv[5] + hash)) + " alice\n", ""};
      }
      if (argv.size() == 5 && argv[3] == "hearth-samba-user") password_ = "correct horse";
      return others(argv);
    };
  }

  std::string told() {
    const Plan& plan = world_.plan();
    std::string out;
    for (const Action& action : plan.actions) {
      out += std::string(to_string(action.type)) + " " + action.address.to_string();
      for (const Change& change : action.changes)
        out += " " + change.path + (change.secret ? " (secret)" : "");
    }
    for (const Note& note : plan.notes) out += note.text;
    return out;
  }

  World world_;
  std::string password_;
};

TEST_F(SambaUserTest, IsMadeAndThenLeftAlone) {
  EXPECT_EQ(told(), "create SambaUser/alice@pve userName");
  const ApplyReport report = world_.apply();
  EXPECT_EQ(report.actions.at(0).outcome, Outcome::done) << report.actions.at(0).detail;
  EXPECT_EQ(told(), "");
}

TEST_F(SambaUserTest, APasswordChangedByHandIsDriftAndRepaired) {
  password_ = "correct horse";
  EXPECT_EQ(told(), "");
  password_ = "battery staple";
  EXPECT_EQ(told(), "update SambaUser/alice@pve password (secret)");
  world_.apply();
  EXPECT_EQ(password_, "correct horse");
  EXPECT_EQ(told(), "");
}

TEST_F(SambaUserTest, AnUnfitSecretIsSaidAndNothingIsDone) {
  world_.secret_texts["samba/alice"] = "two\nlines";
  world_.connect();
  EXPECT_NE(told().find("line breaks"), std::string::npos) << told();
  EXPECT_TRUE(world_.plan().actions.empty());
}

TEST_F(SambaUserTest, NothingOfAHashIsTold) {
  password_ = "battery staple";
  const Plan& plan = world_.plan();
  ASSERT_EQ(plan.actions.size(), 1U);
  const std::string all = to_json(plan.actions[0].live.fields) + to_json(plan.actions[0].live.fields);
  EXPECT_EQ(all.find(std::string(nt_hash(password_)->reveal())), std::string::npos);
  EXPECT_EQ(all.find("correct horse"), std::string::npos);
}

}  // namespace
}  // namespace hearth
