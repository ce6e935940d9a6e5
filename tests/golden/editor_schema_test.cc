// schemas/hearth.schema.json is made from the kinds' own schemas and committed, because editors want a file.
#include "reconciler/manifest/editor_schema.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/core/json.h"
#include "reconciler/manifest/schema_validator.h"
#include "reconciler/manifest/yaml_reader.h"
#include "tests/golden/golden.h"

namespace hearth {
namespace {

const std::filesystem::path root = HEARTH_SOURCE_DIR;

std::unique_ptr<const SchemaValidator> editor(const SchemaRegistry& schemas) {
  Diagnostics diagnostics;
  auto validator = SchemaValidator::compile(manifest_schema(schemas), "hearth.schema.json", diagnostics,
                                            SchemaValidator::Dialect::draft7);
  EXPECT_NE(validator, nullptr) << diagnostics.to_string();
  return validator;
}

// What an editor makes of each document of TEXT: it knows YAML, but no secrets.
std::string judged(const SchemaValidator& validator, const std::string& text, const std::string& file) {
  Diagnostics diagnostics;
  std::string out;
  for (const auto& document : read_yaml(text, file, diagnostics)) {
    out += validator.validate(*parse_json(to_json(document)), "").to_string();
  }
  return diagnostics.to_string() + out;
}

class ManifestSchema : public testing::Test {
 protected:
  void SetUp() override {
    auto schemas = SchemaRegistry::load((root / "schemas").string());
    if (!schemas) GTEST_SKIP() << "no kinds yet: " << schemas.error().to_string();
    schemas_ = std::make_unique<SchemaRegistry>(std::move(*schemas));
  }
  std::unique_ptr<SchemaRegistry> schemas_;
};

TEST_F(ManifestSchema, IsTheOneThatIsCommitted) {
  const auto file = root / "schemas/hearth.schema.json";
  const std::string now = to_json(manifest_schema(*schemas_), true) + "\n";
  if (golden::accepting()) {
    std::ofstream(file, std::ios::binary) << now;
    return;
  }
  ASSERT_TRUE(std::filesystem::exists(file)) << "ACCEPT=1 writes it";
  EXPECT_TRUE(golden::read_file(file) == now)
      << file << " is not what the schemas of the kinds make; ACCEPT=1 writes it";
}

TEST_F(ManifestSchema, TakesAllThatWeShowToPeople) {
  const auto validator = editor(*schemas_);
  ASSERT_NE(validator, nullptr);
  std::size_t files = 0;
  for (const std::string_view folder : {"examples", "manifests"}) {
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder, error)) {
      if (entry.path().extension() != ".yaml" || entry.path().filename() == "hearth.yaml") continue;
      ++files;
      EXPECT_EQ(judged(*validator, golden::read_file(entry.path()), entry.path().string()), "")
          << entry.path();
    }
  }
  EXPECT_GT(files, 0U);
}

// Every example of a field, alone in a part of a spec, as somebody would type it.
TEST_F(ManifestSchema, TakesTheExamplesOfEveryField) {
  const auto validator = editor(*schemas_);
  ASSERT_NE(validator, nullptr);
  for (const auto& name : schemas_->kinds()) {
    const KindSchema& kind = *schemas_->find(name);
    for (const auto& field : kind.root().fields) {
      for (const auto& example : field.examples) {
        if (field.secret) continue;
        Map manifest{{"kind", name}, {"items", Map{{"x", Map{{field.name, example}}}}}};
        if (kind.host_scoped()) manifest.set("hosts", "all");
        EXPECT_TRUE(validator->is_valid(Value(manifest)))
            << name << "." << field.name << ": " << to_json(example);
      }
    }
  }
}

// ---- On a kind of its own --------------------------------------------------------------------------------

constexpr const char* thing = R"json({
  "x-hearth-kind": {"kind": "Thing", "scope": "host", "provider": "p", "identity": ["unitName"]},
  "type": "object", "additionalProperties": false, "required": ["path"],
  "properties": {
    "path": {"type": "string", "pattern": "^/"},
    "unitName": {"type": "string"},
    "size": {"$ref": "#/definitions/size", "description": "How large."},
    "state": {"enum": ["on-line", "off-line"]},
    "password": {"type": "string", "x-hearth-secret": true},
    "content": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"anyOf": [{"type": "string"}, {"x-hearth-secret": true}]}}]},
    "disks": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": false, "required": ["size"],
              "properties": {"size": {"type": "integer"}, "cache": {"type": "boolean"}}}}
  },
  "oneOf": [{"required": ["content"]}, {"required": ["disks"]}],
  "definitions": {"size": {"type": ["string", "integer"], "pattern": "^[0-9]"}}
})json";

