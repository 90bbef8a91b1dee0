// What is wrong with PEM files is said before they are used.
#include "server/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/fakes/certificates.h"

namespace sextant {
namespace {

using testing::HasSubstr;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

PemFile Cert(std::string text) { return {"cert.pem", std::move(text)}; }
PemFile KeyFile(std::string text) { return {"key.pem", std::move(text)}; }

TEST(CertificatesTest, ACertificateWithItsKeyPassesAlsoWithTheOneOfItsAuthorityBehindIt) {
  const PemPair authority = MakeCertificate();
  const PemPair pair = MakeCertificate({.issuer = &authority});
  const PemFile chain = Cert(pair.certificate + authority.certificate);

  EXPECT_EQ(CheckCertificate(chain, absl::Now()), absl::OkStatus());
  EXPECT_EQ(CheckKey(KeyFile(pair.key), chain), absl::OkStatus());
  EXPECT_EQ(CheckAuthorities(Cert(authority.certificate), absl::Now()), absl::OkStatus());
}

TEST(CertificatesTest, ACertificateIsRefusedBeforeAndAfterItsTime) {
  const absl::Time begin = absl::FromUnixSeconds(1'800'000'000), end = begin + absl::Hours(1);
  const PemFile file = Cert(MakeCertificate({.begin = begin, .end = end}).certificate);

  EXPECT_EQ(CheckCertificate(file, begin + absl::Seconds(1)), absl::OkStatus());
  EXPECT_EQ(Message(CheckCertificate(file, begin - absl::Seconds(1))),
            "cert.pem: the certificate is not valid before 2027-01-15 08:00:00 UTC");
  EXPECT_EQ(Message(CheckCertificate(file, end + absl::Seconds(1))),
            "cert.pem: the certificate expired on 2027-01-15 09:00:00 UTC");
}

TEST(CertificatesTest, AnExpiredCertificateOfTheChainIsRefusedToo) {
  const PemPair authority = MakeCertificate({.end = absl::Now() - absl::Minutes(1)});
  const PemPair pair = MakeCertificate({.issuer = &authority});

  EXPECT_THAT(
      Message(CheckCertificate(Cert(pair.certificate + authority.certificate), absl::Now())),
      HasSubstr("expired"));
}

TEST(CertificatesTest, WhatIsNoCertificateIsRefused) {
  const PemPair pair = MakeCertificate();
  const std::string broken = absl::StrReplaceAll(pair.certificate, {{"MI", "!!"}});

  EXPECT_THAT(Message(CheckCertificate(Cert(""), absl::Now())),
              HasSubstr("cert.pem: holds no certificate, expected PEM"));
  EXPECT_THAT(Message(CheckCertificate(Cert(pair.key), absl::Now())),
              HasSubstr("holds no certificate"));
  EXPECT_THAT(Message(CheckCertificate(Cert(broken), absl::Now())),
              HasSubstr("holds a broken certificate"));
  EXPECT_THAT(Message(CheckCertificate(Cert(pair.certificate + broken), absl::Now())),
              HasSubstr("holds a broken certificate"));
}

TEST(CertificatesTest, AKeyIsRefusedThatIsAnotherCertificatesOrNeedsAPasswordOrIsNone) {
  const PemPair pair = MakeCertificate();
  const PemFile certificate = Cert(pair.certificate);

  EXPECT_EQ(Message(CheckKey(KeyFile(MakeCertificate().key), certificate)),
            "key.pem: the key does not match the certificate in cert.pem");
  EXPECT_THAT(Message(CheckKey(KeyFile(MakeCertificate({.password = "x"}).key), certificate)),
              HasSubstr("key.pem: holds no private key that can be read"));
  EXPECT_THAT(Message(CheckKey(KeyFile(pair.certificate), certificate)),
              HasSubstr("without a password"));
}

TEST(CertificatesTest, ABundleOfAuthoritiesMayHoldExpiredOnesButNotThemAlone) {
  const std::string expired = MakeCertificate({.end = absl::Now() - absl::Minutes(1)}).certificate;
  const std::string valid = MakeCertificate().certificate;

  EXPECT_EQ(CheckAuthorities(Cert(expired + valid), absl::Now()), absl::OkStatus());
  EXPECT_THAT(Message(CheckAuthorities(Cert(expired), absl::Now())), HasSubstr("expired"));
}

}  // namespace
}  // namespace sextant
