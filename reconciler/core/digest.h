// SHA-256, the one hash that hearth uses.
#pragma once

#include <string>
#include <string_view>

namespace hearth {

// 64 lower-case hexadecimal digits, as sha256sum prints them.
std::string sha256(std::string_view bytes);

// HMAC-SHA-256, same form: for what must be recognised again without being guessable (secrets in the journal).
std::string keyed_sha256(std::string_view key, std::string_view bytes);

std::string base64(std::string_view bytes);

// N random bytes as 2·N hexadecimal digits, from the system's generator.
std::string random_hex(std::size_t bytes);

}  // namespace hearth
