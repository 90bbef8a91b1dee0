#include "server/certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

struct Deleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Deleter>;
using Certificate = std::unique_ptr<X509, Deleter>;
using Key = std::unique_ptr<EVP_PKEY, Deleter>;

template <typename... What>
absl::Status Wrong(const PemFile& file, const What&... what) {
  return absl::InvalidArgumentError(absl::StrCat(file.path, ": ", what...));
}

Bio BioOf(const PemFile& file) {
  return Bio(BIO_new_mem_buf(file.text.data(), static_cast<int>(file.text.size())));
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm fields{};
  ASN1_TIME_to_tm(time, &fields);
  return absl::FromTM(fields, absl::UTCTimeZone());
}

std::string Shown(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

// All certificates of a file, of which there is at least one.
absl::StatusOr<std::vector<Certificate>> CertificatesOf(const PemFile& file) {
  const Bio bio = BioOf(file);
  std::vector<Certificate> certificates;
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  // To OpenSSL the end of the file is an error like any other.
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (is_end && !certificates.empty()) return certificates;
  return Wrong(file, is_end ? "holds no certificate" : "holds a broken certificate",
               ", expected PEM (-----BEGIN CERTIFICATE-----)");
}

absl::Status CheckValidity(const PemFile& file, const Certificate& certificate, absl::Time now) {
  const absl::Time begin = TimeOf(X509_get0_notBefore(certificate.get()));
  const absl::Time end = TimeOf(X509_get0_notAfter(certificate.get()));
  if (now > end) return Wrong(file, "the certificate expired on ", Shown(end));
  if (now < begin) return Wrong(file, "the certificate is not valid before ", Shown(begin));
  return absl::OkStatus();
}

// Without it OpenSSL would ask for the password of a key on the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

}  // namespace

absl::Status CheckCertificate(const PemFile& certificate, absl::Time now) {
  const auto certificates = CertificatesOf(certificate);
  if (!certificates.ok()) return certificates.status();
  for (const Certificate& one : *certificates) {
    if (absl::Status status = CheckValidity(certificate, one, now); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckKey(const PemFile& key, const PemFile& certificate) {
  const auto certificates = CertificatesOf(certificate);
  if (!certificates.ok()) return certificates.status();
  const Bio bio = BioOf(key);
  const Key read(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassword, nullptr));
  const bool matches =
      read != nullptr && X509_check_private_key(certificates->front().get(), read.get()) == 1;
  ERR_clear_error();
  if (matches) return absl::OkStatus();
  if (read != nullptr)
    return Wrong(key, "the key does not match the certificate in ", certificate.path);
  return Wrong(key,
               "holds no private key that can be read, expected PEM (-----BEGIN PRIVATE KEY-----) "
               "without a password");
}

absl::Status CheckAuthorities(const PemFile& authorities, absl::Time now) {
  const auto certificates = CertificatesOf(authorities);
  if (!certificates.ok()) return certificates.status();
  // A bundle may keep authorities of the past beside those of today.
  absl::Status status;
  for (const Certificate& one : *certificates) {
    status = CheckValidity(authorities, one, now);
    if (status.ok()) return status;
  }
  return status;
}

}  // namespace sextant
