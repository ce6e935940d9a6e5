#include "reconciler/cli/report.h"

#include <iostream>
#include <utility>

#include "reconciler/cli/json_view.h"
#include "reconciler/cli/text_view.h"
#include "reconciler/core/json.h"

namespace hearth {

void print(std::string_view text) {
  std::cout << text;
}

void complain(const Invocation& invocation, const Diagnostics& diagnostics) {
  if (!invocation.json()) std::cerr << diagnostics_text(diagnostics, invocation.error_style);
}

void print_document(const Invocation& invocation, Map document, const Diagnostics& diagnostics) {
  Map out{{"format", 1}, {"command", invocation.command}, {"diagnostics", diagnostics_json(diagnostics)}};
  for (auto& [key, position, value] : document) out.set(std::move(key), std::move(value));
  std::cout << to_json(out, true) << "\n";
}

ExitCode fail(const Invocation& invocation, const Diagnostics& diagnostics, ExitCode code) {
  complain(invocation, diagnostics);
  if (invocation.json()) print_document(invocation, {}, diagnostics);
  return code;
}

ExitCode fail(const Invocation& invocation, Diagnostic diagnostic, ExitCode code) {
  Diagnostics diagnostics;
  diagnostics.add(std::move(diagnostic));
  return fail(invocation, diagnostics, code);
}

}  // namespace hearth
