// Takes a secret from a person, or from what is piped in.
#pragma once

#include <string>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/secret.h"

namespace hearth {

// Asks for NAME twice on the terminal IN, which shows nothing of what is typed; OUT is where the questions go. Ctrl-C,
// Ctrl-D at once, and two answers that differ end it without one. The terminal is put back whatever happens.
Result<SecretText> ask_for_secret(const std::string& name, int in, int out);

// All of FD. One line break at the end is not part of the secret: `echo` puts it there.
Result<SecretText> secret_from(int fd);

}  // namespace hearth
