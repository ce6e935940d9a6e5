// JSON Schema draft 7, the keywords that hearth's schemas use, over values that know where they stand.
#pragma once

#include <string>
#include <string_view>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/value.h"

namespace hearth {

// Every keyword of SCHEMA that this validator does not support: an empty list means that validate() judges it fully.
// x-hearth-* keywords are annotations and pass.
Diagnostics check_schema(const Value& schema, std::string_view file);

// All that is wrong with INSTANCE. PATH is where it stands in its document (`spec`), for messages. A SecretName
// passes where the schema says `x-hearth-secret: true` and is an error elsewhere; a plain value where a secret is due is
// refused (rule plaintext-secret) without being shown.
Diagnostics validate(const Value& schema, const Value& instance, std::string_view path);

}  // namespace hearth
