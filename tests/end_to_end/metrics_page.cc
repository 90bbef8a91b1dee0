#include "tests/end_to_end/metrics_page.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <numeric>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sextant {
namespace {

sockaddr_in Loopback(int port) {
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(static_cast<uint16_t>(port))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

MetricsPage::MetricsPage() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  port_ = ntohs(address.sin_port);
}

std::string MetricsPage::address() const { return absl::StrCat("127.0.0.1:", port_); }

std::string MetricsPage::Text() const {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = Loopback(port_);
  EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  const std::string request = "GET /metrics HTTP/1.0\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::string response;
  char buffer[4096];
  for (ssize_t n; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) response.append(buffer, n);
  close(fd);
  return response;
}

std::vector<double> MetricsPage::Values(const std::vector<std::string>& parts) const {
  std::vector<double> values;
  const std::string page = Text();
  for (absl::string_view line : absl::StrSplit(page, '\n')) {
    bool wanted = !absl::StartsWith(line, "#");
    for (const std::string& part : parts) wanted = wanted && absl::StrContains(line, part);
    double value = 0;
    if (wanted && absl::SimpleAtod(line.substr(line.rfind(' ') + 1), &value))
      values.push_back(value);
  }
  return values;
}

double MetricsPage::Sum(const std::vector<std::string>& parts) const {
  const std::vector<double> values = Values(parts);
  return std::accumulate(values.begin(), values.end(), 0.0);
}

int MetricsPage::Series(const std::vector<std::string>& parts) const {
  return static_cast<int>(Values(parts).size());
}

void MetricsPage::Await(const std::vector<std::string>& parts, double value) const {
  while (Sum(parts) != value) std::this_thread::yield();
}

}  // namespace sextant
