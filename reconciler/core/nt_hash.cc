#include "reconciler/core/nt_hash.h"

#include <openssl/crypto.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "reconciler/core/utf8.h"

namespace hearth {

namespace {

using Block = std::array<std::uint32_t, 16>;
using State = std::array<std::uint32_t, 4>;

// Little endian, with surrogate pairs. Room is made first: growing would leave copies behind.
bool to_utf16(std::string_view text, std::string& out) {
  out.reserve(text.size() * 2);
  const auto put = [&](char32_t unit) {
    out += static_cast<char>(unit & 0xFFU);
    out += static_cast<char>(unit >> 8U & 0xFFU);
  };
  for (std::size_t at = 0; at < text.size();) {
    char32_t character = 0;
    const std::size_t length = decode_utf8(text, at, character);
    if (length == 0) return false;
    at += length;
    if (character < 0x10000) {
      put(character);
    } else {
      character -= 0x10000;
      put(0xD800U + (character >> 10U));
      put(0xDC00U + (character & 0x3FFU));
    }
  }
  return true;
}

// OpenSSL has MD4 only in a provider of legacy algorithms that not every machine has.
void add_block(State& state, const Block& words) {
  static constexpr std::array<std::array<unsigned, 4>, 3> shifts{
      {{3, 7, 11, 19}, {3, 5, 9, 13}, {3, 9, 11, 15}}};
  static constexpr std::array<std::uint32_t, 3> constants{0, 0x5A827999U, 0x6ED9EBA1U};
  static constexpr std::array<std::array<std::size_t, 16>, 3> orders{
      {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
       {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15},
       {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15}}};
  auto [a, b, c, d] = state;
  for (std::size_t round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < 16; ++i) {
      const std::uint32_t mixed = round == 0   ? (b & c) | (~b & d)
                                  : round == 1 ? (b & c) | (b & d) | (c & d)
                                               : b ^ c ^ d;
      const std::uint32_t sum = a + mixed + words[orders[round][i]] + constants[round];
      a = std::exchange(
          d, std::exchange(c, std::exchange(b, std::rotl(sum, static_cast<int>(shifts[round][i % 4])))));
    }
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

State md4(std::string& bytes) {
  State state{0x67452301U, 0xEFCDAB89U, 0x98BADCFEU, 0x10325476U};
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  bytes += '\x80';
  while (bytes.size() % 64 != 56) bytes += '\0';
  for (unsigned i = 0; i < 8; ++i) bytes += static_cast<char>(bits >> (8 * i) & 0xFFU);
  Block block{};
  for (std::size_t at = 0; at < bytes.size(); at += 64) {
    for (std::size_t i = 0; i < 64; ++i) {
      if (i % 4 == 0) block[i / 4] = 0;
      block[i / 4] |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * (i % 4));
    }
    add_block(state, block);
  }
  OPENSSL_cleanse(block.data(), sizeof(block));
  return state;
}

}  // namespace

std::optional<SecretText> nt_hash(std::string_view password) {
  std::string bytes;
  bytes.reserve(password.size() * 2 + 128);
  if (!to_utf16(password, bytes)) {
    wipe(bytes);
    return std::nullopt;
  }
  const State state = md4(bytes);
  wipe(bytes);
  std::string hex;
  hex.reserve(32);
  for (const std::uint32_t word : state) {
    for (unsigned i = 0; i < 4; ++i) {
      const std::uint32_t byte = word >> (8 * i) & 0xFFU;
      hex += "0123456789ABCDEF"[byte >> 4U];
      hex += "0123456789ABCDEF"[byte & 0xFU];
    }
  }
  return SecretText(std::move(hex));
}

}  // namespace hearth
