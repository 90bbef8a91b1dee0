#include "server/endpoint.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/did_you_mean.h"

namespace sextant {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, UrlDeleter>;

std::optional<std::string> Part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return std::nullopt;
  std::string copy = text;
  curl_free(text);
  return copy;
}

absl::Status Expected(absl::string_view expected, absl::string_view text) {
  // What stands before an @ may be a password, which must not reach a log.
  const size_t at = text.rfind('@');
  if (at != absl::string_view::npos) text.remove_prefix(at);
  return absl::InvalidArgumentError(absl::StrCat("expected ", expected, ", got ", Quoted(text)));
}

}  // namespace

absl::Status CheckListenAddress(absl::string_view text) {
  constexpr absl::string_view kExpected =
      "HOST:PORT such as 127.0.0.1:50051 (port 0: any free one)";
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return Expected(kExpected, text);
  const std::string host(text.substr(0, colon));
  const absl::string_view port_text = text.substr(colon + 1);
  uint32_t port = 0;
  if (host.empty() || port_text.empty() || port_text.size() > 5 ||
      port_text.find_first_not_of("0123456789") != absl::string_view::npos ||
      !absl::SimpleAtoi(port_text, &port) || port > 65535) {
    return Expected(kExpected, text);
  }
  // As a whole URL, so that a host with a path, a user or a stray colon does not pass.
  const UrlHandle url(curl_url());
  const std::string whole = absl::StrCat("http://", host, ":1/");
  if (curl_url_set(url.get(), CURLUPART_URL, whole.c_str(), 0) != CURLUE_OK ||
      Part(url.get(), CURLUPART_HOST) != host) {
    return Expected(kExpected, text);
  }
  return absl::OkStatus();
}

bool IsLoopback(absl::string_view address) {
  const std::string host(address.substr(0, address.rfind(':')));
  in_addr numeric{};
  if (inet_pton(AF_INET, host.c_str(), &numeric) == 1) return ntohl(numeric.s_addr) >> 24 == 127;
  return host == "localhost" || host == "[::1]";
}

absl::StatusOr<std::string> UrlAuthority(const std::string& text) {
  constexpr absl::string_view kExpected = "an http or https URL such as http://127.0.0.1:8000/v1";
  // libcurl would take http:///v1 for the host v1.
  const size_t separator = text.find("://");
  if (separator == std::string::npos || absl::StartsWith(text.substr(separator), ":///")) {
    return Expected(kExpected, text);
  }
  const UrlHandle url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return Expected(kExpected, text);
  }
  const std::optional<std::string> scheme = Part(url.get(), CURLUPART_SCHEME);
  const std::optional<std::string> host = Part(url.get(), CURLUPART_HOST);
  const std::optional<std::string> port = Part(url.get(), CURLUPART_PORT);
  const bool is_http = scheme == "http" || scheme == "https";
  if (!is_http || !host || host->empty() || !port || *port == "0") {
    return Expected(kExpected, text);
  }
  if (Part(url.get(), CURLUPART_USER) || Part(url.get(), CURLUPART_PASSWORD)) {
    return absl::InvalidArgumentError(
        "expected a URL without user and password: put a bearer token into api_key_env");
  }
  if (Part(url.get(), CURLUPART_QUERY) || Part(url.get(), CURLUPART_FRAGMENT)) {
    return absl::InvalidArgumentError("expected a URL without query and fragment");
  }
  return absl::StrCat(*host, ":", *port);
}

}  // namespace sextant
