// What the real system says now.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "reconciler/core/value.h"

namespace hearth {

// The live side of one resource, canonical, in the schema's own fields. FIELDS is a map when the thing is present. In it,
// null says "unset", an UnknownValue says "could not be read"; a field of the schema that is missing was not read at
// all and counts as unknown. Unknown is never the same as absent.
struct Live {
  enum class Presence : std::uint8_t { present, absent, unknown };
  Presence presence = Presence::unknown;
  std::string why;  // when unknown
  Value fields = Map{};
  // It runs, and with the content that lies on its host now: somewhere good to go back to.
  bool proven = false;
  // Of fields that hold secrets: marks of what was read (Secrets::mark), by field. Same mark, same content.
  std::map<std::string, std::string> marks = {};

  static Live present(Map fields) { return {Presence::present, {}, Value(std::move(fields))}; }
  static Live absent() { return {Presence::absent, {}, Value(Map{})}; }
  static Live unknown(std::string why) { return {Presence::unknown, std::move(why), Value(Map{})}; }
};

}  // namespace hearth
