#include "reconciler/manifest/schema_validator.h"

#include <gtest/gtest.h>

#include <string>

#include "reconciler/core/json.h"
#include "reconciler/manifest/yaml_reader.h"

namespace hearth {
namespace {

// YAML for both, because it is easier on the eye than escaped JSON.
Value yaml(std::string_view text) {
  Diagnostics diagnostics;
  auto documents = read_yaml(text, "m.yaml", diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << diagnostics.to_string();
  return documents.empty() ? Value() : documents.front();
}

std::string complaints_of(std::string_view schema, const Value& instance) {
  return validate(yaml(schema), instance, "spec").to_string();
}
std::string complaints(std::string_view schema, std::string_view instance) {
  return complaints_of(schema, yaml(instance));
}

// ---- Schemas ---------------------------------------------------------------------------------------------

TEST(CheckSchema, NamesWhatIsNotSupportedAndWhere) {
  const Diagnostics diagnostics = check_schema(
      yaml("{properties: {a/b: {typ: string, items: {$id: x}}}, required: [1], pattern: \"(\", $ref2: 1}"),
      "K.schema.json");
  std::string found;
  for (const auto& one : diagnostics.all()) {
    EXPECT_EQ(one.rule, "bad-schema");
    found += one.path + ": " + one.message + "\n";
  }
  EXPECT_EQ(found,
            "#/properties/a~1b/typ: the keyword \"typ\" is not supported\n"
            "#/properties/a~1b/items/$id: $id is supported only at the top of a schema\n"
            "#/required: must be a list of names\n"
            "#/pattern: the pattern \"(\" cannot be used: a ( is not closed\n"
            "#/$ref2: the keyword \"$ref2\" is not supported\n");
}

TEST(CheckSchema, PassesAnnotationsAndHearthKeywords) {
  EXPECT_TRUE(
      check_schema(yaml("{title: x, description: x, format: x, x-hearth-form: path, default: 1}"), "k")
          .empty());
}

TEST(CheckSchema, RefusesReferencesThatCannotBeFollowed) {
  for (const std::string_view schema :
       {"{$ref: \"#/definitions/none\"}", "{$ref: other.json}", "{$ref: 5}", "{$ref: \"#\"}",
        "{allOf: [{$ref: \"#\"}]}", "{not: {anyOf: [{$ref: \"#/not\"}]}}",
        "{dependencies: {a: {$ref: \"#\"}}}",
        "{$ref: \"#/definitions/a\", definitions: {a: {$ref: \"#/definitions/b\"}, b: {$ref: "
        "\"#/definitions/a\"}}}"}) {
    EXPECT_TRUE(check_schema(yaml(schema), "k").has_errors()) << schema;
  }
  EXPECT_TRUE(check_schema(yaml("{properties: {child: {$ref: \"#\"}}}"), "k").empty())
      << "goes a level down each time";
}

// ---- Messages --------------------------------------------------------------------------------------------

TEST(Validator, SaysWhereAFieldIsUnknownAndWhatIsMeant) {
  EXPECT_EQ(complaints("{properties: {mode: {}, path: {}}, additionalProperties: false}",
                       "path: /a\nmdoe: x\nfoo: z\n"),
            "m.yaml:2:1: error[unknown-field]: there is no field \"mdoe\"\n"
            "    at spec.mdoe\n"
            "    did you mean \"mode\"?\n"
            "m.yaml:3:1: error[unknown-field]: there is no field \"foo\"\n"
            "    at spec.foo\n"
            "    known here: mode, path\n");
}

TEST(Validator, SaysWhatIsMissingAndWhatItIs) {
  EXPECT_EQ(complaints("{properties: {a: {properties: {path: {description: Where the file lies. More.}}, "
                       "required: [path]}}}",
                       "a: {b: 1}"),
            "m.yaml:1:4: error[missing-field]: the field \"path\" is missing\n"
            "    at spec.a.path\n"
            "    add it: Where the file lies\n");
}

TEST(Validator, SaysWhichTypeIsExpected) {
  EXPECT_EQ(complaints("{items: {type: [integer, \"null\"]}}", "[5, \"6\", x, [1]]"),
            "m.yaml:1:5: error[wrong-type]: expected an integer or null, found the string \"6\"\n"
            "    at spec[1]\n"
            "    write it without quotes\n"
            "m.yaml:1:10: error[wrong-type]: expected an integer or null, found the string \"x\"\n"
            "    at spec[2]\n"
            "m.yaml:1:13: error[wrong-type]: expected an integer or null, found a list\n"
            "    at spec[3]\n");
  EXPECT_EQ(complaints("{properties: {a: {type: string}, b: {type: array}, c: {type: boolean}}}",
                       "{a: 5, b: x, c: \"yes\"}"),
            "m.yaml:1:5: error[wrong-type]: expected a string, found 5\n"
            "    at spec.a\n"
            "    put it in quotes\n"
            "m.yaml:1:11: error[wrong-type]: expected a list, found the string \"x\"\n"
            "    at spec.b\n"
            "    write [\"x\"]\n"
            "m.yaml:1:17: error[wrong-type]: expected a boolean, found the string \"yes\"\n"
            "    at spec.c\n"
            "    write true or false\n");
}

TEST(Validator, ListsTheValuesAllowed) {
  EXPECT_EQ(complaints("{properties: {state: {enum: [running, stopped, 5, null]}}}", "state: runing"),
            "m.yaml:1:8: error[bad-value]: the string \"runing\" is none of the values allowed: \"running\", "
            "\"stopped\", 5, null\n"
            "    at spec.state\n"
            "    did you mean \"running\"?\n");
}

TEST(Validator, ExplainsPatternsInWords) {
  EXPECT_EQ(complaints("{pattern: \"^/\", x-hearth-expected: an absolute path}", "etc/motd"),
            "m.yaml:1:1: error[bad-format]: expected an absolute path, found \"etc/motd\"\n    at spec\n");
  EXPECT_EQ(complaints("{pattern: \"^/\"}", "etc"),
            "m.yaml:1:1: error[bad-format]: \"etc\" does not match the pattern ^/\n    at spec\n");
}

TEST(Validator, WantsTextOfAFormThatCanBeCompared) {
  constexpr std::string_view schema =
      "{items: {type: [string, integer], x-hearth-form: size, pattern: \"^[0-9.]\"}}";
  EXPECT_EQ(complaints(schema, "[4GiB, 1.5 GiB, 5, 4G, x]"),
            "m.yaml:1:20: error[bad-format]: expected a size such as 4GiB, found \"4G\"\n    at spec[3]\n"
            "m.yaml:1:24: error[bad-format]: expected a size such as 4GiB, found \"x\"\n    at spec[4]\n");
}

TEST(Validator, SaysHowFarNumbersAndSizesMayGo) {
  EXPECT_EQ(complaints("{items: {minimum: 1, exclusiveMaximum: 10, multipleOf: 2}}", "[0, 10, 3]"),
            "m.yaml:1:2: error[out-of-range]: 0 is too small: the least is 1\n    at spec[0]\n"
            "m.yaml:1:5: error[out-of-range]: 10 is too large: it must be below 10\n    at spec[1]\n"
            "m.yaml:1:9: error[bad-value]: 3 is not a multiple of 2\n    at spec[2]\n");
  EXPECT_EQ(complaints("{minItems: 1, items: {minLength: 1}}", "[]"),
            "m.yaml:1:1: error[bad-size]: it has no entries; the least is 1\n    at spec\n");
  EXPECT_EQ(complaints("{items: {minLength: 1}}", "[\"\"]"),
            "m.yaml:1:2: error[bad-size]: the text must not be empty\n    at spec[0]\n");
}

TEST(Validator, PointsAtTheSecondOfTwo) {
  EXPECT_EQ(complaints("{uniqueItems: true}", "[alice, bob, alice, 1, 1.0]"),
            "m.yaml:1:14: error[duplicate-element]: the list names the string \"alice\" twice\n"
            "    at spec[2]\n"
            "    the first is in line 1, column 2; delete one of them\n"
            "m.yaml:1:24: error[duplicate-element]: the list names 1.0 twice\n"
            "    at spec[4]\n"
            "    the first is in line 1, column 21; delete one of them\n");
}

TEST(Validator, QuotesKeysThatWouldReadAsSeveral) {
  EXPECT_EQ(complaints("{additionalProperties: {additionalProperties: false}}", "{a.b: {c: 1}}"),
            "m.yaml:1:8: error[unknown-field]: there is no field \"c\"\n    at spec[\"a.b\"].c\n");
}

TEST(Validator, ComplainsOfNamesAtTheName) {
  EXPECT_EQ(
      complaints("{propertyNames: {pattern: \"^[a-z]+$\", x-hearth-expected: a lower-case name}}", "{Up: 1}"),
      "m.yaml:1:2: error[bad-format]: the name \"Up\": expected a lower-case name, found \"Up\"\n    at "
      "spec.Up\n");
}

// One message about the way that was meant, not one for each way that was not.
TEST(Validator, ExplainsTheBranchThatWasMeant) {
  constexpr std::string_view schema =
      "{anyOf: [{type: string, pattern: \"^[0-9]+GiB$\"},"
      " {type: object, properties: {type: {const: disk}, size: {type: integer}}, additionalProperties: "
      "false},"
      " {type: object, properties: {type: {const: nic}, bridge: {type: string}}, additionalProperties: "
      "false}]}";
  EXPECT_EQ(complaints(schema, "{type: nic, bridge: 5}"),
            "m.yaml:1:21: error[wrong-type]: expected a string, found 5\n    at spec.bridge\n    put it in "
            "quotes\n");
  EXPECT_EQ(
      complaints(schema, "{type: disk, size: x}"),
      "m.yaml:1:20: error[wrong-type]: expected an integer, found the string \"x\"\n    at spec.size\n");
  EXPECT_EQ(complaints(schema, "4GB"),
            "m.yaml:1:1: error[bad-format]: \"4GB\" does not match the pattern ^[0-9]+GiB$\n    at spec\n");
  EXPECT_EQ(complaints(schema, "[]"),
            "m.yaml:1:1: error[wrong-type]: expected a string or a map, found a list\n    at spec\n");
}

TEST(Validator, HasPlainWordsForFieldsThatExcludeEachOther) {
  constexpr std::string_view schema = "{oneOf: [{required: [content]}, {required: [source]}]}";
  EXPECT_EQ(complaints(schema, "{content: x, source: z}"),
            "m.yaml:1:1: error[bad-combination]: only one of \"content\" or \"source\" can be given\n    at "
            "spec\n    keep the one that is meant\n");
  EXPECT_EQ(
      complaints(schema, "{}"),
      "m.yaml:1:1: error[missing-field]: one of \"content\" or \"source\" must be given\n    at spec\n");
  EXPECT_EQ(complaints("{not: {required: [a, b]}}", "{a: 1, b: 2}"),
            "m.yaml:1:1: error[bad-combination]: \"a\" and \"b\" cannot be given together\n    at spec\n"
            "    delete one of them\n");
  EXPECT_EQ(complaints("{dependencies: {uid: [user]}}", "{uid: 5}"),
            "m.yaml:1:1: error[missing-field]: the field \"user\" is missing; \"uid\" needs it\n    at "
            "spec.user\n    add it\n");
}

TEST(Validator, NamesTheFieldAndWhatMakesItWrong) {
  constexpr std::string_view schema =
      "{properties: {masked: {type: boolean}, unit: {type: string}, enabled: {}, state: {type: string}},"
      " if: {properties: {masked: {const: true}}, required: [masked]},"
      " then: {properties: {unit: {type: \"null\"}, enabled: {const: false}, state: {const: stopped}}}}";
  EXPECT_EQ(complaints(schema, "{masked: true, unit: x, enabled: true, state: running}"),
            "m.yaml:1:22: error[bad-combination]: \"unit\" cannot be given while \"masked\" is true\n"
            "    at spec.unit\n    delete it\n"
            "m.yaml:1:34: error[bad-value]: \"enabled\" must be false, not true while \"masked\" is true\n"
            "    at spec.enabled\n"
            "m.yaml:1:47: error[bad-value]: \"state\" must be \"stopped\", not the string \"running\" while "
            "\"masked\" is true\n    at spec.state\n");
  EXPECT_EQ(complaints(schema, "{masked: false, unit: x, enabled: true, state: running}"), "");
  EXPECT_EQ(complaints("{if: {properties: {state: {const: absent}}, required: [state]},"
                       " then: {not: {anyOf: [{required: [version]}, {required: [held]}]}},"
                       " else: {required: [version]}}",
                       "{state: absent, version: 5, held: true}"),
            "m.yaml:1:26: error[bad-combination]: \"version\" cannot be given while \"state\" is \"absent\"\n"
            "    at spec.version\n    delete it\n"
            "m.yaml:1:35: error[bad-combination]: \"held\" cannot be given while \"state\" is \"absent\"\n"
            "    at spec.held\n    delete it\n");
  EXPECT_EQ(
      complaints("{if: {properties: {user: {not: {const: root}}}, required: [user]},"
                 " then: {required: [become]}}",
                 "{user: eve}"),
      "m.yaml:1:1: error[missing-field]: the field \"become\" is missing; it is needed while \"user\" is "
      "not \"root\"\n    at spec.become\n    add it\n");
}

TEST(Validator, SaysOfEachConditionAboveWhatItIs) {
  EXPECT_EQ(complaints("{if: {required: [a]}, else: {if: {properties: {b: {const: 1}}, required: [b]},"
                       " then: {required: [c]}}}",
                       "{b: 1}"),
            "m.yaml:1:1: error[missing-field]: the field \"c\" is missing; it is needed while \"b\" is 1 and "
            "\"a\" is not given\n    at spec.c\n    add it\n");
}

TEST(Validator, SaysWhatIsNotAllowed) {
  EXPECT_EQ(complaints("{properties: {name: {not: {const: root}}}}", "{name: root}"),
            "m.yaml:1:8: error[bad-combination]: \"name\": the string \"root\" is not allowed here\n"
            "    at spec.name\n");
  EXPECT_EQ(complaints("{not: {properties: {a: {const: 1}}, required: [a, b]}}", "{a: 1, b: 2}"),
            "m.yaml:1:1: error[bad-combination]: it is not allowed that \"a\" is 1 and \"b\" is given\n"
            "    at spec\n");
  EXPECT_EQ(complaints("{oneOf: [{required: [a]}, {required: [b]}, {required: [c]}]}", "{a: 1, c: 2}"),
            "m.yaml:1:1: error[bad-combination]: only one of \"a\" or \"c\" can be given\n"
            "    at spec\n    keep the one that is meant\n");
}

TEST(Validator, SaysWhatTheSchemaKnowsBetter) {
  EXPECT_EQ(
      complaints("{if: {required: [a]}, then: {required: [b, c], x-hearth-message: a needs both}}", "{a: 1}"),
      "m.yaml:1:1: error[missing-field]: a needs both\n    at spec.b\n");
}

// What stands in a condition may be a secret in the wrong place.
TEST(Validator, ShowsNoTextOfAConditionThatTheSchemaDoesNotKnow) {
  const std::string said = complaints(
      "{properties: {password: {type: string, x-hearth-secret: true}},"
      " if: {properties: {password: {type: string, minLength: 1}}, required: [password]}, then: {required: "
      "[b]}}",
      "{password: hunter2}");
  EXPECT_NE(said.find("\"password\" is given"), std::string::npos) << said;
  EXPECT_EQ(said.find("hunter2"), std::string::npos) << said;
}

TEST(Validator, RefusesWhatIsOnlyRead) {
  constexpr std::string_view schema =
      "{properties: {current: {type: boolean, const: true, readOnly: true}, cure: {}}, additionalProperties: "
      "false}";
  for (const std::string_view value : {"true", "null"}) {
    EXPECT_EQ(complaints(schema, "{current: " + std::string(value) + "}"),
              "m.yaml:1:2: error[read-only-field]: \"current\" is read by hearth and cannot be declared\n"
              "    at spec.current\n    delete it; hearth looks at it by itself\n");
  }
  EXPECT_EQ(complaints(schema, "{foo: 1}"),
            "m.yaml:1:2: error[unknown-field]: there is no field \"foo\"\n    at spec.foo\n"
            "    known here: cure\n");
}

TEST(Validator, StopsAtAHundredErrors) {
  List list(1000, Value("x"));
  EXPECT_EQ(validate(yaml("{items: {type: integer}}"), list, "spec").all().size(), 100U);
}

// ---- What manifests add ----------------------------------------------------------------------------------

constexpr std::string_view account =
    "{x-hearth-kind: {identity: [name]}, required: [shell], additionalProperties: false, properties: {"
    "  name: {type: string}, shell: {type: string}, uid: {type: integer},"
    "  password: {type: string, x-hearth-secret: true}, keys: {type: array, items: {type: string}},"
    "  content: {type: array, items: {anyOf: [{type: string}, {x-hearth-secret: true}]}},"
    "  env: {type: object}, home: {type: [string, \"null\"], minLength: 1}}}";

TEST(Validator, TakesNullForUnsetWhereSomethingMayBeUnset) {
  EXPECT_EQ(
      complaints(account, "{shell: s, uid: null, password: null, keys: null, home: null, env: {a: null}}"),
      "");
  EXPECT_EQ(complaints(account, "{shell: null, name: null, keys: [null]}"),
            "m.yaml:1:34: error[null-not-allowed]: an entry of a list cannot be null\n"
            "    at spec.keys[0]\n    delete the entry\n"
            "m.yaml:1:9: error[null-not-allowed]: \"shell\" is required and cannot be null\n"
            "    at spec.shell\n    give it a value\n"
            "m.yaml:1:21: error[null-not-allowed]: \"name\" says which thing is meant and cannot be null\n"
            "    at spec.name\n");
  EXPECT_EQ(complaints(account, "{shell: s, nmae: null}"),
            "m.yaml:1:12: error[unknown-field]: there is no field \"nmae\"\n    at spec.nmae\n    did you "
            "mean \"name\"?\n");
}

TEST(Validator, TakesSecretsWhereTheyStaySecret) {
  EXPECT_EQ(complaints(account, "{shell: s, password: {secret: a/b}, content: [x, {secret: c}]}"), "");
  EXPECT_EQ(complaints(account, "{shell: {secret: a}}"),
            "m.yaml:1:9: error[secret-not-allowed]: this field is not secret: its content would be shown in "
            "plans and logs\n"
            "    at spec.shell\n    write a string\n");
  EXPECT_EQ(
      complaints(account, "{shell: s, env: {deep: [{secret: a}]}}"),
      "m.yaml:1:25: error[secret-not-allowed]: this field is not secret: its content would be shown in plans "
      "and logs\n"
      "    at spec.env.deep[0]\n    write the value itself, or use the field that is meant for the secret\n");
}

TEST(Validator, RefusesPlaintextSecretsWithoutShowingThem) {
  const std::string said = complaints(account, "{shell: s, password: hunter2}");
  EXPECT_EQ(said,
            "m.yaml:1:22: error[plaintext-secret]: a secret stands here in plain text\n"
            "    at spec.password\n"
            "    write {secret: NAME}, put it into the file NAME of hearth's secrets (`hearth explain "
            "missing-secret`), and change it where it was used\n");
  EXPECT_EQ(said.find("hunter2"), std::string::npos);
  EXPECT_EQ(complaints(account, "{shell: s, password: {secret: 5}}"),
            "m.yaml:1:22: error[wrong-type]: a secret is expected here, not a map\n"
            "    at spec.password\n    write {secret: NAME}, with NAME a string\n");
}

TEST(Validator, PassesOverWhatWasComplainedOfAlready) {
  EXPECT_EQ(complaints_of(account,
                          Value(Map{{"shell", UnknownValue{"read badly"}}, {"password", UnknownValue{"x"}}})),
            "");
}

TEST(Validator, TakesDraft7ToTheLetterWhenAsked) {
  Diagnostics diagnostics;
  const auto letter = SchemaValidator::compile(yaml("{properties: {a: {type: string}}}"), "k", diagnostics,
                                               SchemaValidator::Dialect::draft7);
  ASSERT_NE(letter, nullptr);
  EXPECT_FALSE(letter->is_valid(yaml("{a: null}")));
}

}  // namespace
}  // namespace hearth
