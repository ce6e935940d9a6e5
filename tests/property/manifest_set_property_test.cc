// Laws of the manifest engine, tried on whatever rapidcheck thinks up.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/core/json.h"
#include "reconciler/manifest/fan_out_report.h"
#include "reconciler/manifest/host_text.h"
#include "reconciler/manifest/manifest_set.h"
#include "reconciler/manifest/merge.h"
#include "tests/fakes/manifest_kinds.h"

namespace hearth {
namespace {

// ---- Merge
// --------------------------------------------------------------------------------------------------------

// Keys say what stands below them (m…: a map, s…: a scalar, l…: a list), as the fields of a schema do: two
// maps made this way never lay a map over a scalar.
Value any_map(int depth) {
  Map map;
  for (char name = 'a'; name < 'e'; ++name) {
    if (*rc::gen::arbitrary<bool>()) continue;
    switch (*rc::gen::inRange(0, depth > 0 ? 3 : 2)) {
      case 0: map.set(std::string("s") + name, *rc::gen::inRange(0, 9)); break;
      case 1: map.set(std::string("l") + name, List{Value(*rc::gen::inRange(0, 9))}); break;
      default: map.set(std::string("m") + name, any_map(depth - 1)); break;
    }
  }
  return map;
}

// Where A and B hold something at one path, what B says counts; everything else of both is there.
void expect_laid_over(const Value& a, const Value& b, const Value& result) {
  for (const auto& member : result.as_map()) {
    const Value* low = a.find(member.key);
    const Value* high = b.find(member.key);
    RC_ASSERT(low != nullptr || high != nullptr);
    if (low != nullptr && high != nullptr && low->is_map() && high->is_map()) {
      expect_laid_over(*low, *high, member.value);
    } else {
      RC_ASSERT(member.value == (high != nullptr ? *high : *low));
    }
  }
  for (const auto& member : a.as_map()) RC_ASSERT(result.find(member.key) != nullptr);
  for (const auto& member : b.as_map()) RC_ASSERT(result.find(member.key) != nullptr);
}

TEST(MergeLaws, EmptyIsIdentity) {
  EXPECT_TRUE(rc::check([] {
    const Value a = any_map(3);
    RC_ASSERT(merge(a, Map{}) == a);
    RC_ASSERT(merge(Map{}, a) == a);
    RC_ASSERT(merge(a, a) == a);
  }));
}

TEST(MergeLaws, LaterWinsAndNothingIsLost) {
  EXPECT_TRUE(rc::check([] {
    const Value a = any_map(3);
    const Value b = any_map(3);
    expect_laid_over(a, b, merge(a, b));
  }));
}

TEST(MergeLaws, MapsMergeAssociatively) {
  EXPECT_TRUE(rc::check([] {
    const Value a = any_map(3);
    const Value b = any_map(3);
    const Value c = any_map(3);
    RC_ASSERT(merge(merge(a, b), c) == merge(a, merge(b, c)));
  }));
}

// ---- ${host.…}
// ----------------------------------------------------------------------------------------------------

// Text out of pieces that mean something, and what they should become.
TEST(HostTextLaws, ReplacesInOnePass) {
  EXPECT_TRUE(rc::check([] {
    Host host;
    host.name = "pve";
    // A value that looks like text to replace, to see that nobody looks.
    host.fields = Map{{"nic", "${host.mac}"}, {"mac", "$${host.nic}"}};
    const std::vector<std::pair<std::string, std::string>> pieces = {{"${host.nic}", "${host.mac}"},
                                                                     {"${host.mac}", "$${host.nic}"},
                                                                     {"$${host.", "${host."},
                                                                     {"${host.name}", "pve"},
                                                                     {"x", "x"},
                                                                     {" ", " "},
                                                                     {"}", "}"},
                                                                     {"{", "{"},
                                                                     {"${other}", "${other}"},
                                                                     {"ü", "ü"},
                                                                     {"host.", "host."}};
    std::string text;
    std::string expected;
    for (const std::size_t piece :
         *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, pieces.size()))) {
      text += pieces[piece].first;
      expected += pieces[piece].second;
    }
    Value spec = Map{{"text", text}};
    FanOutReport report;
    Diagnostics diagnostics;
    RC_ASSERT(
        replace_host_text(spec, {&host, fakes::kinds().find("Node"), "File"}, "spec", report, diagnostics));
    RC_ASSERT(spec.string_or("text", "") == expected);
  }));
}

// ---- Whole sets
// ---------------------------------------------------------------------------------------------------

using Texts = std::vector<std::pair<std::string, std::string>>;

const std::vector<std::string>& host_names() {
  static const std::vector<std::string> names = {"Home", "pve", "agent1", "agent"};
  return names;
}

std::string nodes() {
  std::string out = "kind: Node\nitems:\n";
  for (const auto& name : host_names()) out += "  " + name + ": {address: " + name + ".lan}\n";
  return out;
}

