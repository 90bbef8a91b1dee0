// TLS files and callers in the configuration.
#include "server/security_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "absl/strings/str_cat.h"
#include "server/callers.h"
#include "server/config.h"
#include "tests/fakes/certificates.h"
#include "tests/fakes/folder_fixture.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// `printf abc | openssl dgst -sha256` and `printf def | openssl dgst -sha256`.
constexpr char kAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kDef[] = "cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34";

// A configuration of two models, of which only the first has a price.
absl::StatusOr<Config> ConfigWith(const std::string& server, const std::string& callers) {
  return ParseConfig(absl::StrCat("server: {listen: ", server, "}\n",
                                  "models:\n"
                                  "  - name: priced\n"
                                  "    price: {completion_per_million: 1}\n"
                                  "    backends: [{url: \"http://127.0.0.1:8000/v1\"}]\n"
                                  "  - name: free\n"
                                  "    backends: [{url: \"http://127.0.0.1:8000/v1\"}]\n",
                                  callers),
                     "f.yaml");
}
std::string ErrorsOf(const std::string& caller) {
  const std::string callers = absl::StrCat("callers:\n  - {", caller, "}\n");
  return std::string(ConfigWith("127.0.0.1:0", callers).status().message());
}

TEST(CallerConfigTest, ReadsTokensModelsAndLimits) {
  const auto config = ConfigWith("127.0.0.1:0", absl::StrCat("callers:\n"
                                                             "  - name: team-a\n"
                                                             "    token_sha256: [",
                                                             kAbc, ", ", kDef, "]\n",
                                                             "    models: [priced]\n"
                                                             "    max_solves: 16\n"
                                                             "    tokens_per_minute: 2000000\n"
                                                             "    usd_per_hour: 2.5\n"
                                                             "  - {name: team-b, token_sha256: ",
                                                             std::string(64, 'A'), "}\n"));

  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->callers.size(), 2u);
  const CallerConfig& a = config->callers[0];
  EXPECT_EQ(a.name, "team-a");
  EXPECT_THAT(a.tokens, ElementsAre(TokenDigest("abc"), TokenDigest("def")));
  EXPECT_THAT(a.models, ElementsAre("priced"));
  EXPECT_EQ(a.max_solves, 16);
  EXPECT_EQ(a.tokens_per_minute, 2'000'000);
  EXPECT_EQ(a.usd_per_hour, 2.5);
  const CallerConfig& b = config->callers[1];
  EXPECT_EQ(b.tokens[0][0], 0xaa);
  EXPECT_THAT(b.models, testing::IsEmpty());
  EXPECT_EQ(b.max_solves + b.tokens_per_minute + b.usd_per_hour, 0);
}

TEST(CallerConfigTest, SaysWhatIsWrongAndNeverRepeatsWhatMayBeAToken) {
  const std::string name_and_token = absl::StrCat("name: a, token_sha256: ", kAbc);

  EXPECT_EQ(ErrorsOf("name: a"), "f.yaml:9: callers[0].token_sha256: required key is missing");
  EXPECT_EQ(ErrorsOf("name: a, token_sha256: sk-my-token"),
            "f.yaml:9: callers[0].token_sha256: expected SHA-256 digests of tokens, of 64 "
            "hexadecimal digits each");
  EXPECT_THAT(ErrorsOf("name: a, token_sha256: \"sk-my\\ntoken\""), Not(HasSubstr("sk-my")));
  EXPECT_EQ(ErrorsOf(absl::StrCat(name_and_token, ", models: [price]")),
            "f.yaml:9: callers[0].models: no model is named \"price\", expected some of models "
            "(did you mean priced?)");
  EXPECT_EQ(ErrorsOf(absl::StrCat(name_and_token, ", usd_per_hour: 1")),
            "f.yaml:9: callers[0].usd_per_hour: model \"free\" has no price, so its solves would "
            "not count");
  EXPECT_EQ(ErrorsOf(absl::StrCat(name_and_token, ", usd_per_hour: 1, models: priced")), "");
  EXPECT_THAT(ErrorsOf(absl::StrCat(name_and_token, ", max_solve: 1")),
              HasSubstr("unknown key (did you mean max_solves?)"));
}

