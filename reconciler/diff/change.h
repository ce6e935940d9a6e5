// The difference between what is declared and what is.
#pragma once

#include <string>
#include <vector>

#include "reconciler/core/effect.h"
#include "reconciler/core/value.h"
#include "reconciler/manifest/kind_schema.h"

namespace hearth {

// One field, desired against live. Canonical on both sides.
struct Change {
  std::string path;  // within spec: `mode`, `dropIns.10-limits`, `disks.scsi0.size`
  Value live;        // null: absent there
  Value desired;     // null: must be unset
  FieldSchema::Write write = FieldSchema::Write::online;
  Effect effect = Effect::none;
  bool secret = false;     // neither side may be shown
  bool immutable = false;  // differs, and cannot be changed in place: refused with what a person can do
};

// One field whose live value could not be read.
struct UnknownField {
  std::string path;
  std::string why;
};

struct Difference {
  std::vector<Change> changes;
  std::vector<UnknownField> unknown;
  [[nodiscard]] bool empty() const { return changes.empty() && unknown.empty(); }
};

}  // namespace hearth
