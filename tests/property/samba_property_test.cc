// smb.conf as people write it, read as testparm(1) reads it, the reader of whoever runs Samba; and edited so that testparm
// finds what was to change, and nothing else, to be different.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "providers/samba/parameters.h"
#include "providers/samba/smb_conf.h"
#include "reconciler/transport/operation.h"
#include "tests/fakes/temporary_folder.h"

namespace hearth {
namespace {

template <typename T>
T pick(std::vector<T> values) {
  return *rc::gen::elementOf(std::move(values));
}

// A parameter's spellings, and values that it may have.
struct Sample {
  std::string name;
  std::vector<std::string> spellings;
  std::vector<std::string> values;
};

const std::vector<Sample>& samples() {
  const std::vector<std::string> yes_no{"yes", "no", "True", "FALSE", "1", "0", "on", "Off"};
  static const std::vector<Sample> all{
      {"path", {"path", "Directory", "PATH"}, {"/srv/a", "/srv//b", "/srv/my files", "/srv/c/"}},
      {"comment", {"comment", "Comment"}, {"one", "two  words", "a ; b", "x = y", "it's \"here\""}},
      {"read only", {"read only", "readonly", "Read  Only"}, yes_no},
      {"read only", {"writable", "writeable", "Write OK"}, yes_no},
      {"guest ok", {"guest ok", "public", "GuestOK", "guest\tok"}, yes_no},
      {"browseable", {"browseable", "browsable"}, yes_no},
      {"create mask", {"create mask", "create mode"}, {"0640", "600", "0777", "00755"}},
      {"directory mask", {"directory mask", "Directory Mode"}, {"0750", "700"}},
      {"valid users", {"valid users"}, {"alice", "alice bob", "alice,bob", " bob ;  @us", "\"a b\" c", ""}},
      {"hosts allow", {"hosts allow", "allow hosts"}, {"10.0.0.0/8", "127. 10.", "all except 10.0.0.1"}},
      {"vfs objects", {"vfs objects", "vfs object"}, {"fruit streams_xattr", "recycle", "catia, fruit"}},
      {"strict locking", {"strict locking"}, {"Auto", "yes", "NO"}},
      {"force group", {"force group", "group"}, {"users", "+us"}},
      {"fruit:metadata", {"fruit:metadata", "fruit : metadata", "Fruit:Metadata"}, {"stream", "netatalk"}},
      {"workgroup", {"workgroup", "work group"}, {"HOME", "LAB"}},
      {"map to guest", {"map to guest"}, {"Bad User", "never", "bad password"}},
      {"server min protocol", {"server min protocol", "min protocol"}, {"SMB2", "smb3", "NT1", "SMB2_10"}},
      {"server signing", {"server signing"}, {"auto", "mandatory", "disabled", "required", "default"}},
      {"max log size", {"max log size"}, {"100", "0"}},
  };
  return all;
}

std::string blanks() {
  return pick<std::string>({"", " ", "\t", "   "});
}

// Where values hold blanks, a line may go on.
std::string maybe_continued(std::string value) {
  const std::size_t blank = value.find(' ');
  if (blank != std::string::npos && pick<int>({0, 0, 1}) == 1)
    value.insert(blank + 1, pick<std::string>({"\\\n", "\\\n   ", "\\ \n"}));
  return value;
}

std::string statement() {
  const Sample sample = pick(samples());
  return blanks() + pick(sample.spellings) + pick<std::string>({"=", " = ", "  =\t"}) +
         maybe_continued(pick(sample.values)) + pick<std::string>({"", " ", "\r"});
}

std::string some_lines(const std::string& include) {
  std::string text;
  const int count = *rc::gen::inRange(0, 14);
  for (int i = 0; i < count; ++i) {
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        text += blanks() + pick<std::string>(
                               {"[global]", "[ Global ]", "[GLOBALS]", "[a]", "[A]", "[b]", "[Two words]"});
        break;
      case 1:
        text += blanks() +
                pick<std::string>({"; a comment = no", "# [b]", "", "says nothing", ";", "# goes on \\"});
        break;
      case 2:
        text += include.empty()
                    ? std::string(";")
                    : pick<std::string>({"include = " + include, "include = /none", "copy = a", "Copy=b"});
        break;
      default: text += statement();
    }
    text += "\n";
  }
  if (!text.empty() && *rc::gen::arbitrary<bool>()) text.pop_back();
  return text;
}

// What counts: by section, by parameter, in one form. Nothing where there is no such section.
using Meaning = std::map<std::string, std::map<std::string, std::string>>;

class Testparm {
 public:
  bool exists() { return run("") && !plain_.empty(); }

  // As testparm says it.
  Meaning meaning(const std::string& text) {
    if (plain_.empty()) plain_ = shown("")["global"];
    std::map<std::string, std::map<std::string, std::string>> told = shown(text);
    Meaning out;
    for (const auto& [section, values] : told) {
      for (const Sample& sample : samples()) {
        const SmbParameter parameter = smb_parameter(sample.name);
        const auto own = values.find(parameter.key);
        const auto global = told["global"].find(parameter.key);
        if (own != values.end()) {
          out[section][parameter.key] = own->second;
        } else if (section == "global" || parameter.of_shares) {
          out[section][parameter.key] = global == told["global"].end() ? "" : global->second;
        }
      }
    }
    return out;
  }

