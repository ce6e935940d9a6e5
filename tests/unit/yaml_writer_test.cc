#include "reconciler/manifest/yaml_writer.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(YamlWriter, WritesWhatPeopleWouldWrite) {
  const Value document = Map{{"kind", "File"},
                             {"hosts", List{"pve", "Home"}},
                             {"spec", Map{{"path", "/etc/cron.d/acme retry"},
                                          {"mode", "0644"},
                                          {"content", "# daily\n\n1 0 * * *\troot true\n"},
                                          {"empty", ""},
                                          {"open", "no line feed"},
                                          {"twice", "a\nb"},
                                          {"nothing", Map{}},
                                          {"steps", List{Map{{"a", 1}, {"b", true}}, List{"x", "z"}}},
                                          {"password", SecretName{"samba/eve"}}}}};
  EXPECT_EQ(write_yaml(document),
            "kind: File\n"
            "hosts: [pve, Home]\n"
            "spec:\n"
            "  path: /etc/cron.d/acme retry\n"
            "  mode: \"0644\"\n"
            "  content: |\n"
            "    # daily\n"
            "\n"
            "    1 0 * * *\troot true\n"
            "  empty: \"\"\n"
            "  open: no line feed\n"
            "  twice: |-\n"
            "    a\n"
            "    b\n"
            "  nothing: {}\n"
            "  steps:\n"
            "    - a: 1\n"
            "      b: true\n"
            "    - [x, z]\n"
            "  password: {secret: samba/eve}\n");
}

TEST(YamlWriter, QuotesWhatReadersDisagreeOn) {
  for (const char* word : {"no", "On",   "y",  "0755", "1_000", "12:34:56", "1e3",  "2024-01-01", "null",
                           "~",  "true", "5",  ".5",   "- x",   "a: b",     "a #b", "x:",         " x",
                           "x ", "%x",   "@x", "x,y",  "[x]",   "",         "é"}) {
    EXPECT_EQ(write_yaml(word), "\"" + std::string(word) + "\"\n");
  }
  for (const char* word : {"a", "a b", "root", "/etc/motd", "x:y", "getty@tty1.service", "07:30 daily"}) {
    EXPECT_EQ(write_yaml(word), std::string(word) + "\n");
  }
}

TEST(YamlWriter, EscapesWhatNobodySees) {
  EXPECT_EQ(write_yaml("a\r\nb\f\t\"\\"), "\"a\\r\\nb\\x0C\\t\\\"\\\\\"\n");
  EXPECT_EQ(write_yaml("\uFEFFx\u2028"), "\"\\uFEFFx\\u2028\"\n");
}

TEST(YamlWriter, KeepsLineFeedsAtTheEnd) {
  EXPECT_EQ(write_yaml(Map{{"a", "x\n\n"}, {"b", "\n"}, {"c", " x\ny\n"}, {"d", "x\n  \ny\n"}}),
            "a: |+\n  x\n\nb: \"\\n\"\nc: \" x\\ny\\n\"\nd: \"x\\n  \\ny\\n\"\n");
}

}  // namespace
}  // namespace hearth
