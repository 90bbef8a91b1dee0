// The configuration: defaults, strictness, and messages that say what to change.
#include "server/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/substitute.h"
#include "server/policy.h"
#include "tests/fakes/folder_fixture.h"

namespace sextant {
namespace {

constexpr char kSmallest[] = R"yaml(
server: {listen: 127.0.0.1:50051}
models:
  - name: m
    backends: [{url: "http://127.0.0.1:8000/v1"}]
)yaml";

// The smallest configuration with lines added to its server, model or backend.
std::string WithServer(absl::string_view key) {
  return absl::StrReplaceAll(kSmallest, {{"50051}", absl::StrCat("50051, ", key, "}")}});
}
std::string WithModel(absl::string_view key) { return absl::StrCat(kSmallest, "    ", key, "\n"); }
std::string WithBackend(absl::string_view key) {
  return absl::StrReplaceAll(kSmallest, {{"/v1\"}", absl::StrCat("/v1\", ", key, "}")}});
}

std::string Errors(absl::string_view text) {
  return std::string(ParseConfig(text, "f.yaml").status().message());
}

class ConfigFileTest : public FolderFixture {};

TEST(ConfigTest, NeedsOnlyListenNameAndUrl) {
  const absl::StatusOr<Config> config = ParseConfig(kSmallest, "f.yaml");

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server.listen, "127.0.0.1:50051");
  EXPECT_EQ(config->server.metrics, "");
  EXPECT_EQ(config->server.deadline_reserve, absl::Milliseconds(50));
  EXPECT_EQ(config->policy, "");
  ASSERT_EQ(config->models.size(), 1u);
  const ModelConfig& model = config->models[0];
  EXPECT_EQ(model.horizon, Horizon::kUnknown);
  EXPECT_EQ(model.typical_trace_tokens, 4096);
  EXPECT_EQ(model.max_traces, 8);
  EXPECT_EQ(model.sampling.max_trace_tokens, 32768);
  EXPECT_FALSE(model.sampling.temperature.has_value());
  EXPECT_FALSE(model.price.has_value());
  ASSERT_EQ(model.backends.size(), 1u);
  EXPECT_EQ(model.backends[0].name, "127.0.0.1:8000");
  EXPECT_EQ(model.backends[0].model, "m");
  EXPECT_EQ(model.backends[0].max_attempts, 3);
  EXPECT_EQ(model.backends[0].weight, 1);
  EXPECT_EQ(model.backends[0].health_interval, absl::Seconds(5));
  EXPECT_EQ(model.retry_share, 0.2);
}

TEST(ConfigTest, HostedServicesAreNotAskedForTheirHealthUnlessTheFileSaysSo) {
  const auto silent = ParseConfig(WithBackend("kind: openai"), "f.yaml");
  const auto asked = ParseConfig(WithBackend("kind: openai, health_interval: 2s"), "f.yaml");

  EXPECT_EQ(silent->models[0].backends[0].health_interval, absl::ZeroDuration());
  EXPECT_EQ(asked->models[0].backends[0].health_interval, absl::Seconds(2));
}

TEST(ConfigTest, RefusesToAskForHealthWithoutPause) {
  EXPECT_EQ(Errors(WithBackend("health_interval: 1ms")),
            "f.yaml:5: models[0].backends[0].health_interval: expected 0s (never asked) or at "
            "least 100ms");
}

TEST(ConfigTest, ReadsTheShareOfRetries) {
  EXPECT_EQ(ParseConfig(WithModel("retry_share: 0.5"), "f.yaml")->models[0].retry_share, 0.5);
  EXPECT_THAT(Errors(WithModel("retry_share: 1.5")), testing::HasSubstr("retry_share"));
}

