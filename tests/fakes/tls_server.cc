#include "tests/fakes/tls_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "absl/strings/str_cat.h"

namespace sextant {
namespace {

// A broken set-up fails the test that needs it.
void Require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

void AddExtension(X509* certificate, int name, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, name, value);
  Require(extension != nullptr, "cannot make a certificate's extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// For 127.0.0.1, for a day from now on, its own authority.
X509* SelfSigned(EVP_PKEY* key) {
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  const unsigned char text[] = "sextant test";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate, NID_subject_alt_name, "IP:127.0.0.1");
  Require(X509_sign(certificate, key, EVP_sha256()) > 0, "cannot sign a certificate");
  return certificate;
}

std::string WritePem(X509* certificate) {
  std::string path = "/tmp/sextant-test-ca-XXXXXX";
  FILE* file = fdopen(mkstemp(path.data()), "w");
  Require(file != nullptr && PEM_write_X509(file, certificate) == 1, "cannot write a PEM file");
  std::fclose(file);
  return path;
}

}  // namespace

struct TlsServer::Tls {
  Tls() {
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
  }
  ~Tls() {
    X509_free(certificate);
    EVP_PKEY_free(key);
    SSL_CTX_free(context);
  }
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = SelfSigned(key);
};

TlsServer::TlsServer(std::string body)
    : body_(std::move(body)),
      tls_(std::make_unique<Tls>()),
      ca_file_(WritePem(tls_->certificate)),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  Require(bind(listener_, generic, size) == 0 && listen(listener_, 16) == 0 &&
              getsockname(listener_, generic, &size) == 0,
          "cannot listen on the loopback interface");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

TlsServer::~TlsServer() {
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
  unlink(ca_file_.c_str());
}

std::string TlsServer::url() const { return absl::StrCat("https://127.0.0.1:", port_); }

void TlsServer::Serve() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    SSL* ssl = SSL_new(tls_->context);
    SSL_set_fd(ssl, fd);
    char request[4096];
    if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof(request)) > 0) {
      const std::string response =
          absl::StrCat("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ", body_.size(),
                       "\r\n\r\n", body_);
      SSL_write(ssl, response.data(), static_cast<int>(response.size()));
      SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    close(fd);
  }
}

}  // namespace sextant