// What a set declares, without positions and without order.
std::set<std::string> declared(const ManifestSet& set) {
  std::set<std::string> out;
  for (const auto& resource : set.resources) {
    std::string line = resource.address.to_string() + " " + to_canonical_json(resource.desired);
    for (const auto& claim : resource.claims) line += " " + claim.to_string();
    std::set<std::string> after;
    for (const auto& dependency : resource.dependencies) after.insert(dependency.on.to_string());
    for (const auto& address : after) line += " after " + address;
    out.insert(line);
  }
  return out;
}

TEST(ManifestSetLaws, OrderOfFilesDoesNotMatter) {
  EXPECT_TRUE(rc::check([] {
    Texts texts = {{"hearth.yaml", "format: 1\n"}, {"nodes.yaml", nodes()}};
    const int count = *rc::gen::inRange(1, 12);
    for (int i = 0; i < count; ++i) {
      const std::string number = std::to_string(i);
      // Below another one's folder, and waiting for one that was declared before: edges of both sorts.
      const std::string above = i == 0 ? "" : "/d" + std::to_string(*rc::gen::inRange(0, i));
      std::string text =
          "kind: Directory\nname: d" + number + "\nhosts: all\nspec: {path: " + above + "/d" + number + "}\n";
      if (i > 0) text += "dependsOn: [Directory/d" + std::to_string(*rc::gen::inRange(0, i)) + "]\n";
      texts.emplace_back("d" + number + ".yaml", text);
    }
    const auto first = load_manifest_texts(texts, fakes::kinds());
    RC_ASSERT(first.complete);
    Texts shuffled;
    while (!texts.empty()) {
      const auto pick = *rc::gen::inRange<std::size_t>(0, texts.size());
      shuffled.push_back(texts[pick]);
      texts.erase(texts.begin() + static_cast<std::ptrdiff_t>(pick));
    }
    const auto second = load_manifest_texts(shuffled, fakes::kinds());
    RC_ASSERT(second.complete);
    RC_ASSERT(declared(first) == declared(second));
    RC_ASSERT(fingerprint(first) == fingerprint(second));
  }));
}

TEST(ManifestSetLaws, FansOutToItemsTimesHosts) {
  EXPECT_TRUE(rc::check([] {
    const int items = *rc::gen::inRange(1, 50);
    std::vector<std::string> picked;
    for (const auto& host : host_names()) {
      if (*rc::gen::arbitrary<bool>()) picked.push_back(host);
    }
    RC_PRE(!picked.empty());
    std::string text = "kind: File\nhosts: [";
    for (const auto& host : picked) text += (host == picked.front() ? "" : ", ") + host;
    text += "]\nitems:\n";
    for (int i = 0; i < items; ++i)
      text += "  f" + std::to_string(i) + ": {path: /f/" + std::to_string(i) + "}\n";
    const auto set = load_manifest_texts(
        {{"hearth.yaml", "format: 1\n"}, {"n.yaml", nodes()}, {"f.yaml", text}}, fakes::kinds());
    RC_ASSERT(set.complete);
    RC_ASSERT(set.resources.size() == host_names().size() + static_cast<std::size_t>(items) * picked.size());
    for (const auto& host : picked) {
      for (int i = 0; i < items; ++i) {
        const auto* found = set.find({"File", "f" + std::to_string(i), host});
        RC_ASSERT(found != nullptr);
        RC_ASSERT(found->claims.size() == 1U);
      }
    }
  }));
}

TEST(ManifestSetLaws, RenamingKeepsTheClaim) {
  EXPECT_TRUE(rc::check([] {
    const auto letter = rc::gen::elementOf(std::string("abcXYZ019._:+-"));
    const auto name = rc::gen::nonEmpty(rc::gen::container<std::string>(letter));
    const std::string before = *name;
    const std::string after = *name;
    // References follow the name, so who refers to a renamed thing keeps its own claim and spec too.
    const auto claims = [](const std::string& called) {
      const std::string text =
          "kind: Account\nname: \"" + called + "\"\nhosts: pve\nspec: {user: alice}\n" +
          "---\nkind: SambaShare\nname: s\nhosts: pve\nspec: {path: /s, validUsers: [\"" + called + "\"]}\n";
      const auto set = load_manifest_texts(
          {{"hearth.yaml", "format: 1\n"}, {"n.yaml", nodes()}, {"a.yaml", text}}, fakes::kinds());
      RC_ASSERT(set.complete);
      std::map<std::string, std::string> out;
      for (const auto& resource : set.resources) {
        for (const auto& claim : resource.claims)
          out[claim.to_string()] = to_canonical_json(resource.desired);
      }
      return out;
    };
    RC_ASSERT(claims(before) == claims(after));
  }));
}

}  // namespace
}  // namespace hearth