TEST(ConfigTest, ReadsTheAnnotatedExample) {
  setenv("SEXTANT_EXAMPLE_KEY", "secret-token", 1);

  const absl::StatusOr<Config> config =
      LoadConfig(SEXTANT_SOURCE_DIR "/deploy/sextant.example.yaml");

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->policy, SEXTANT_SOURCE_DIR "/deploy/policies/recipe.yaml");
  ASSERT_EQ(config->models.size(), 2u);
  const ModelConfig& model = config->models[0];
  EXPECT_EQ(model.difficulty.judge.model, config->models[1].name);
  EXPECT_EQ(model.horizon, Horizon::kLong);
  EXPECT_EQ(model.sampling.top_p, 0.95);
  EXPECT_EQ(model.price->completion_per_million, 0.30);
  ASSERT_EQ(model.backends.size(), 2u);
  EXPECT_EQ(model.backends[0].kind, BackendKind::kVllm);
  EXPECT_EQ(model.backends[0].first_token_timeout, absl::Minutes(5));
  EXPECT_EQ(model.backends[1].name, "models.example.com:443");
  EXPECT_EQ(model.backends[1].api_key, "secret-token");
}

TEST(ConfigTest, ReadsTheDemoOfDifficultyWithARowForEither) {
  const absl::StatusOr<Config> config =
      LoadConfig(SEXTANT_SOURCE_DIR "/deploy/demo/difficulty.yaml");

  ASSERT_TRUE(config.ok()) << config.status();
  const absl::StatusOr<Policy> policy = LoadPolicy(config->policy);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->RowFor({.difficulty = v1::DIFFICULTY_EASY}).name, "easy");
  EXPECT_EQ(policy->RowFor({.difficulty = v1::DIFFICULTY_HARD}).name, "hard");
}

TEST(ConfigTest, ReportsFiveMistakesAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(Errors(R"yaml(server:
  listen: 50051
policy: no/such.yaml
models:
  - name: m
    horizon: longish
    backends:
      - {url: "http://127.0.0.1:8000/v1", max_traces: many}
      - url: "http://127.0.0.1:8001/v1"
        max_trace: 4
)yaml"),
            "f.yaml:2: server.listen: expected HOST:PORT such as 127.0.0.1:50051 (port 0: any free "
            "one), got \"50051\"\n"
            "f.yaml:3: policy: no such file: \"no/such.yaml\"\n"
            "f.yaml:6: models[0].horizon: expected one of unknown, short, long, non_reasoning, got "
            "\"longish\"\n"
            "f.yaml:8: models[0].backends[0].max_traces: expected an integer from 0 to 100000, got "
            "\"many\"\n"
            "f.yaml:10: models[0].backends[1].max_trace: unknown key (did you mean max_traces?)");
}

TEST(ConfigTest, ReportsWhatIsMissing) {
  EXPECT_EQ(Errors(""), "f.yaml:1: expected a mapping, got nothing");
  EXPECT_EQ(Errors("{}"),
            "f.yaml:1: server: required key is missing\n"
            "f.yaml:1: models: required key is missing");
  EXPECT_EQ(Errors("server: {}\nmodels: [{backends: [{name: a}]}]"),
            "f.yaml:1: server.listen: required key is missing\n"
            "f.yaml:2: models[0].name: required key is missing\n"
            "f.yaml:2: models[0].backends[0].url: required key is missing");
  EXPECT_EQ(Errors("server: {listen: \"a:1\"}\nmodels: []"),
            "f.yaml:2: models: expected a list of 1 to 1000 mappings, got 0");
}

TEST(ConfigTest, RefusesDuplicateKeysAndNames) {
  EXPECT_EQ(Errors(WithModel("name: other")),
            "f.yaml:6: models[0].name: duplicate key (first on line 4)");
  EXPECT_EQ(
      Errors(absl::StrCat(kSmallest, "  - name: m\n    backends: [{url: \"http://b/v1\"}]\n")),
      "f.yaml:6: models[1].name: another model is named \"m\", expected a unique name");
  EXPECT_EQ(Errors(R"yaml(server: {listen: "a:1"}
models:
  - name: m
    backends:
      - {url: "http://a/v1", name: x}
      - {url: "http://b/v1", name: x}
)yaml"),
            "f.yaml:6: models[0].backends[1].name: another backend of this model is named \"x\", "
            "expected a unique name");
}

