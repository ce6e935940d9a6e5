// How commands answer: text for people on standard output, complaints on standard error, or one JSON
// document.
#pragma once

#include <string_view>

#include "reconciler/cli/exit_code.h"
#include "reconciler/cli/invocation.h"
#include "reconciler/core/diagnostic.h"
#include "reconciler/core/value.h"

namespace hearth {

void print(std::string_view text);

// With -o text: complaints to standard error. With -o json nothing: they are part of the document.
void complain(const Invocation& invocation, const Diagnostics& diagnostics);

// The one JSON document of a run: {format, command, diagnostics, …DOCUMENT}.
void print_document(const Invocation& invocation, Map document, const Diagnostics& diagnostics = {});

// A command that ends with these errors: prints them in either form and answers with CODE.
ExitCode fail(const Invocation& invocation, const Diagnostics& diagnostics, ExitCode code = ExitCode::error);
ExitCode fail(const Invocation& invocation, Diagnostic diagnostic, ExitCode code = ExitCode::error);

}  // namespace hearth
