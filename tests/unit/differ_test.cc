#include "reconciler/diff/differ.h"

#include <gtest/gtest.h>

#include <string>

#include "reconciler/core/json.h"
#include "reconciler/manifest/schema_registry.h"

namespace hearth {
namespace {

const KindSchema& thing() {
  static const auto registry = SchemaRegistry::from_texts({{"Thing.schema.json", R"({
    "$schema": "http://json-schema.org/draft-07/schema#",
    "description": "A thing.",
    "x-hearth-kind": {"kind": "Thing", "scope": "host", "provider": "things", "identity": ["path"],
                      "claims": [{"space": "path", "template": "{path}"}], "refresh": "current"},
    "type": "object", "additionalProperties": false, "required": ["path"],
    "properties": {
      "path": {"description": "p", "type": "string", "x-hearth-form": "path", "x-hearth-immutable": true},
      "mode": {"description": "p", "type": "string", "x-hearth-form": "mode", "default": "0644"},
      "memory": {"description": "p", "type": ["string", "integer"], "x-hearth-form": "size"},
      "autostart": {"description": "p", "type": "boolean", "x-hearth-absent": false},
      "users": {"description": "p", "type": "array", "items": {"type": "string"}, "x-hearth-list": "set"},
      "argv": {"description": "p", "type": "array", "items": {"type": "string"}},
      "rules": {"description": "p", "type": "array", "x-hearth-list": "map:port",
                "items": {"type": "object", "additionalProperties": false, "properties": {"port": {"description": "p", "type": "integer"},
                                                            "open": {"description": "p", "type": "boolean", "x-hearth-absent": false}}}},
      "texts": {"description": "p", "type": "object", "additionalProperties": {"type": ["string", "null"]}},
      "quota": {"description": "p", "type": "object", "additionalProperties": false,
                "properties": {"soft": {"description": "p", "type": "integer"}, "hard": {"description": "p", "type": "integer"}}},
      "hint": {"description": "p", "type": "string", "x-hearth-live": false},
      "current": {"description": "p", "type": "boolean", "readOnly": true}
    }})"}});
  if (!registry) throw std::runtime_error(registry.error().to_string());
  return *registry->find("Thing");
}

Difference difference(const std::string& desired, const std::string& live, bool exclusive = false) {
  Resource resource;
  resource.address = {"Thing", "t", "pve"};
  resource.kind = &thing();
  resource.desired = parse_json(desired).value();
  resource.exclusive_all = exclusive;
  return diff(resource, Live::present(parse_json(live).value().as_map()));
}

// "mode, texts.b": the fields that differ.
std::string fields(const Difference& difference) {
  std::string out;
  for (const Change& change : difference.changes) out += (out.empty() ? "" : ", ") + change.path;
  for (const UnknownField& field : difference.unknown) out += (out.empty() ? "" : ", ") + ("?" + field.path);
  return out;
}

TEST(Diff, LooksOnlyAtDeclaredFields) {
  EXPECT_EQ(fields(difference(R"({"path": "/a"})", R"({"path": "/a", "mode": "0600", "users": ["x"]})")), "");
  EXPECT_EQ(fields(difference(R"({"path": "/a", "mode": "0644"})", R"({"path": "/a", "mode": "0600"})")),
            "mode");
}

TEST(Diff, ComparesMeaningNotSpelling) {
  EXPECT_EQ(fields(difference(R"({"path": "/a/../b/", "mode": "644", "memory": "4GiB"})",
                              R"({"path": "/b", "mode": "0644", "memory": "4096MiB"})")),
            "");
  EXPECT_EQ(fields(difference(R"({"memory": 4294967296})", R"({"memory": "4GiB"})")), "");
  EXPECT_EQ(fields(difference(R"({"memory": "4GiB"})", R"({"memory": "5GiB"})")), "memory");
}

TEST(Diff, KnowsWhatAbsenceEquals) {
  EXPECT_EQ(fields(difference(R"({"autostart": false})", R"({"autostart": null})")), "");
  EXPECT_EQ(fields(difference(R"({"autostart": true})", R"({"autostart": null})")), "autostart");
  EXPECT_EQ(fields(difference(R"({"autostart": null})", R"({"autostart": false})")), "");
  EXPECT_EQ(fields(difference(R"({"autostart": null})", R"({"autostart": true})")), "autostart");
}

TEST(Diff, ComparesListsAsTheSchemaSays) {
  EXPECT_EQ(fields(difference(R"({"users": ["a", "b"]})", R"({"users": ["b", "a"]})")), "");
  EXPECT_EQ(fields(difference(R"({"users": ["a", "a"]})", R"({"users": ["a", "b"]})")), "users");
  EXPECT_EQ(fields(difference(R"({"users": []})", R"({"users": ["b"]})")), "users") << "a set is owned whole";
  EXPECT_EQ(fields(difference(R"({"argv": ["a", "b"]})", R"({"argv": ["b", "a"]})")), "argv");
  EXPECT_EQ(fields(difference(R"({"rules": [{"port": 1, "open": true}, {"port": 2}]})",
                              R"({"rules": [{"port": 2, "open": false}, {"port": 1, "open": true}]})")),
            "");
  EXPECT_EQ(fields(difference(R"({"rules": [{"port": 1, "open": true}]})", R"({"rules": [{"port": 1}]})")),
            "rules");
}

TEST(Diff, LeavesUndeclaredEntriesOfMapsAloneUnlessExclusive) {
  const std::string desired = R"({"texts": {"a": "1", "gone": null}})";
  EXPECT_EQ(fields(difference(desired, R"({"texts": {"a": "1", "b": "2"}})")), "");
  EXPECT_EQ(fields(difference(desired, R"({"texts": {"a": "0", "gone": "x"}})")), "texts.a, texts.gone");
  EXPECT_EQ(fields(difference(desired, R"({"texts": {"a": "1", "b": "2"}})", true)), "texts.b");
  EXPECT_EQ(fields(difference(desired, R"({"texts": null})")), "texts.a");
}

TEST(Diff, GoesIntoNestedFields) {
  EXPECT_EQ(fields(difference(R"({"quota": {"soft": 1}})", R"({"quota": {"soft": 1, "hard": 9}})")), "");
  EXPECT_EQ(
      fields(difference(R"({"quota": {"soft": 1, "hard": 8}})", R"({"quota": {"soft": 1, "hard": 9}})")),
      "quota.hard");
}

TEST(Diff, NeverTakesUnknownForAbsentOrEqual) {
  Resource resource;
  resource.kind = &thing();
  resource.desired = parse_json(R"({"mode": "0644", "autostart": false, "hint": "x"})").value();
  Live live = Live::present(Map{{"mode", UnknownValue{"no permission"}}});
  EXPECT_EQ(fields(diff(resource, live)), "?mode, ?autostart");
}

TEST(Diff, MarksWhatCannotBeChangedInPlace) {
  const Difference moved = difference(R"({"path": "/a"})", R"({"path": "/b"})");
  ASSERT_EQ(moved.changes.size(), 1U);
  EXPECT_TRUE(moved.changes[0].immutable);
}

TEST(Diff, WantsThingsToRunOnCurrentInputs) {
  EXPECT_EQ(fields(difference(R"({"path": "/a"})", R"({"path": "/a", "current": false})")), "current");
  EXPECT_EQ(fields(difference(R"({"path": "/a"})", R"({"path": "/a", "current": true})")), "");
}

TEST(Diff, OfAnAbsentThingNamesEveryDeclaredField) {
  Resource resource;
  resource.kind = &thing();
  resource.desired =
      parse_json(R"({"path": "/a", "mode": "0644", "autostart": false, "texts": {"x": null}})").value();
  EXPECT_EQ(fields(diff(resource, Live::absent())), "path, mode");
  EXPECT_FALSE(diff(resource, Live::absent()).changes[0].immutable);
  // Known before it is made: it cannot be made so.
  Live impossible = Live::absent();
  impossible.fields.as_map().set("mode", UnknownValue{"no such mode"});
  ASSERT_EQ(diff(resource, impossible).unknown.size(), 1U);
  EXPECT_EQ(diff(resource, impossible).unknown[0].path, "mode");
}

}  // namespace
}  // namespace hearth