TEST(ConfigTest, MakesDefaultNamesOfBackendsUnique) {
  const absl::StatusOr<Config> config = ParseConfig(R"yaml(server: {listen: "a:1"}
models:
  - name: m
    backends:
      - {url: "http://a/v1"}
      - {url: "http://a/v2"}
      - {url: "http://b/v1", name: "a:80"}
)yaml",
                                                    "f.yaml");

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->models[0].backends[0].name, "a:80#2");
  EXPECT_EQ(config->models[0].backends[1].name, "a:80#3");
  EXPECT_EQ(config->models[0].backends[2].name, "a:80");
}

struct BadValue {
  std::string text;
  std::string error;
};
class BadValueTest : public testing::TestWithParam<BadValue> {};

TEST_P(BadValueTest, IsReportedWithWhatWasExpected) {
  EXPECT_EQ(Errors(GetParam().text), GetParam().error);
}

const char kDuration[] = " with its unit, such as 250ms, 5s, 10m or 1h, got ";

INSTANTIATE_TEST_SUITE_P(
    ConfigTest, BadValueTest,
    testing::Values(
        BadValue{WithServer("loops: 65"),
                 "f.yaml:2: server.loops: expected an integer from 1 to 64, got \"65\""},
        BadValue{WithServer("loops: \"2\""),
                 "f.yaml:2: server.loops: expected an integer from 1 to 64, got \"2\""},
        BadValue{WithServer("loops: 99999999999999999999"),
                 "f.yaml:2: server.loops: expected an integer from 1 to 64, got "
                 "\"99999999999999999999\""},
        BadValue{WithServer("loops: [1]"),
                 "f.yaml:2: server.loops: expected an integer from 1 to 64, got a list"},
        BadValue{WithServer("loops:"),
                 "f.yaml:2: server.loops: expected an integer from 1 to 64, got nothing"},
        BadValue{WithServer("drain_timeout: 30"),
                 absl::StrCat("f.yaml:2: server.drain_timeout: expected a duration from 0 to 1h",
                              kDuration, "\"30\"")},
        BadValue{
            WithServer("deadline_reserve: 11s"),
            absl::StrCat("f.yaml:2: server.deadline_reserve: expected a duration from 1ms to 10s",
                         kDuration, "\"11s\"")},
        BadValue{WithServer("max_solve_time: 1s, deadline_reserve: 2s"),
                 "f.yaml:2: server.deadline_reserve: expected less than max_solve_time (1s)"},
        BadValue{WithServer("reflection: yes"),
                 "f.yaml:2: server.reflection: expected true or false, got \"yes\""},
        BadValue{
            WithServer("metrics: 127.0.0.1:50051"),
            "f.yaml:2: server.metrics: the same address as server.listen, expected another port"},
        BadValue{
            WithModel("sampling: {top_p: 0}"),
            "f.yaml:6: models[0].sampling.top_p: expected a number above 0 up to 1, got \"0\""},
        BadValue{WithModel("sampling: {temperature: .nan}"),
                 "f.yaml:6: models[0].sampling.temperature: expected a number from 0 to 2, got "
                 "\".nan\""},
        BadValue{WithModel("price: 3"), "f.yaml:6: models[0].price: expected a mapping, got \"3\""},
        BadValue{WithModel("max_traces: 257"),
                 "f.yaml:6: models[0].max_traces: expected an integer from 1 to 256, got \"257\""},
        BadValue{WithModel("max_solves: 0"),
                 "f.yaml:6: models[0].max_solves: expected an integer from 1 to 100000, got \"0\""},
        BadValue{WithModel("max_queue: -1"),
                 "f.yaml:6: models[0].max_queue: expected an integer from 0 to 100000, got \"-1\""},
        BadValue{WithModel("context_tokens: 32k"),
                 "f.yaml:6: models[0].context_tokens: expected an integer from 0 to 100000000, got "
                 "\"32k\""},
        BadValue{
            WithModel("typical_trace_tokens: 0"),
            "f.yaml:6: models[0].typical_trace_tokens: expected an integer from 1 to 10000000, "
            "got \"0\""},
        BadValue{
            WithModel("horizon: [long]"),
            "f.yaml:6: models[0].horizon: expected one of unknown, short, long, non_reasoning, "
            "got a list"},
        BadValue{WithBackend("kind: vlm"),
                 "f.yaml:5: models[0].backends[0].kind: expected one of auto, openai, vllm, "
                 "llama_cpp, sglang, ollama, got \"vlm\""},
        BadValue{
            WithBackend("api_key: abc"),
            "f.yaml:5: models[0].backends[0].api_key: unknown key (did you mean api_key_env?)"},
        BadValue{WithBackend("name: \"\""),
                 "f.yaml:5: models[0].backends[0].name: expected text of 1 to 256 bytes, got \"\""},
        BadValue{WithBackend("name: \"a\\nb\""),
                 "f.yaml:5: models[0].backends[0].name: expected text without control characters, "
                 "got \"a\\nb\""},
        BadValue{WithBackend("ca_file: /"),
                 "f.yaml:5: models[0].backends[0].ca_file: \"/\" is a folder, expected a file"}));