TEST(CallerConfigTest, NamesAndDigestsAreUnique) {
  const auto config =
      ConfigWith("127.0.0.1:0", absl::StrCat("callers:\n  - {name: a, token_sha256: ", kAbc,
                                             "}\n  - {name: a, token_sha256: ", kAbc, "}\n"));

  EXPECT_THAT(std::string(config.status().message()),
              AllOf(HasSubstr("callers[1].name: another caller is named \"a\""),
                    HasSubstr("callers[1].token_sha256: a digest stands in the file twice")));
}

TEST(CallerConfigTest, TokensNeedALoopbackAddressOrTlsOrAnExplicitWord) {
  const std::string callers = absl::StrCat("callers: [{name: a, token_sha256: ", kAbc, "}]\n");

  EXPECT_TRUE(ConfigWith("127.0.0.1:50051", callers).ok());
  EXPECT_TRUE(ConfigWith("localhost:50051", callers).ok());
  EXPECT_TRUE(ConfigWith("\"[::1]:50051\"", callers).ok());
  EXPECT_THAT(std::string(ConfigWith("0.0.0.0:50051", callers).status().message()),
              HasSubstr("f.yaml:8: callers: their tokens could be overheard: server.listen is "
                        "0.0.0.0:50051, no loopback address"));
  EXPECT_TRUE(ConfigWith("0.0.0.0:50051, tokens_without_tls: true", callers).ok());
  EXPECT_TRUE(ConfigWith("0.0.0.0:50051", "").ok());
}

class TlsConfigTest : public FolderFixture {
 protected:
  TlsConfigTest() {
    const PemPair pair = MakeCertificate();
    Write("server.pem", pair.certificate);
    Write("server.key", pair.key);
  }

  // The configuration in that folder, with these lines under `tls`.
  absl::StatusOr<Config> Load(const std::string& tls) {
    Write("server.yaml",
          absl::StrCat("server: {listen: 0.0.0.0:0, tls: {", tls, "}}\n",
                       "models: [{name: m, backends: [{url: \"http://127.0.0.1:8000/v1\"}]}]\n"));
    return LoadConfig(folder_ / "server.yaml");
  }
  std::string ErrorOf(const std::string& tls) { return std::string(Load(tls).status().message()); }
};

TEST_F(TlsConfigTest, FindsItsFilesBesideTheConfiguration) {
  const auto config = Load("certificate: server.pem, key: server.key, client_ca: server.pem");

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server.tls->certificate, folder_ / "server.pem");
  EXPECT_EQ(config->server.tls->key, folder_ / "server.key");
  EXPECT_EQ(config->server.tls->client_ca, folder_ / "server.pem");
}

TEST_F(TlsConfigTest, SaysWhichFileIsWrongAndHow) {
  const std::string path = folder_.string();
  Write("other.key", MakeCertificate().key);
  Write("old.pem", MakeCertificate({.end = absl::Now() - absl::Hours(1)}).certificate);

  EXPECT_EQ(
      ErrorOf("certificate: server.pem, key: other.key"),
      absl::StrCat(path, "/server.yaml:1: server.tls.key: ", path,
                   "/other.key: the key does not match the certificate in ", path, "/server.pem"));
  EXPECT_THAT(
      ErrorOf("certificate: old.pem, key: server.key"),
      HasSubstr("server.tls.certificate: " + path + "/old.pem: the certificate expired on "));
  EXPECT_THAT(ErrorOf("certificate: server.pem, key: server.pem"),
              HasSubstr("server.tls.key: " + path + "/server.pem: holds no private key"));
  EXPECT_THAT(ErrorOf("certificate: server.pem, key: server.key, client_ca: server.key"),
              HasSubstr("server.tls.client_ca: " + path + "/server.key: holds no certificate"));
  EXPECT_THAT(ErrorOf("certificate: none.pem, key: server.key"),
              HasSubstr("server.tls.certificate: no such file: \"none.pem\""));
  EXPECT_THAT(ErrorOf("certificate: server.pem"),
              HasSubstr("server.tls.key: required key is missing"));
}

}  // namespace
}  // namespace sextant
