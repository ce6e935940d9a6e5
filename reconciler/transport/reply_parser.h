// Reads what a script of shell_script.h said. Pure: bytes in, replies out; any bytes at all are survived.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconciler/transport/operation.h"

namespace hearth {

// The two streams of one script, as far as they came.
struct ScriptOutput {
  std::string out;
  std::string err;
};

// True when the script began to run: false says that the shell, sudo or the login never got to it.
bool has_begun(std::string_view out, std::string_view nonce);
// True when the script came to its end: nothing that follows is part of the answer.
bool has_ended(std::string_view out, std::string_view nonce);

// One reply a probe, in their order. Whatever is missing or broken off is a NoReply; WHY_CUT says why the
// streams ended early, for its message. PROBES and ROOT must be those that the script was rendered from.
std::vector<Reply> parse_replies(const std::vector<Probe>& probes, std::string_view nonce,
                                 const ScriptOutput& output, std::string_view root = {},
                                 std::string_view why_cut = {});

// One result for each operation of groups of these SIZES. An operation without an answer is `unknown` when the script may
// have got to it, `not_sent` when it stands behind one that failed. Call only for scripts that have begun or
// may have.
std::vector<std::vector<OperationResult>> parse_results(const std::vector<std::size_t>& sizes,
                                                        std::string_view nonce, const ScriptOutput& output,
                                                        std::string_view why_cut = {});

}  // namespace hearth
