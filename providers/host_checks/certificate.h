// When certificates run out. The only user of OpenSSL's X.509 here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hearth {

struct CertificateExpiry {
  std::int64_t at = 0;  // seconds since the epoch
  std::string subject;  // of the certificate, as `CN = pve.lan`
};

// Of the certificate in PEM text that runs out first; nothing when TEXT holds none. Other PEM blocks (keys)
// are passed over; nothing of them is kept.
std::optional<CertificateExpiry> first_expiry(std::string_view text);

}  // namespace hearth
