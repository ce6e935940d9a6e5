// Renders probes and operations as one POSIX-sh script: what a node is fed on standard input.
//
// A script is one brace group. A shell runs nothing of it before it has read the closing brace, so a script
// that was cut off on its way does nothing at all. Answers come framed on standard output and error: lines
// that begin with the nonce, which no content can contain, as nobody knows it beforehand. reply_parser.h
// reads them.
//
// Contents, holders and names travel inside the script only, never in the arguments of a process other than
// the tool that a path is for.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/transport/operation.h"

namespace hearth {

// A script and how long it may take, all its own timeouts together. After that the transport gives up on it.
struct Script {
  std::string text;
  std::chrono::seconds timeout{0};
};

// ROOT is "" or an absolute, normalised folder that stands for / ; every path lies below it. NONCE: 32
// hexadecimal digits, fresh for each script. Observing writes nothing on the node, not even a temporary file.
Script render_observe(const std::vector<Probe>& probes, std::string_view nonce, std::string_view root = {});

// LEASE as in Transport::execute_groups().
Script render_execute(const std::vector<OperationGroup>& groups, std::string_view lease,
                      std::string_view nonce, std::string_view root = {});

// TEXT as one word of sh. TEXT must not contain NUL, which no argument of a process can.
std::string shell_quote(std::string_view text);

}  // namespace hearth
