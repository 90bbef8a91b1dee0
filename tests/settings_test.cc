// What may change while the server runs, and what a reload refuses.
#include "server/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/time/clock.h"

namespace sextant {
namespace {

using testing::HasSubstr;

Config Running() {
  Config config;
  config.server.listen = "127.0.0.1:50051";
  config.models = {{.name = "m", .backends = {{.url = "http://127.0.0.1:8000/v1", .name = "b"}}}};
  config.callers = {{.name = "team-a", .tokens = {TokenDigest("secret")}}};
  return config;
}

// What running settings say of a successor that `edit` has made.
absl::StatusOr<Settings> After(const std::function<void(Config&)>& edit) {
  Config next = Running();
  edit(next);
  return Succeed(MakeSettings(Running(), BuiltInPolicy()), MakeSettings(next, BuiltInPolicy()));
}

std::string RefusalOf(const std::function<void(Config&)>& edit) {
  const absl::Status status = After(edit).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  return std::string(status.message());
}

TEST(SettingsTest, WhatAModelIsKnownToBeMayChange) {
  const auto next = After([](Config& config) {
    config.models[0].horizon = Horizon::kLong;
    config.models[0].typical_trace_tokens = 9000;
    config.models[0].price = PriceConfig{.completion_per_million = 2};
    config.models[0].max_traces = 4;
    config.server.drain_timeout = absl::Seconds(5);
  });

  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->config.models[0].typical_trace_tokens, 9000);
}

TEST(SettingsTest, ANewAddressAndAnotherBackendAreNamedTogether) {
  EXPECT_EQ(RefusalOf([](Config& config) {
              config.server.listen = "127.0.0.1:50052";
              config.models[0].backends[0].max_traces = 3;
            }),
            "server.listen, models[0].backends of m differ from what runs, which needs a restart");
}

TEST(SettingsTest, EachKeyThatTakesARestartIsRefusedByItsName) {
  const std::pair<const char*, std::function<void(Config&)>> edits[] = {
      {"server.metrics", [](Config& c) { c.server.metrics = "127.0.0.1:1"; }},
      {"server.loops", [](Config& c) { c.server.loops = 2; }},
      {"server.max_text_bytes", [](Config& c) { c.server.max_text_bytes = 1 << 20; }},
      {"server.max_solve_time", [](Config& c) { c.server.max_solve_time = absl::Minutes(1); }},
      {"server.read_interval", [](Config& c) { c.server.read_interval = absl::Seconds(1); }},
      {"server.reflection", [](Config& c) { c.server.reflection = false; }},
      {"server.max_calls_per_connection", [](Config& c) { c.server.max_calls_per_connection = 1; }},
      {"server.tls", [](Config& c) { c.server.tls = TlsConfig{}; }},
      {"log.format", [](Config& c) { c.log.format = LogFormat::kJson; }},
      {"log.level", [](Config& c) { c.log.level = LogLevel::kDebug; }},
      {"the names of models", [](Config& c) { c.models.push_back({.name = "n"}); }},
      {"models[0].max_solves of m", [](Config& c) { c.models[0].max_solves = 1; }},
      {"models[0].max_queue of m", [](Config& c) { c.models[0].max_queue = 1; }},
      {"models[0].retry_share of m", [](Config& c) { c.models[0].retry_share = 1; }},
      {"callers", [](Config& c) { c.callers.clear(); }}};
  for (const auto& [key, edit] : edits) EXPECT_THAT(RefusalOf(edit), HasSubstr(key));
}

TEST(SettingsTest, ReceiptsOfARandomKeyAreStillTakenAfterAReload) {
  const Settings now = MakeSettings(Running(), BuiltInPolicy());
  const std::string token = now.receipts->Sign({}, absl::Now());

  const auto next = Succeed(now, MakeSettings(Running(), BuiltInPolicy()));

  EXPECT_TRUE(next->receipts->Read(token, absl::Now()).ok());
}

TEST(SettingsTest, AKeyOfReceiptsIsExchangedWithTheOldOneTakenAsLongAsItIsNamed) {
  Config config = Running();
  config.receipts.key = std::string(32, 'a');
  const Settings now = MakeSettings(config, BuiltInPolicy());
  const std::string token = now.receipts->Sign({}, absl::Now());
  config.receipts = {.key = std::string(32, 'b'), .previous_key = std::string(32, 'a')};
  Settings changing = *Succeed(now, MakeSettings(config, BuiltInPolicy()));
  EXPECT_TRUE(changing.receipts->Read(token, absl::Now()).ok());

  config.receipts.previous_key.clear();
  const Settings changed = *Succeed(changing, MakeSettings(config, BuiltInPolicy()));

  EXPECT_EQ(changed.receipts->Read(token, absl::Now()).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sextant