class ThingSchema : public testing::Test {
 protected:
  void SetUp() override {
    auto schemas = SchemaRegistry::from_texts({{"Thing.schema.json", thing}});
    ASSERT_TRUE(schemas.has_value()) << schemas.error().to_string();
    validator_ = editor(*schemas);
    ASSERT_NE(validator_, nullptr);
  }
  std::string judge(const std::string& text) { return judged(*validator_, text, "m.yaml"); }

  std::unique_ptr<const SchemaValidator> validator_;
};

TEST_F(ThingSchema, TakesWhatHearthTakes) {
  for (const std::string text : {
           "{kind: Thing, name: a, hosts: all, spec: {path: /a, content: x}}",
           "{kind: Thing, name: a, hosts: [b, c], spec: {path: /a, content: [x, {secret: s}], password: "
           "{secret: s}}}",
           "{kind: Thing, items: {a: {path: /a}, b: {path: /b, disks: {d: {cache: true}}}}, hosts: {rack: "
           "1}, spec: {content: x}}",
           "{kind: Thing, name: a, hosts: all, spec: {content: x}, perHost: {h: {path: /a}}}",
           "{kind: Thing, name: a, hosts: h, spec: {path: /a, content: x, size: null, state: null, password: "
           "null, disks: null}}",
           "{kind: Thing, name: a, hosts: h, spec: {path: \"${host.home}/x\", content: x, size: "
           "\"${host.size}\"}}",
           "{kind: Thing, name: a, hosts: h, exclusive: [disks], dependsOn: Thing/b, labels: {a: 1}, "
           "protect: true, drift: "
           "report, onRemove: retain, cluster: c, spec: {path: /a, content: x}}",
       }) {
    EXPECT_EQ(judge(text), "") << text;
  }
}

TEST_F(ThingSchema, RefusesTheMistakesThatPeopleMake) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"{kind: Thnig, name: a, hosts: all}", "none of the values allowed"},
      {"{name: a}", "\"kind\" is missing"},
      {"{kind: Thing, name: a, hosts: all, path: /a}", "there is no field \"path\""},
      {"{kind: Thing, name: a, spec: {path: /a, content: x}}", "\"hosts\" is missing"},
      {"{kind: Thing, name: a, items: {}, hosts: all}", "only one of \"name\" or \"items\""},
      {"{kind: Thing, hosts: all}", "one of \"name\" or \"items\" must be given"},
      {"{kind: Thing, name: a, hosts: all}", "\"spec\" is missing"},
      {"{kind: Thing, name: a, hosts: all, spec: {content: x}}", "\"path\" is missing"},
      {"{kind: Thing, name: a, hosts: all, spec: {path: /a}}", "\"content\" is missing"},
      {"{kind: Thing, name: a, hosts: all, spec: {path: a, content: x}}", "does not match"},
      {"{kind: Thing, name: a, hosts: all, spec: {path: null, content: x}}", "expected a string, found null"},
      {"{kind: Thing, name: a, hosts: all, spec: {path: /a, content: x, unitName: null}}",
       "expected a string, found null"},
      {"{kind: Thing, name: a, hosts: all, spec: {path: /a, content: x, password: plain}}",
       "expected a map or null"},
      {"{kind: Thing, name: a, hosts: all, spec: {path: /a, disks: {d: {cache: true}}}}",
       "\"size\" is missing"},
      {"{kind: Thing, items: {a: {paht: /a}}, hosts: all}", "there is no field \"paht\""},
      {"{kind: Thing, items: {a/b: {path: /a}}, hosts: all}", "the name \"a/b\""},
      {"{kind: Thing, name: a, hosts: all, exclusive: [path], spec: {path: /a, content: x}}",
       "none of the values allowed"},
  };
  for (const auto& [text, message] : bad) {
    EXPECT_NE(judge(text).find(message), std::string::npos) << text << "\n" << judge(text);
  }
}

}  // namespace
}  // namespace hearth
