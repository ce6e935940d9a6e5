// The shell functions that run on the nodes: what shell_script.cc composes its scripts from.
#pragma once

#include <string_view>

namespace hearth {

// Environment, framing and the reading functions: all that an observation needs. POSIX sh plus `local`, as
// dash and every other sh of Debian has it. Expects $n (the nonce) and $root to be set before it.
std::string_view shell_observe_library();

// Writing, keeping, leases, units. Comes after the first. Expects $lease and $id8 (8 hexadecimal digits that
// name this run's temporary files) to be set before it.
std::string_view shell_execute_library();

}  // namespace hearth
