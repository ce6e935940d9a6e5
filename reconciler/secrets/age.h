// Secrets that lie encrypted in the manifests' repository. https://age-encryption.org says what is in such a file; the
// program `age` (Debian's package of that name) reads and writes them. What it is told and what it says goes over pipes:
// the plaintext is in no file and in no list of processes.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/secret.h"

namespace hearth {

struct Age {
  std::string program = "age";  // looked up in PATH
  std::chrono::milliseconds timeout{20'000};

  // What CIPHERTEXT says to who has IDENTITY, a file. Fails with what age says, which is nothing of the content.
  [[nodiscard]] Result<SecretText> decrypt(const std::string& ciphertext, const std::string& identity) const;

  // TEXT as an armored file (text, so that git has something to show) that whoever of RECIPIENTS can read. Needs one.
  [[nodiscard]] Result<std::string> encrypt(const SecretText& text,
                                            const std::vector<std::string>& recipients) const;
};

// "" when TEXT has the form of a public key that age encrypts to: age1…, ssh-ed25519 …, ssh-rsa …; else why not. Says
// nothing of TEXT, which may be a private key that was put into the wrong place.
std::string why_no_recipient(const std::string& text);

// "" when FILE, which is to hold a private key, is there and nobody else may use it; else why not, and what to do in HINT.
std::string why_no_identity(const std::string& file, std::string& hint);

}  // namespace hearth