std::string UrlError(absl::string_view url) {
  return Errors(absl::StrReplaceAll(kSmallest, {{"http://127.0.0.1:8000/v1", url}}));
}

TEST(ConfigTest, RefusesUrlsThatAreNoBaseUrls) {
  const std::string where = "f.yaml:5: models[0].backends[0].url: expected ";
  const std::string http =
      absl::StrCat(where, "an http or https URL such as http://127.0.0.1:8000/v1, got ");

  EXPECT_EQ(UrlError("127.0.0.1:8000"), absl::StrCat(http, "\"127.0.0.1:8000\""));
  EXPECT_EQ(UrlError("ftp://a/v1"), absl::StrCat(http, "\"ftp://a/v1\""));
  EXPECT_EQ(UrlError("http://a:99999/v1"), absl::StrCat(http, "\"http://a:99999/v1\""));
  EXPECT_EQ(UrlError("http:///v1"), absl::StrCat(http, "\"http:///v1\""));
  EXPECT_EQ(UrlError("http://a/v1?key=b"), absl::StrCat(where, "a URL without query and fragment"));
}

TEST(ConfigTest, NeverRepeatsAPasswordOfAUrl) {
  EXPECT_EQ(UrlError("http://me:hunter2@a/v1"),
            "f.yaml:5: models[0].backends[0].url: expected a URL without user and password: put a "
            "bearer token into api_key_env");
  EXPECT_EQ(UrlError("ftp://me:hunter2@a/v1").find("hunter2"), std::string::npos);
}

class ListenAddressTest : public testing::TestWithParam<const char*> {};

std::string WithListen(absl::string_view address) {
  return absl::StrReplaceAll(kSmallest, {{"127.0.0.1:50051", absl::StrCat("\"", address, "\"")}});
}

TEST_P(ListenAddressTest, IsRefused) { EXPECT_NE(Errors(WithListen(GetParam())), ""); }

INSTANTIATE_TEST_SUITE_P(ConfigTest, ListenAddressTest,
                         testing::Values("localhost", ":50051", "a:", "a:65536", "a:-1", "a:x",
                                         "a:+1", "::1:50051", "a/b:1", "u@a:1", "http://a:1"));

TEST(ConfigTest, AcceptsListenAddressesOfEveryForm) {
  EXPECT_EQ(Errors(WithListen("0.0.0.0:0")), "");
  EXPECT_EQ(Errors(WithListen("localhost:65535")), "");
  EXPECT_EQ(Errors(WithListen("[::1]:50051")), "");
  EXPECT_EQ(Errors(WithListen("[::]:50051")), "");
}

TEST(ConfigTest, TakesSecretsFromTheEnvironment) {
  setenv("CONFIG_TEST_KEY", "sk-1", 1);

  const absl::StatusOr<Config> config =
      ParseConfig(WithBackend("api_key_env: CONFIG_TEST_KEY"), "f");

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->models[0].backends[0].api_key, "sk-1");
}

