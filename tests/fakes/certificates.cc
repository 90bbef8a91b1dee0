#include "tests/fakes/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace sextant {
namespace {

struct Deleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <typename T>
using Owned = std::unique_ptr<T, Deleter>;

// A broken set-up fails the test that needs it.
void Require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

void AddExtension(X509* certificate, int name, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, name, value));
  Require(extension != nullptr, "cannot make a certificate's extension");
  X509_add_ext(certificate, extension.get(), -1);
}

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string PemOf(X509* certificate) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_X509(bio.get(), certificate) == 1, "cannot write a certificate");
  return TextOf(bio.get());
}

std::string PemOf(EVP_PKEY* key, std::string password) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  const EVP_CIPHER* cipher = password.empty() ? nullptr : EVP_aes_256_cbc();
  Require(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, cipher, password.data(),
                                        static_cast<int>(password.size()), nullptr, nullptr) == 1,
          "cannot write a key");
  return TextOf(bio.get());
}

Owned<BIO> BioOf(const std::string& text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace

PemPair MakeCertificate(const CertificateOptions& options) {
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  const Owned<X509> certificate(X509_new());
  X509* x509 = certificate.get();
  X509_set_version(x509, 2);
  static long serial = 0;  // Two of one authority with the same number would be taken for one.
  ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(x509), absl::ToTimeT(options.begin));
  ASN1_TIME_set(X509_getm_notAfter(x509), absl::ToTimeT(options.end));
  X509_set_pubkey(x509, key.get());
  const unsigned char* name = reinterpret_cast<const unsigned char*>(
      options.issuer == nullptr ? "sextant test authority" : "sextant test");
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC, name, -1, -1, 0);
  AddExtension(x509, NID_basic_constraints,
               options.issuer == nullptr ? "critical,CA:TRUE" : "critical,CA:FALSE");
  AddExtension(x509, NID_subject_alt_name, "IP:127.0.0.1");
  if (options.issuer == nullptr) {
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    Require(X509_sign(x509, key.get(), EVP_sha256()) > 0, "cannot sign a certificate");
  } else {
    const Owned<X509> issuer(
        PEM_read_bio_X509(BioOf(options.issuer->certificate).get(), nullptr, nullptr, nullptr));
    const Owned<EVP_PKEY> issuer_key(
        PEM_read_bio_PrivateKey(BioOf(options.issuer->key).get(), nullptr, nullptr, nullptr));
    X509_set_issuer_name(x509, X509_get_subject_name(issuer.get()));
    Require(X509_sign(x509, issuer_key.get(), EVP_sha256()) > 0, "cannot sign a certificate");
  }
  return {PemOf(x509), PemOf(key.get(), options.password)};
}

}  // namespace sextant
