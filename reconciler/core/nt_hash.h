// The form in which Windows and Samba keep a password: MD4 over its UTF-16 ([MS-NLMP] 3.3.1, RFC 1320). Whoever has the hash
// comes in as if they knew the password: it is as secret as that.
#pragma once

#include <optional>
#include <string_view>

#include "reconciler/core/secret.h"

namespace hearth {

// 32 upper-case hexadecimal digits, as pdbedit(8) prints them; nothing for what is no UTF-8.
std::optional<SecretText> nt_hash(std::string_view password);

}  // namespace hearth