TEST(ConfigTest, NamesTheVariableThatIsNotSet) {
  unsetenv("CONFIG_TEST_UNSET");
  setenv("CONFIG_TEST_EMPTY", "", 1);
  setenv("CONFIG_TEST_LINES", "secret\nX-Header: 1", 1);
  const std::string where = "f.yaml:5: models[0].backends[0].api_key_env: ";

  EXPECT_EQ(Errors(WithBackend("api_key_env: CONFIG_TEST_UNSET")),
            absl::StrCat(where, "environment variable CONFIG_TEST_UNSET is not set"));
  EXPECT_EQ(Errors(WithBackend("api_key_env: CONFIG_TEST_EMPTY")),
            absl::StrCat(where, "environment variable CONFIG_TEST_EMPTY is empty"));
  EXPECT_EQ(Errors(WithBackend("api_key_env: CONFIG_TEST_LINES")),
            absl::StrCat(where,
                         "environment variable CONFIG_TEST_LINES holds a space or a control "
                         "character, expected a token"));
  EXPECT_EQ(Errors(WithBackend("api_key_env: sk-abc")),
            absl::StrCat(where, "expected the name of an environment variable such as VLLM_KEY"));
}

TEST(ConfigTest, RefusesTextThatIsNotOneYamlMapping) {
  EXPECT_EQ(Errors("just words"), "f.yaml:1: expected a mapping, got \"just words\"");
  EXPECT_EQ(Errors("a: [1\nb: 2"), "f.yaml:2: not YAML: end of sequence flow not found");
  EXPECT_EQ(Errors("a: 1\n---\nb: 2"),
            "f.yaml:2: a second document begins here, expected one document a file");
  EXPECT_EQ(Errors(absl::string_view("a: 1\nb: \0", 9)), "f.yaml:2: a zero byte, expected text");
  EXPECT_EQ(Errors("a: !!int 1"), "f.yaml:1: tag tag:yaml.org,2002:int is not supported");
  EXPECT_EQ(Errors("[a]: 1"), "f.yaml:1: a key that is not text");
  EXPECT_EQ(Errors(std::string((1 << 20) + 1, ' ')), "f.yaml:1: larger than 1048576 bytes");
}

TEST(ConfigTest, RefusesNestingAndAliasesWithoutEnd) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    absl::SubstituteAndAppend(&bomb, "a$0: &a$0 [*a$1, *a$1, *a$1, *a$1, *a$1, *a$1, *a$1, *a$1]\n",
                              i, i - 1);
  }

  EXPECT_EQ(Errors(bomb), "f.yaml:6: more than 100000 nodes");
  EXPECT_EQ(Errors(std::string(40, '[') + std::string(40, ']')), "f.yaml:1: more than 32 levels");
  EXPECT_EQ(Errors(std::string(100'000, '[')), "f.yaml:1: more than 32 levels");
  EXPECT_EQ(Errors("a: &a [*a]"), "f.yaml:1: an alias refers to a node that contains it");
}

TEST(ConfigTest, ExpandsAliases) {
  const absl::StatusOr<Config> config = ParseConfig(R"yaml(server: {listen: "a:1"}
models:
  - name: m
    sampling: &s {temperature: 0.5}
    backends: [{url: "http://a/v1"}]
  - name: n
    sampling: *s
    backends: [{url: "http://a/v1"}]
)yaml",
                                                    "f.yaml");

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->models[1].sampling.temperature, 0.5);
}

TEST(ConfigTest, ShowsAtMostAHundredErrors) {
  std::string text = kSmallest;
  for (int i = 0; i < 150; ++i) absl::StrAppend(&text, "zz", i, ": 1\n");

  const std::string errors = Errors(text);

  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 100);
  EXPECT_NE(errors.find("\nand 50 more errors"), std::string::npos);
}

TEST_F(ConfigFileTest, LooksForFilesBesideItselfFirst) {
  Write("sub/policy.yaml", "name: p");
  const std::string path =
      Write("sub/sextant.yaml", absl::StrCat(kSmallest, "policy: policy.yaml\n"));

  const absl::StatusOr<Config> config = LoadConfig(path);

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->policy, (folder_ / "sub/policy.yaml").string());
}

TEST_F(ConfigFileTest, LooksForFilesInTheWorkingDirectoryNext) {
  Write("policies/p.yaml", "name: p");
  const std::string path =
      Write("sub/sextant.yaml", absl::StrCat(kSmallest, "policy: policies/p.yaml\n"));
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);

  const absl::StatusOr<Config> config = LoadConfig(path);

  std::filesystem::current_path(before);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->policy, "policies/p.yaml");
}

