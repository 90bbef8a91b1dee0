// The keys `receipts` and `log` of the configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "server/config.h"
#include "tests/fakes/folder_fixture.h"

namespace sextant {
namespace {

using testing::HasSubstr;

constexpr char kRest[] = R"yaml(
server: {listen: 127.0.0.1:50051}
models:
  - name: m
    backends: [{url: "http://127.0.0.1:8000/v1"}]
)yaml";

class ReceiptsConfigTest : public FolderFixture {
 protected:
  // A configuration that begins with `line`.
  absl::StatusOr<Config> Load(absl::string_view line) const {
    return LoadConfig(Write("f.yaml", absl::StrCat(line, kRest)));
  }
  std::string Error(absl::string_view line) const {
    return std::string(Load(line).status().message());
  }
};

const std::string kKey(32, 'k');
const std::string kOldKey(44, 'o');

TEST_F(ReceiptsConfigTest, WithoutItReceiptsHaveNoKeyAndAreValidForAWeek) {
  const auto config = Load("");

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->receipts.key, "");
  EXPECT_EQ(config->receipts.previous_key, "");
  EXPECT_EQ(config->receipts.valid_for, absl::Hours(24 * 7));
}

TEST_F(ReceiptsConfigTest, KeysAreReadFromFilesWithoutTheirLastLineBreak) {
  Write("new.key", kKey + "\n");
  Write("old.key", kOldKey);

  const auto config =
      Load("receipts: {key_file: new.key, previous_key_file: old.key, valid_for: 24h}");

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->receipts.key, kKey);
  EXPECT_EQ(config->receipts.previous_key, kOldKey);
  EXPECT_EQ(config->receipts.valid_for, absl::Hours(24));
}

TEST_F(ReceiptsConfigTest, KeysAreReadFromTheEnvironment) {
  setenv("RECEIPTS_TEST_NEW", kKey.c_str(), 1);
  setenv("RECEIPTS_TEST_OLD", kOldKey.c_str(), 1);

  const auto config =
      Load("receipts: {key_env: RECEIPTS_TEST_NEW, previous_key_env: RECEIPTS_TEST_OLD}");

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->receipts.key, kKey);
  EXPECT_EQ(config->receipts.previous_key, kOldKey);
}

TEST_F(ReceiptsConfigTest, AShortKeyIsRefusedAndNotRepeated) {
  Write("short.key", "hush\n");

  const std::string error = Error("receipts: {key_file: short.key}");

  EXPECT_THAT(error, HasSubstr("f.yaml:1: receipts.key_file: the key has 4 bytes, expected 32 to "
                               "4096, such as `openssl rand -base64 32` writes"));
  EXPECT_THAT(error, testing::Not(HasSubstr("hush")));
  Write("long.key", std::string(4097, 'k'));
  EXPECT_THAT(Error("receipts: {key_file: long.key}"), HasSubstr("the key has 4097 bytes"));
}

TEST_F(ReceiptsConfigTest, WhatCannotBeReadIsNamed) {
  unsetenv("RECEIPTS_TEST_UNSET");

  EXPECT_THAT(Error("receipts: {key_file: none.key}"),
              HasSubstr("receipts.key_file: no such file: \"none.key\""));
  EXPECT_THAT(Error("receipts: {key_env: RECEIPTS_TEST_UNSET}"),
              HasSubstr("receipts.key_env: environment variable RECEIPTS_TEST_UNSET is not set"));
}

TEST_F(ReceiptsConfigTest, ContradictionsAreRefused) {
  Write("a.key", kKey);
  setenv("RECEIPTS_TEST_NEW", kKey.c_str(), 1);

  EXPECT_THAT(Error("receipts: {key_file: a.key, key_env: RECEIPTS_TEST_NEW}"),
              HasSubstr("receipts.key_env: there is a key_file too, expected one of the two"));
  EXPECT_THAT(Error("receipts: {previous_key_file: a.key}"),
              HasSubstr("receipts.previous_key_file: there is no key that takes its place, "
                        "expected key_file or key_env"));
  EXPECT_THAT(Error("receipts: {valid_for: 7d}"),
              HasSubstr("receipts.valid_for: expected a duration from 1m to 8784h"));
}

TEST_F(ReceiptsConfigTest, TheLogIsTextAtLevelInfoUnlessTheFileSaysOtherwise) {
  const auto silent = Load("");
  const auto spoken = Load("log: {format: json, level: warning, texts: true}");

  ASSERT_TRUE(silent.ok() && spoken.ok()) << silent.status() << spoken.status();
  EXPECT_EQ(silent->log.format, LogFormat::kText);
  EXPECT_EQ(silent->log.level, LogLevel::kInfo);
  EXPECT_FALSE(silent->log.texts);
  EXPECT_EQ(spoken->log.format, LogFormat::kJson);
  EXPECT_EQ(spoken->log.level, LogLevel::kWarning);
  EXPECT_TRUE(spoken->log.texts);
  EXPECT_THAT(Error("log: {level: loud}"),
              HasSubstr("log.level: expected one of debug, info, warning, error, got \"loud\""));
}

}  // namespace
}  // namespace sextant
