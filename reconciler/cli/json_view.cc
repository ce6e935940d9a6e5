#include "reconciler/cli/json_view.h"

#include <utility>

namespace hearth {

Value diagnostic_json(const Diagnostic& diagnostic) {
  Map out{{"severity", diagnostic.severity == Severity::error ? "error" : "warning"},
          {"rule", diagnostic.rule}};
  if (diagnostic.position.known()) {
    out.set("file", *diagnostic.position.file);
    out.set("line", static_cast<std::int64_t>(diagnostic.position.line));
    out.set("column", static_cast<std::int64_t>(diagnostic.position.column));
  }
  if (!diagnostic.path.empty()) out.set("path", diagnostic.path);
  out.set("message", diagnostic.message);
  if (!diagnostic.hint.empty()) out.set("hint", diagnostic.hint);
  return out;
}

Value diagnostics_json(const Diagnostics& diagnostics) {
  List out;
  for (const Diagnostic& diagnostic : diagnostics.all()) out.push_back(diagnostic_json(diagnostic));
  return out;
}

}  // namespace hearth
