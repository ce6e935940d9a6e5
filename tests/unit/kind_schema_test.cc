#include "reconciler/manifest/kind_schema.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/core/json.h"
#include "reconciler/manifest/schema_registry.h"

namespace hearth {
namespace {

// A schema of the kind Thing; each test says what it adds. Single quotes stand for double ones.
std::string thing(std::string properties, std::string header = "", std::string more = "") {
  std::string text = "{'x-hearth-kind': {'kind': 'Thing', 'scope': 'host', 'provider': 'things'" +
                     std::move(header) +
                     "}, 'type': 'object', 'additionalProperties': false, 'properties': {" +
                     std::move(properties) + "}" + std::move(more) + "}";
  for (char& c : text) {
    if (c == '\'') c = '"';
  }
  return text;
}

Result<std::unique_ptr<KindSchema>> compile(const std::string& text) {
  auto document = parse_json(text);
  EXPECT_TRUE(document.has_value()) << text;
  return KindSchema::compile(document ? *document : Value(), "Thing.schema.json");
}

std::unique_ptr<KindSchema> good(const std::string& text) {
  auto kind = compile(text);
  EXPECT_TRUE(kind.has_value()) << kind.error().to_string();
  return kind ? std::move(*kind) : nullptr;
}

TEST(KindSchema, ReadsItsHeader) {
  const auto kind =
      good(thing("'path': {'type': 'string'}, 'parts': {'type': 'object', 'additionalProperties': {'type': "
                 "'string'}}, 'current': {'type': 'boolean'}",
                 ", 'observeOnly': true, 'onRemove': 'retain', 'identity': ['path'], 'refresh': 'current',"
                 "'claims': [{'space': 'path', 'template': '{path}/{key}', 'each': 'parts'}]"));
  ASSERT_NE(kind, nullptr);
  EXPECT_EQ(kind->kind(), "Thing");
  EXPECT_EQ(kind->provider(), "things");
  EXPECT_TRUE(kind->host_scoped());
  EXPECT_TRUE(kind->observe_only());
  EXPECT_EQ(kind->on_remove(), OnRemove::retain);
  EXPECT_EQ(kind->identity(), std::vector<std::string>{"path"});
  EXPECT_EQ(kind->refresh(), "current");
  ASSERT_EQ(kind->claims().size(), 1U);
  EXPECT_EQ(kind->claims()[0].space, "path");
  EXPECT_EQ(kind->claims()[0].text, "{path}/{key}");
  EXPECT_EQ(kind->claims()[0].each, "parts");
  EXPECT_TRUE(kind->root().find("path")->immutable) << "what identifies cannot change";
  EXPECT_FALSE(kind->root().find("parts")->immutable);
}

TEST(KindSchema, KeepsFieldsInTheirOrder) {
  const auto kind = good(thing("'z': {'type': 'string'}, 'a': {'type': 'string'}, 'm': {'type': 'string'}"));
  ASSERT_NE(kind, nullptr);
  std::string order;
  for (const auto& field : kind->root().fields) order += field.name;
  EXPECT_EQ(order, "zam");
}

TEST(KindSchema, ReadsEveryKeywordOfAField) {
  const auto kind =
      good(thing("'f': {'type': 'string', 'description': 'What it is.', 'enum': ['a', 'b'], 'examples': "
                 "['a'], 'default': 'b',"
                 "'x-hearth-name-default': '{name}', 'x-hearth-live': false, 'x-hearth-absent': 'a', "
                 "'x-hearth-effect': 'reboot',"
                 "'x-hearth-write': 'create-only', 'x-hearth-immutable': true, 'x-hearth-write-only': true,"
                 "'x-hearth-reference': 'User', 'x-hearth-reference-optional': true, 'x-hearth-path': "
                 "'input', 'x-hearth-form': 'unit'},"
                 "'l': {'type': 'array', 'x-hearth-list': 'map:id', 'items': {'type': 'object', "
                 "'additionalProperties': false,"
                 "'properties': {'id': {'type': 'integer'}}, 'required': ['id']}}",
                 "", ", 'required': ['l']"));
  ASSERT_NE(kind, nullptr);
  const FieldSchema& field = *kind->root().find("f");
  EXPECT_EQ(field.description, "What it is.");
  EXPECT_EQ(field.enumeration.size(), 2U);
  EXPECT_EQ(field.examples.size(), 1U);
  EXPECT_EQ(field.default_value, Value("b"));
  EXPECT_EQ(field.absent, Value("a"));
  EXPECT_EQ(field.name_default, "{name}");
  EXPECT_FALSE(field.live);
  EXPECT_EQ(field.effect, Effect::reboot);
  EXPECT_EQ(field.write, FieldSchema::Write::create_only);
  EXPECT_TRUE(field.immutable);
  EXPECT_TRUE(field.write_only);
  EXPECT_EQ(field.reference, "User");
  EXPECT_TRUE(field.reference_optional);
  EXPECT_EQ(field.path_edge, FieldSchema::PathEdge::input);
  EXPECT_EQ(field.form, FieldSchema::Form::unit);
  EXPECT_FALSE(field.required);
  const FieldSchema& list = *kind->root().find("l");
  EXPECT_TRUE(list.required);
  EXPECT_EQ(list.list_order, FieldSchema::ListOrder::map_by_key);
  EXPECT_EQ(list.list_key, "id");
  ASSERT_NE(list.elements, nullptr);
  EXPECT_TRUE(list.elements->find("id")->required);
  EXPECT_EQ(kind->root().find("nothing"), nullptr);
}

TEST(KindSchema, NamesTypesForPeople) {
  const auto kind = good(thing(
      "'a': {'type': ['string', 'null']}, 'b': {'type': 'array', 'items': {'type': 'string'}},"
      "'c': {'type': 'object', 'additionalProperties': {'type': 'array', 'items': {'type': 'integer'}}},"
      "'d': {'enum': ['x', 5, null]}, 'e': {'anyOf': [{'type': 'string'}, {'type': 'array', 'items': "
      "{'type': ['string', "
      "'integer']}}]}, 'f': {'x-hearth-secret': true}, 'g': {}, 'h': {'const': true}, 'i': {'type': "
      "'array'}"));
  ASSERT_NE(kind, nullptr);
  const std::vector<std::pair<std::string, std::string>> types = {
      {"a", "string or null"},
      {"b", "list of strings"},
      {"c", "map of lists of integers"},
      {"d", "string or integer or null"},
      {"e", "string or list of (string or integer)"},
      {"f", "secret"},
      {"g", "anything"},
      {"h", "boolean"},
      {"i", "list"}};
  for (const auto& [name, type] : types) EXPECT_EQ(kind->root().find(name)->type, type) << name;
}

TEST(KindSchema, FollowsReferencesAndBranches) {
  const auto kind = good(thing(
      "'a': {'$ref': '#/definitions/size', 'description': 'Of a.'}, 'b': {'$ref': '#/definitions/size'},"
      "'content': {'anyOf': [{'type': 'string'}, {'type': 'array', 'items': {'anyOf': [{'type': 'string'}, "
      "{'x-hearth-secret': true}]}}]}, 'env': {'type': 'object', 'additionalProperties': false,"
      "'patternProperties': {'^[a-z]+$': {'type': 'string', 'description': 'One.'}}}",
      "",
      ", 'definitions': {'size': {'type': 'string', 'description': 'A size.', 'x-hearth-form': 'size'}}"));
  ASSERT_NE(kind, nullptr);
  EXPECT_EQ(kind->root().find("a")->description, "Of a.");
  EXPECT_EQ(kind->root().find("b")->description, "A size.");
  EXPECT_EQ(kind->root().find("a")->form, FieldSchema::Form::size);
  ASSERT_NE(kind->root().find("content")->elements, nullptr);
  EXPECT_TRUE(kind->root().find("content")->elements->secret);
  EXPECT_FALSE(kind->root().find("content")->secret);
  const FieldSchema& env = *kind->root().find("env");
  ASSERT_NE(env.find("anything"), nullptr);
  EXPECT_EQ(env.find("anything")->description, "One.");
}

TEST(KindSchema, ValidatesSpecs) {
  const auto kind =
      good(thing("'name': {'type': 'string'}, 'size': {'type': 'integer'}", ", 'identity': ['name']"));
  ASSERT_NE(kind, nullptr);
  EXPECT_TRUE(kind->validate(Value(Map{{"name", "x"}, {"size", nullptr}})).empty());
  EXPECT_EQ(kind->validate(Value(Map{{"name", nullptr}})).all().at(0).rule, "null-not-allowed");
  EXPECT_EQ(kind->validate(Value(Map{{"nmae", "x"}})).all().at(0).path, "spec.nmae");
}

// One mistake a schema: each must be named, none may pass.
TEST(KindSchema, RefusesWhatItDoesNotUnderstand) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"{}", "needs a map x-hearth-kind"},
      {thing("", ", 'claim': []"), "x-hearth-kind has no key \"claim\""},
      {thing("", ", 'scope': 'world'"), "scope cannot be \"world\""},
      {thing("", ", 'onRemove': 'keep'"), "onRemove cannot be \"keep\""},
      {thing("", ", 'observeOnly': 'yes'"), "observeOnly must be true or false"},
      {thing("", ", 'identity': ['none']"), "the identity \"none\" is no field"},
      {thing("", ", 'identity': 'none'"), "identity must be a list"},
      {thing("", ", 'refresh': 'none'"), "refresh must name a boolean field"},
      {thing("'s': {'type': 'string'}", ", 'refresh': 's'"), "refresh must name a boolean field"},
      {thing("", ", 'claims': [{'space': 'path', 'template': '{none}'}]"),
       "names \"none\", which is no field"},
      {thing("", ", 'claims': [{'space': 'path', 'template': '{none'}]"), "is not closed"},
      {thing("", ", 'claims': [{'space': 'path', 'template': '{key}'}]"), "names \"key\", which is no field"},
      {thing("'s': {'type': 'string'}", ", 'claims': [{'space': 'path', 'template': '{key}', 'each': 's'}]"),
       "each must name a field that is a map"},
      {thing("", ", 'claims': [{'space': 'path'}]"), "a claim needs a space and a template"},
      {thing("", ", 'claims': [{'spaec': 'path'}]"), "a claim has no key \"spaec\""},
      {thing("'f': {'x-hearth-secrt': true}"), "there is no keyword \"x-hearth-secrt\""},
      {thing("'f': {'x-hearth-live': 'no'}"), "x-hearth-live must be true or false"},
      {thing("'f': {'x-hearth-effect': 'bang'}"), "x-hearth-effect cannot be \"bang\""},
      {thing("'f': {'x-hearth-write': 'never'}"), "x-hearth-write cannot be \"never\""},
      {thing("'f': {'type': 'string', 'x-hearth-form': 'date'}"), "x-hearth-form cannot be \"date\""},
      {thing("'f': {'type': 'integer', 'x-hearth-form': 'size'}"), "x-hearth-form is for strings"},
      {thing("'f': {'type': 'string', 'x-hearth-list': 'set'}"), "x-hearth-list is for lists"},
      {thing("'f': {'type': 'array', 'items': {'type': 'string'}, 'x-hearth-list': 'bag'}"),
       "x-hearth-list cannot be \"bag\""},
      {thing("'f': {'type': 'array', 'items': {'type': 'string'}, 'x-hearth-list': 'map:id'}"),
       "no field \"id\" to go by"},
      {thing("'f': {'type': 'array', 'items': [{'type': 'string'}]}"), "a list of items by place"},
      {thing("'f': {'x-hearth-path': 'above'}"), "x-hearth-path cannot be \"above\""},
      {thing("'f': {'x-hearth-kind': {}}"), "belongs to the top"},
      {thing("'f': {'typ': 'string'}"), "the keyword \"typ\" is not supported"},
      {thing("'f': {'type': 'object', 'properties': {}}"), "let misspelt fields pass"},
      {thing("'f': {'type': 'string', 'minLength': 2, 'default': 'x'}"), "the default is not valid"},
      {thing("'f': {'type': 'string', 'minLength': 2, 'examples': ['xx', 'x']}"), "an example is not valid"},
      {thing("'f': {'type': 'string', 'x-hearth-form': 'size', 'default': 'big'}"), "the default"},
      {thing("'f': {'$ref': '#/properties/g'}, 'g': {}"), "does not lead to a definition"},
      {thing("'f': {'$ref': '#/definitions/d', 'minLength': 1}", "", ", 'definitions': {'d': {}}"),
       "has no effect beside $ref"},
      {thing(
           "'f': {'$ref': '#/definitions/d'}", "",
           ", 'definitions': {'d': {'type': 'object', 'additionalProperties': {'$ref': '#/definitions/d'}}}"),
       "leads back to itself"},
      {thing("", "", ", 'if': {'properties': {'f': {'x-hearth-live': false}}}"), "has no effect here"},
      {"{\"x-hearth-kind\": {\"kind\": \"Thing\", \"scope\": \"host\", \"provider\": \"t\"}}",
       "the type of a spec"},
      {"{\"x-hearth-kind\": {\"kind\": \"Thing\", \"scope\": \"host\", \"provider\": \"t\"}, \"type\": "
       "\"object\"}",
       "additionalProperties of a spec must be false"},
      {"{\"x-hearth-kind\": {\"kind\": \"Thing\", \"provider\": \"t\"}}", "the scope is missing"},
      {"{\"x-hearth-kind\": {\"kind\": \"Thing\", \"scope\": \"host\"}}", "the provider is missing"},
      {"{\"x-hearth-kind\": {\"kind\": \"thing\", \"scope\": \"host\", \"provider\": \"t\"}}",
       "must be a word"},
      {"{\"x-hearth-kind\": {\"kind\": \"Other\", \"scope\": \"host\", \"provider\": \"t\"}}",
       "must be in the file"},
  };
  for (const auto& [text, message] : bad) {
    SCOPED_TRACE(text);
    const auto kind = compile(text);
    ASSERT_FALSE(kind.has_value());
    EXPECT_EQ(kind.error().rule, "bad-schema");
    EXPECT_NE(kind.error().message.find(message), std::string::npos) << kind.error().to_string();
  }
}

