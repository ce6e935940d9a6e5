#include "providers/host_checks/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

namespace hearth {

namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

// Nobody is asked for a password: an encrypted key in the file is passed over like any other block.
int no_password(char*, int, int, void*) {
  return -1;
}

std::string subject_of(X509* certificate) {
  const Bio out(BIO_new(BIO_s_mem()), &BIO_free);
  if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0,
                                 XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) < 0) {
    return "?";
  }
  const char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

std::optional<CertificateExpiry> first_expiry(std::string_view text) {
  const Bio in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
  std::optional<CertificateExpiry> first;
  while (in) {
    const Certificate certificate(PEM_read_bio_X509(in.get(), nullptr, &no_password, nullptr), &X509_free);
    if (!certificate) break;
    std::tm end{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) continue;
    const std::int64_t at = timegm(&end);
    if (!first || at < first->at) first = CertificateExpiry{at, subject_of(certificate.get())};
  }
  ERR_clear_error();  // "no more blocks" is an error to OpenSSL; it must not meet the next caller in this
                      // thread
  return first;
}

}  // namespace hearth
