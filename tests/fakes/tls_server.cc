#include "tests/fakes/tls_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "tests/fakes/certificates.h"

namespace sextant {
namespace {

// A broken set-up fails the test that needs it.
void Require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

std::string WriteFile(const std::string& text) {
  std::string path = "/tmp/sextant-test-ca-XXXXXX";
  FILE* file = fdopen(mkstemp(path.data()), "w");
  Require(file != nullptr && std::fputs(text.c_str(), file) >= 0, "cannot write a PEM file");
  std::fclose(file);
  return path;
}

BIO* BioOf(const std::string& text) {
  return BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
}

}  // namespace

struct TlsServer::Tls {
  Tls() {
    BIO* certificate = BioOf(pem.certificate);
    BIO* key = BioOf(pem.key);
    x509 = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
    private_key = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
    BIO_free(certificate);
    BIO_free(key);
    SSL_CTX_use_certificate(context, x509);
    SSL_CTX_use_PrivateKey(context, private_key);
  }
  ~Tls() {
    X509_free(x509);
    EVP_PKEY_free(private_key);
    SSL_CTX_free(context);
  }
  const PemPair pem = MakeCertificate();
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  X509* x509 = nullptr;
  EVP_PKEY* private_key = nullptr;
};

TlsServer::TlsServer(std::string body)
    : body_(std::move(body)),
      tls_(std::make_unique<Tls>()),
      ca_file_(WriteFile(tls_->pem.certificate)),
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
