// Keeps what looks like a secret out of manifests, which end in a repository.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconciler/core/value.h"

namespace hearth {

// Why TEXT looks as if it held a secret (a private key, `password=…`); "" when it does not. Never a part of it.
std::string secret_in_text(std::string_view text);

// Why a file called PATH with MODE (octal, "" when not known) is one whose content is secret, whatever it says.
std::string secret_by_name(std::string_view path, std::string_view mode);

// Takes what looks like a secret out of SPEC, a map: texts by what they say, `content` also by `path`. Returns a line for
// each thing that was taken: where it stood, and why. What is a secret may still be missed: a person looks over what is
// imported before it is committed.
std::vector<std::string> take_secrets(Value& spec);

}  // namespace hearth
