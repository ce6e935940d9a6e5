#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "reconciler/core/json.h"
#include "reconciler/manifest/yaml_reader.h"
#include "reconciler/manifest/yaml_writer.h"

namespace hearth {
namespace {

// Pieces that YAML, or a reader of an older YAML, takes for something else, and what real files are made of.
const std::vector<std::string>& pieces() {
  static const std::vector<std::string> all = {"no",
                                               "on",
                                               "0755",
                                               "1_000",
                                               "12:34:56",
                                               "1e3",
                                               ".inf",
                                               "2024-01-01",
                                               "null",
                                               "~",
                                               "true",
                                               "<<",
                                               "=",
                                               "0x1F",
                                               "a",
                                               "b c",
                                               " ",
                                               "  ",
                                               "\t",
                                               "\n",
                                               "\n\n",
                                               "\r\n",
                                               "\f",
                                               "#",
                                               " # no",
                                               ": ",
                                               ":",
                                               "-",
                                               "- ",
                                               "? ",
                                               "---",
                                               "...",
                                               "|",
                                               ">",
                                               "{",
                                               "}",
                                               "[",
                                               "]",
                                               ",",
                                               "&a",
                                               "*a",
                                               "!t",
                                               "%YAML",
                                               "@",
                                               "`",
                                               "\"",
                                               "'",
                                               "\\",
                                               "\\n",
                                               "${host.name}",
                                               "ü",
                                               "日本",
                                               "😀",
                                               "\u0085",
                                               "\u2028",
                                               "\uFEFF",
                                               "\u00A0",
                                               "[Service]\n",
                                               "K=V\n",
                                               "* * * * * root x\n",
                                               "/etc/cron.d/a b",
                                               "x:y",
                                               "\x01",
                                               "\x7F",
                                               "0o7",
                                               "+1",
                                               "-0",
                                               "Yes",
                                               "\nfoo: bar\n"};
  return all;
}

std::string any_text(int most) {
  std::string text;
  const int count = *rc::gen::inRange(0, most);
  for (int i = 0; i < count; ++i) text += *rc::gen::elementOf(pieces());
  return text;
}

Value any_value(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 8 : 6)) {
    case 0: return nullptr;
    case 1: return *rc::gen::arbitrary<bool>();
    case 2: return *rc::gen::arbitrary<std::int64_t>();
    case 3: {
      const auto real = *rc::gen::arbitrary<double>();
      return std::isfinite(real) && (real == 0 || std::abs(real) >= std::numeric_limits<double>::min()) ? real
                                                                                                        : 0.5;
    }
    case 4:
    case 5: return any_text(8);
    case 6: {
      List list;
      const int count = *rc::gen::inRange(0, 5);
      for (int i = 0; i < count; ++i) list.push_back(any_value(depth - 1));
      return list;
    }
    default: {
      Map map;
      const int count = *rc::gen::inRange(0, 5);
      for (int i = 0; i < count; ++i) map.set(any_text(4), any_value(depth - 1));
      // A map of just that is how a secret is written.
      if (map.size() == 1 && map.contains("secret")) return SecretName{"samba/no"};
      return map;
    }
  }
}

TEST(YamlWriterProperty, WhatIsWrittenIsReadAgain) {
  EXPECT_TRUE(rc::check([] {
    const Value value = any_value(4);
    const std::string text = write_yaml(value);
    RC_LOG() << text;
    Diagnostics diagnostics;
    const auto read = read_yaml(text, "written.yaml", diagnostics);
    RC_LOG() << diagnostics.to_string();
    RC_ASSERT(diagnostics.empty());
    RC_ASSERT(read.size() == 1U);
    RC_LOG() << to_json(read[0]) << "\n" << to_json(value);
    RC_ASSERT(read[0] == value);
    RC_ASSERT(to_json(read[0]) == to_json(value));
  }));
}

// Several of them in one file, as an import writes them.
TEST(YamlWriterProperty, DocumentsStandBehindEachOther) {
  EXPECT_TRUE(rc::check([] {
    const Value first = Map{{"a", any_value(2)}, {"text", any_text(6)}};
    const Value second = Map{{"b", any_text(6)}};
    Diagnostics diagnostics;
    const auto read = read_yaml("# one\n" + write_yaml(first) + "---\n# two\n" + write_yaml(second),
                                "written.yaml", diagnostics);
    RC_ASSERT(diagnostics.empty());
    RC_ASSERT(read.size() == 2U);
    RC_ASSERT(read[0] == first);
    RC_ASSERT(read[1] == second);
  }));
}

}  // namespace
}  // namespace hearth