TEST_F(ConfigFileTest, TakesFromTheProfileWhatTheModelDoesNotSay) {
  Write("profile.yaml", "horizon: short\ntypical_trace_tokens: 900\n");
  const std::string path = Write("f.yaml", WithModel("profile: profile.yaml"));

  const absl::StatusOr<Config> config = LoadConfig(path);

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->models[0].horizon, Horizon::kShort);
  EXPECT_EQ(config->models[0].typical_trace_tokens, 900);
}

constexpr char kSecondModel[] = "\n  - {name: small, backends: [{url: \"http://h/v1\"}]}\n";

TEST(DifficultyConfigTest, ReadsAJudgeAndKeepsTheDefaultsOfTheRest) {
  const absl::StatusOr<Config> config = ParseConfig(
      absl::StrCat(WithModel("difficulty: {before: judge, judge: {model: small, timeout: 2s}}"),
                   kSecondModel),
      "f.yaml");

  ASSERT_TRUE(config.ok()) << config.status();
  const DifficultyConfig& judged = config->models[0].difficulty;
  EXPECT_EQ(judged.before, DifficultyBefore::kJudge);
  EXPECT_EQ(judged.during, DifficultyDuring::kPilot);
  EXPECT_EQ(judged.judge.model, "small");
  EXPECT_EQ(judged.judge.max_tokens, 512);
  EXPECT_EQ(judged.judge.timeout, absl::Seconds(2));
  EXPECT_EQ(config->models[1].difficulty.before, DifficultyBefore::kPromptFeatures);
}

// What is wrong with this value of models[0].difficulty.
std::string DifficultyError(const std::string& value) {
  return std::string(
      ParseConfig(absl::StrCat(WithModel(absl::StrCat("difficulty: ", value)), kSecondModel),
                  "f.yaml")
          .status()
          .message());
}

TEST(DifficultyConfigTest, NamesWhatIsWrongWithAJudge) {
  EXPECT_THAT(DifficultyError("{before: judge, judge: {model: smal}}"),
              testing::HasSubstr("models[0].difficulty.judge.model: no model is named \"smal\", "
                                 "expected one of models (did you mean small?)"));
  EXPECT_THAT(DifficultyError("{before: judge}"),
              testing::HasSubstr("models[0].difficulty.judge: required key is missing"));
  EXPECT_THAT(DifficultyError("{judge: {model: small}}"),
              testing::HasSubstr("there is a judge that nobody asks, expected before: judge"));
  EXPECT_THAT(DifficultyError("{before: jugde}"),
              testing::HasSubstr("expected one of none, prompt_features, judge"));
  EXPECT_THAT(DifficultyError("{before: judge, judge: {model: small, max_tokens: 8}}"),
              testing::HasSubstr("max_tokens: expected an integer from 16 to 100000"));
}

TEST(DifficultyConfigTest, WantsAPriceOfTheJudgeWhereItsTokensGoIntoAPricedBill) {
  EXPECT_THAT(DifficultyError("{before: judge, judge: {model: small}}\n    price: {}"),
              testing::HasSubstr("model \"small\" has no price and model"));
}

TEST_F(ConfigFileTest, LetsKeysOfTheModelWinOverItsProfile) {
  Write("profile.yaml", "horizon: short\ntypical_trace_tokens: 900\n");
  const std::string path =
      Write("f.yaml",
            WithModel("profile: profile.yaml\n    horizon: long\n    typical_trace_tokens: 700"));

  const absl::StatusOr<Config> config = LoadConfig(path);

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->models[0].horizon, Horizon::kLong);
  EXPECT_EQ(config->models[0].typical_trace_tokens, 700);
}

TEST_F(ConfigFileTest, ReportsErrorsOfAProfileWithItsOwnLines) {
  const std::string profile = Write("profile.yaml", "\nhorizn: short\n");
  const std::string path = Write("f.yaml", WithModel("profile: profile.yaml\n    max_traces: 0"));

  const absl::Status status = LoadConfig(path).status();

  EXPECT_EQ(
      status.message(),
      absl::StrCat(path, ":7: models[0].max_traces: expected an integer from 1 to 256, got \"0\"\n",
                   profile, ":2: horizn: unknown key (did you mean horizon?)"));
}

