// JSON Schema draft 7, the keywords that hearth's schemas use, over values that know where they stand.
//
// Supported: all validation keywords of draft 7, and $ref to places in the same document. Refused loudly: $id
// below the root, $ref to other documents, and every keyword that is not of draft 7. Annotations
// (`description`, `format`, …) and x-hearth-* keywords pass; of the latter `x-hearth-secret`, `x-hearth-form`
// and `x-hearth-expected` matter here: that one says for people what a pattern or combination means ("a
// lower-case name").
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/value.h"

namespace hearth {

struct SchemaTree;

// A schema, compiled once. Immutable: any thread may use it.
class SchemaValidator {
 public:
  enum class Dialect : std::uint8_t {
    // What manifests mean by null, secrets and values that were complained of already:
    // - null passes in place of any member of a map ("must be unset") but a required one and one that
    // `x-hearth-kind`
    //   names as identity; as an element of a list it passes only where the type says null;
    // - a SecretName passes where the schema says `x-hearth-secret: true` and nowhere else; a plain value
    // there is
    //   refused (rule plaintext-secret) without being shown;
    // - an UnknownValue passes;
    // - a string with `x-hearth-form` must have that form: what cannot be read cannot be compared.
    hearth,
    draft7,  // to the letter
  };

  // Compiles SCHEMA, which need not live longer than the call. Whatever is not supported or makes no sense
  // goes to DIAGNOSTICS (rule bad-schema, PATH a JSON pointer), and nothing comes back.
  static std::unique_ptr<const SchemaValidator> compile(const Value& schema, std::string_view file,
                                                        Diagnostics& diagnostics,
                                                        Dialect dialect = Dialect::hearth);

  SchemaValidator(const SchemaValidator&) = delete;
  SchemaValidator& operator=(const SchemaValidator&) = delete;
  ~SchemaValidator();

  // All that is wrong with INSTANCE (up to a hundred errors). PATH is where it stands in its document
  // (`spec`), for messages. Linear in the size of INSTANCE but for `contains`-like keywords.
  [[nodiscard]] Diagnostics validate(const Value& instance, std::string_view path) const;
  // Only whether something is: stops at the first.
  [[nodiscard]] bool is_valid(const Value& instance) const;

 private:
  SchemaValidator(std::unique_ptr<const SchemaTree> tree, Dialect dialect);

  std::unique_ptr<const SchemaTree> tree_;
  Dialect dialect_;
};

// Every keyword of SCHEMA that this validator does not support: an empty list means that validate() judges it
// fully.
Diagnostics check_schema(const Value& schema, std::string_view file);

// For a schema that is used once. Where it is used again, keep a SchemaValidator (KindSchema has one).
Diagnostics validate(const Value& schema, const Value& instance, std::string_view path);

}  // namespace hearth