TEST(KindSchema, EveryBranchKeepsItsCanonicalForm) {
  EXPECT_EQ(canonical(FieldSchema::Form::plain, "4096MiB"), "4096MiB");
  EXPECT_EQ(canonical(FieldSchema::Form::size, "4096MiB"), "4GiB");
  EXPECT_EQ(canonical(FieldSchema::Form::path, "relative"), std::nullopt);
}

// ---- The registry ----------------------------------------------------------------------------------------

TEST(SchemaRegistry, FindsKindsAndSortsThem) {
  std::string other = thing("");
  other.replace(other.find("Thing"), 5, "Alpha");
  const auto registry =
      SchemaRegistry::from_texts({{"Thing.schema.json", thing("")}, {"Alpha.schema.json", other}});
  ASSERT_TRUE(registry.has_value()) << registry.error().to_string();
  EXPECT_EQ(registry->kinds(), (std::vector<std::string>{"Alpha", "Thing"}));
  EXPECT_NE(registry->find("Thing"), nullptr);
  EXPECT_EQ(registry->find("thing"), nullptr);
}

TEST(SchemaRegistry, IsWholeOrBroken) {
  EXPECT_FALSE(
      SchemaRegistry::from_texts({{"Thing.schema.json", thing("")}, {"Bad.schema.json", "{"}}).has_value());
  EXPECT_FALSE(
      SchemaRegistry::from_texts({{"a/Thing.schema.json", thing("")}, {"b/Thing.schema.json", thing("")}})
          .has_value());
}

class SchemaFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "hearth-schemas-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }

  std::filesystem::path folder_;
};

TEST_F(SchemaFolder, IsReadForKindsOnly) {
  write("Thing.schema.json", thing(""));
  write("hearth.schema.json", "not for the registry");
  write("README.md", "nor this");
  const auto registry = SchemaRegistry::load(folder_.string());
  ASSERT_TRUE(registry.has_value()) << registry.error().to_string();
  EXPECT_EQ(registry->kinds(), std::vector<std::string>{"Thing"});
}

TEST_F(SchemaFolder, MustHoldSchemasAndAllThatTheyReferTo) {
  EXPECT_FALSE(SchemaRegistry::load(folder_.string()).has_value());
  EXPECT_FALSE(SchemaRegistry::load((folder_ / "none").string()).has_value());
  write("Thing.schema.json",
        thing("'users': {'type': 'array', 'items': {'type': 'string', 'x-hearth-reference': 'User'}}"));
  const auto registry = SchemaRegistry::load(folder_.string());
  ASSERT_FALSE(registry.has_value());
  EXPECT_EQ(registry.error().message, "Thing.users refers to User, which is no kind of this installation");
}

}  // namespace
}  // namespace hearth