TEST_F(ConfigFileTest, KeepsWhatCalibrationFoundOut) {
  Write("profile.yaml",
        "traces: 80\nproblems: 10\naccuracy: 0.5\nagreement: 0.75\n"
        "accuracy_by_length: [0.9, 0.8, 0.7, 0.6, 0.1]\n"
        "lengths:\n  all: [1, 2, 3, 4, 5, 6, 7]\ndifficulty: {hard_share: 0.4, agreement_easy: "
        "0.9, agreement_hard: 0.6}\n");
  const std::string path = Write("f.yaml", WithModel("profile: profile.yaml"));

  const absl::StatusOr<Config> config = LoadConfig(path);

  ASSERT_TRUE(config.ok()) << config.status();
  const ModelProfile& profile = *config->models[0].profile;
  EXPECT_EQ(profile.traces, 80);
  EXPECT_EQ(profile.agreement, 0.75);
  EXPECT_EQ(profile.accuracy_by_length->front(), 0.9);
  EXPECT_EQ(profile.accuracy_by_length->back(), 0.1);
  EXPECT_EQ((*profile.lengths.all)[6], 7);
  EXPECT_FALSE(profile.lengths.right.has_value());
  EXPECT_EQ(profile.difficulty->hard_share, 0.4);
  EXPECT_EQ(profile.difficulty->agreement_easy, 0.9);
  EXPECT_EQ(profile.difficulty->agreement_hard, 0.6);
}

TEST_F(ConfigFileTest, KeepsTheCoefficientsOfTheModelsOwnPilot) {
  Write("profile.yaml", "pilot: {intercept: 0.5, support: -2, length: 0.25}\n");
  Write("half.yaml", "pilot: {intercept: 0.5, support: 1000}\n");

  const absl::StatusOr<Config> config =
      LoadConfig(Write("f.yaml", WithModel("profile: profile.yaml")));
  const absl::Status half = LoadConfig(Write("h.yaml", WithModel("profile: half.yaml"))).status();

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->models[0].profile->pilot->intercept, 0.5);
  EXPECT_EQ(config->models[0].profile->pilot->support, -2);
  EXPECT_EQ(config->models[0].profile->pilot->length, 0.25);
  EXPECT_EQ(
      half.message(),
      absl::StrCat((folder_ / "half.yaml").string(), ":1: pilot.length: required key is missing\n",
                   (folder_ / "half.yaml").string(),
                   ":1: pilot.support: expected a number from -100 to 100, got \"1000\""));
}

TEST_F(ConfigFileTest, ReportsEveryFigureOfAProfileThatCannotBe) {
  const std::string profile =
      Write("profile.yaml",
            "accuracy: 1.5\naccuracy_by_length: [0.9, 0.8]\nlengths:\n"
            "  all: [1, 2, 3, 4, 5, 6, x]\n  right: [7, 6, 5, 4, 3, 2, 1]\n  wrong: 5\n");
  const std::string path = Write("f.yaml", WithModel("profile: profile.yaml"));

  const absl::Status status = LoadConfig(path).status();

  EXPECT_EQ(
      status.message(),
      absl::StrCat(profile, ":1: accuracy: expected a number from 0 to 1, got \"1.5\"\n", profile,
                   ":2: accuracy_by_length: expected a list of 5 numbers, got 2\n", profile,
                   ":4: lengths.all[6]: expected a number from 0 to 1e+07, ", "got \"x\"\n",
                   profile, ":5: lengths.right: expected quantiles that do not fall\n", profile,
                   ":6: lengths.wrong: expected a list of 7 numbers, got \"5\""));
}

TEST_F(ConfigFileTest, SaysNotFoundForAMissingFileAndNamesWhatCannotBeRead) {
  const absl::Status missing = LoadConfig((folder_ / "none.yaml").string()).status();
  const absl::Status a_folder = LoadConfig(folder_.string()).status();

  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(missing.message(), absl::StrCat((folder_ / "none.yaml").string(), ": no such file"));
  EXPECT_EQ(a_folder.message(),
            absl::StrCat(folder_.string(), ": cannot be read, expected a text file"));
}

}  // namespace
}  // namespace sextant
