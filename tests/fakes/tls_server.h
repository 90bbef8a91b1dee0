// An HTTPS server on a loopback port with a certificate that it has signed itself.
#pragma once
#include <memory>
#include <string>
#include <thread>

namespace sextant {

// Answers every request with `body`, one connection at a time, until destruction.
class TlsServer {
 public:
  explicit TlsServer(std::string body);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::string url() const;                                 // https://127.0.0.1:port
  const std::string& ca_file() const { return ca_file_; }  // The certificate, in PEM.

 private:
  struct Tls;
  void Serve();

  const std::string body_;
  std::unique_ptr<Tls> tls_;
  std::string ca_file_;
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace sextant