  // As hearth reads it.
  Meaning read(const SmbConf& conf) {
    Meaning out;
    std::vector<std::string> sections{"global"};
    for (const auto& [key, section] : conf.sections) {
      if (key != "global") sections.push_back(key);
    }
    for (const std::string& section : sections) {
      for (const Sample& sample : samples()) {
        const SmbParameter parameter = smb_parameter(sample.name);
        if (section != "global" && !parameter.of_shares) continue;
        const SmbSetting* setting = find_smb_setting(conf, section, parameter.key);
        out[section][parameter.key] = setting == nullptr ? plain_[parameter.key] : setting->value;
      }
    }
    return out;
  }

  std::string include() const { return folder_ / "more.conf"; }
  void write_include(const std::string& text) { std::ofstream(include()) << text; }

 private:
  bool run(const std::string& text) {
    const std::string file = folder_ / "smb.conf";
    const std::string out = folder_ / "out";
    std::ofstream(file) << text;
    const std::string command = "testparm -sv '" + file + "' </dev/null >'" + out + "' 2>'" + out + ".err'";
    if (std::system(command.c_str()) == 127 * 256) return false;
    if (text.empty()) plain_ = parse(out)["global"];
    return true;
  }

  static Meaning parse(const std::string& file) {
    Meaning out;
    std::ifstream in(file);
    std::string section;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("[") && line.ends_with("]")) {
        section = smb_section_key(line.substr(1, line.size() - 2));
        out[section];
      }
      const std::size_t equals = line.find(" =");
      if (!line.starts_with("\t") || equals == std::string::npos) continue;
      const SmbParameter parameter = smb_parameter(line.substr(1, equals - 1));
      const std::string value = line.size() > equals + 3 ? line.substr(equals + 3) : "";
      out[section][parameter.key] = smb_canonical(parameter, value);
    }
    return out;
  }

  Meaning shown(const std::string& text) {
    run(text);
    return parse(folder_ / "out");
  }

  TemporaryFolder folder_;
  std::map<std::string, std::string> plain_;  // what holds where nobody says anything
};

std::string told(const Meaning& meaning) {
  std::ostringstream out;
  for (const auto& [section, values] : meaning) {
    out << "[" << section << "]";
    for (const auto& [key, value] : values) out << " " << key << "=" << value << ";";
    out << "\n";
  }
  return out.str();
}

class SambaProperty : public testing::Test {
 protected:
  void SetUp() override {
    if (!testparm_.exists()) GTEST_SKIP() << "testparm is not installed (samba-common-bin)";
  }
  Testparm testparm_;
};

TEST_F(SambaProperty, AFileIsReadAsTestparmReadsIt) {
  EXPECT_TRUE(rc::check([&] {
    const std::string more = some_lines("");
    testparm_.write_include(more);
    const std::string text = some_lines(testparm_.include());
    const SmbConf conf = read_smb_conf(text, {{testparm_.include(), more}});
    RC_PRE(conf.trouble.empty());
    RC_LOG() << text << "\n---- included:\n" << more << "\n----\n";
    const std::string expected = told(testparm_.meaning(text));
    RC_ASSERT(told(testparm_.read(conf)) == expected);
  }));
}

std::vector<std::string> comments_of(const std::string& text) {
  std::vector<std::string> out;
  for (const std::string& line : read_smb_conf(text).lines) {
    const std::size_t first = line.find_first_not_of(" \t");
    if (first != std::string::npos && (line[first] == ';' || line[first] == '#')) out.push_back(line);
  }
  return out;
}

TEST_F(SambaProperty, AnEditChangesWhatItIsToChangeAndNothingElse) {
  EXPECT_TRUE(rc::check([&] {
    const std::string text = some_lines("");
    const SmbConf conf = read_smb_conf(text);
    const auto section = pick<std::string>({"global", "a", "b", "two words", "new"});
    const Sample sample = pick(samples());
    const SmbParameter parameter = smb_parameter(sample.name);
    RC_PRE(section == "global" || parameter.of_shares);
    const std::string value = smb_canonical(smb_parameter(sample.spellings.front()), pick(sample.values));
    RC_PRE(!value.empty());
    RC_LOG() << text << "\n---- " << section << ": " << parameter.name << " = " << value << "\n";
    std::string after = text;
    for (const SmbEdit& edit : edit_smb_section(conf, section, {{parameter.name, value}})) {
      const auto next =
          with_lines_replaced(after, ReplaceLines{"/smb.conf", edit.old_lines, edit.new_lines, "["});
      RC_ASSERT(next.has_value());
      after = *next;
    }
    RC_LOG() << after << "\n";
    RC_ASSERT(comments_of(after) == comments_of(text));
    Meaning expected = testparm_.meaning(text);
    Meaning now = testparm_.meaning(after);
    RC_ASSERT(now[section][parameter.key] == value);
    // What [global] says of shares is what they begin with: there the edit reaches further, as it should.
    RC_PRE(section != "global" || !parameter.of_shares);
    if (!expected.contains(section)) expected[section] = expected["global"];
    expected[section][parameter.key] = value;
    for (auto& [name, values] : now) {
      for (const auto& [key, said] : values) RC_ASSERT(expected[name][key] == said);
    }
  }));
}

}  // namespace
}  // namespace hearth
