// What became of a script: from how its shell ended to the answers that a transport owes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/transport/reply_parser.h"

namespace hearth {

// How the run of a script ended, however it was carried.
struct ScriptEnd {
  ScriptOutput output;
  bool delivered = true;  // its last byte was handed over; one that was not has not run
  int exit_code = -1;     // of the shell, -1 when not known
  std::string why;  // why it ended early (lost connection, timeout, cancelled); "" when it ended by itself
};

// Why the script never began to run although it was handed to the host: sudo wants a password, no shell, …;
// with what to do. Only meaningful when has_begun() is false and the end is known.
Diagnostic why_not_begun(std::string_view host, const ScriptEnd& end);

Result<std::vector<Reply>> answer_to_observe(std::string_view host, const std::vector<Probe>& probes,
                                             std::string_view nonce, const ScriptEnd& end,
                                             std::string_view root);
std::vector<std::vector<OperationResult>> answer_to_execute(std::string_view host,
                                                            const std::vector<std::size_t>& sizes,
                                                            std::string_view nonce, const ScriptEnd& end);

// Groups of these SIZES that provably have not been begun, because of WHY.
std::vector<std::vector<OperationResult>> none_sent(const std::vector<std::size_t>& sizes,
                                                    const Diagnostic& why);

// How many operations are in each group.
std::vector<std::size_t> sizes_of(const std::vector<OperationGroup>& groups);

}  // namespace hearth
