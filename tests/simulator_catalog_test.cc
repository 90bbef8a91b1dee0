// Which trace answers which request: problems, recorded samples, simulated models, request checks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/judge_prompt.h"
#include "simulator/catalog.h"
#include "simulator/completion_request.h"
#include "simulator/faults.h"
#include "simulator/simulated_judge.h"

namespace sextant {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

std::string WriteFile(const std::string& name, const std::string& text) {
  const std::string path = absl::StrCat(testing::TempDir(), "catalog_", getpid(), "_", name);
  std::ofstream(path) << text;
  return path;
}

Json ProblemRow(int id, const std::string& prompt) {
  return {{"dataset", "d"},
          {"problem_id", id},
          {"prompt", prompt},
          {"answer", "4"},
          {"answer_kind", "integer"}};
}

Json TraceRow(int id, int sample, int tokens, const std::string& output) {
  return {{"model", "m"},
          {"dataset", "d"},
          {"problem_id", id},
          {"sample_id", sample},
          {"completion_tokens", tokens},
          {"output", output}};
}

std::string Lines(const std::vector<Json>& rows) {
  std::string text;
  for (const Json& row : rows) absl::StrAppend(&text, row.dump(), "\n");
  return text;
}

std::string ProblemsFile() {
  return WriteFile("problems.jsonl",
                   Lines({ProblemRow(0, "What is 2+2?"), ProblemRow(1, "What is 2+2? Add 1.")}));
}

constexpr absl::string_view kModels = R"(models:
  - {name: sim, horizon: short, tokens: {mean: 200}, accuracy: {easy: 0.9, hard: 0.4}}
  - {name: thinker, horizon: long, thinking: reasoning, tokens: {mean: 200}}
)";

absl::StatusOr<Catalog> LoadTraces(const std::vector<Json>& rows) {
  return Catalog::Load({ProblemsFile(), {WriteFile("traces.jsonl", Lines(rows))}, ""});
}

Catalog ThreeSamples() {
  absl::StatusOr<Catalog> catalog =
      LoadTraces({TraceRow(0, 5, 2, "aabb"), TraceRow(0, 0, 3, "xxyyzz"), TraceRow(0, 2, 1, "qq"),
                  TraceRow(1, 0, 1, "five")});
  EXPECT_TRUE(catalog.ok()) << catalog.status();
  return *std::move(catalog);
}

Catalog SimulatedModels() {
  absl::StatusOr<Catalog> catalog =
      Catalog::Load({ProblemsFile(), {}, WriteFile("models.yaml", std::string(kModels))});
  EXPECT_TRUE(catalog.ok()) << catalog.status();
  return *std::move(catalog);
}

CompletionRequest Ask(const std::string& prompt) {
  CompletionRequest request;
  request.model = "m";
  request.prompt = prompt;
  return request;
}

std::string TextOf(const absl::StatusOr<std::vector<Script>>& scripts) {
  return scripts.ok() ? scripts->at(0).text.Join() : scripts.status().ToString();
}

std::string ErrorOf(Endpoint endpoint, const std::string& body) {
  return std::string(ParseCompletionRequest(endpoint, body).status().message());
}

TEST(CatalogTest, TakesTheSampleAtSeedModuloTheirNumberInSampleOrder) {
  const Catalog catalog = ThreeSamples();
  const CompletionRequest request = Ask("Please: What is 2+2? Thanks.");

  EXPECT_EQ(TextOf(catalog.ScriptsFor(request, 0)), "xxyyzz");
  EXPECT_EQ(TextOf(catalog.ScriptsFor(request, 1)), "qq");
  EXPECT_EQ(TextOf(catalog.ScriptsFor(request, 5)), "aabb");
  EXPECT_EQ(TextOf(catalog.ScriptsFor(request, -1)), "aabb");
}

TEST(CatalogTest, TakesTheLongestPromptThatTheMessageContains) {
  EXPECT_EQ(TextOf(ThreeSamples().ScriptsFor(Ask("What is 2+2? Add 1."), 0)), "five");
}

TEST(CatalogTest, GivesChoiceJTheSeedPlusJ) {
  CompletionRequest request = Ask("What is 2+2?");
  request.n = 3;

  const auto scripts = ThreeSamples().ScriptsFor(request, 1);

  ASSERT_TRUE(scripts.ok());
  ASSERT_EQ(scripts->size(), 3u);
  EXPECT_EQ(scripts->at(0).sample, 2);
  EXPECT_EQ(scripts->at(1).sample, 5);
  EXPECT_EQ(scripts->at(2).sample, 0);
}

TEST(CatalogTest, SaysWhichModelsAndProblemsItKnows) {
  const Catalog catalog = ThreeSamples();
  CompletionRequest unknown_model = Ask("What is 2+2?");
  unknown_model.model = "gpt";

  const auto no_model = catalog.ScriptsFor(unknown_model, 0).status();
  const auto no_problem = catalog.ScriptsFor(Ask("What is 3+3?"), 0).status();

  EXPECT_EQ(no_model.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(no_model.message()),
              HasSubstr("\"gpt\" is not served here; expected one of m"));
  EXPECT_EQ(no_problem.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(no_problem.message()), HasSubstr("one of the 2 problems"));
}

TEST(CatalogTest, MergesRowsOfOneTraceAndPrefersTheWholeText) {
  Json tail = TraceRow(0, 0, 4, "");
  tail.erase("output");
  tail["tail"] = "dd";
  tail["output_chars"] = 8;
  const std::string first = WriteFile("tails.jsonl", Lines({tail}));
  const std::string second = WriteFile("full.jsonl", Lines({TraceRow(0, 0, 4, "aabbccdd")}));

  for (const auto& files : {std::vector<std::string>{first, second}, {second, first}}) {
    const auto catalog = Catalog::Load({ProblemsFile(), files, ""});
    ASSERT_TRUE(catalog.ok()) << catalog.status();
    EXPECT_EQ(TextOf(catalog->ScriptsFor(Ask("What is 2+2?"), 0)), "aabbccdd");
  }
}

TEST(CatalogTest, PutsATailAtTheEndOfItsTokensAfterFiller) {
  Json tail = TraceRow(0, 0, 10, "");
  tail.erase("output");
  tail["tail"] = "ééé42.";  // Six characters of thirty: the last two tokens of ten.
  tail["output_chars"] = 30;
  const auto catalog = LoadTraces({tail});
  ASSERT_TRUE(catalog.ok()) << catalog.status();

  const auto scripts = catalog->ScriptsFor(Ask("What is 2+2?"), 0);

  ASSERT_TRUE(scripts.ok());
  const TokenText& text = scripts->at(0).text;
  EXPECT_EQ(text.tokens(), 10);
  EXPECT_EQ(text.After(text.BytesOf(8)).Join(), "\n\nééé42.");
  EXPECT_THAT(text.First(8).Join(), Not(testing::ContainsRegex("[0-9]")));
}

TEST(CatalogTest, ReadsGzippedFiles) {
  const std::string path = WriteFile("traces.gz", "");
  gzFile file = gzopen(path.c_str(), "wb");
  const std::string line = Lines({TraceRow(0, 0, 1, "zipped")});
  gzwrite(file, line.data(), static_cast<unsigned>(line.size()));
  gzclose(file);

  const auto catalog = Catalog::Load({ProblemsFile(), {path}, ""});

  ASSERT_TRUE(catalog.ok()) << catalog.status();
  EXPECT_EQ(TextOf(catalog->ScriptsFor(Ask("What is 2+2?"), 0)), "zipped");
}

TEST(CatalogTest, NamesFileAndLineOfWhatItCannotRead) {
  Json without_tokens = TraceRow(0, 1, 1, "x");
  without_tokens.erase("completion_tokens");

  EXPECT_THAT(LoadTraces({TraceRow(0, 0, 1, "x"), without_tokens}).status().ToString(),
              HasSubstr("traces.jsonl:2: completion_tokens is missing"));
  EXPECT_THAT(LoadTraces({TraceRow(0, 0, 1, "x"), TraceRow(0, 0, 2, "x")}).status().ToString(),
              HasSubstr("traces.jsonl:2: completion_tokens is 2, but 1 for the same trace in"));
  EXPECT_THAT(Catalog::Load({ProblemsFile(), {WriteFile("bad.jsonl", "{\"model\": \n")}, ""})
                  .status()
                  .ToString(),
              HasSubstr("bad.jsonl:1: not JSON"));
  EXPECT_THAT(Catalog::Load({ProblemsFile(), {"/no/such/file"}, ""}).status().ToString(),
              HasSubstr("/no/such/file"));
}

TEST(CatalogTest, NoticesAGzipFileThatWasCutShort) {
  const std::string path = WriteFile("cut.gz", "");
  gzFile file = gzopen(path.c_str(), "wb");
  std::string line;
  for (int i = 0; i < 2000; ++i) absl::StrAppend(&line, Lines({TraceRow(0, i, i + 1, "text")}));
  gzwrite(file, line.data(), static_cast<unsigned>(line.size()));
  gzclose(file);
  ASSERT_EQ(truncate(path.c_str(), 3000), 0);

  EXPECT_EQ(Catalog::Load({ProblemsFile(), {path}, ""}).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(CatalogTest, AnswersABeamFromItsOwnRowsAndSaysWhichWidthsThereAre) {
  Json beam = TraceRow(0, 0, 7, "best");
  beam.erase("sample_id");
  beam["beam_width"] = 4;
  const auto catalog = LoadTraces({TraceRow(0, 0, 1, "x"), beam});
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  CompletionRequest request = Ask("What is 2+2?");

  request.beam_width = 4;
  EXPECT_EQ(TextOf(catalog->ScriptsFor(request, 0)), "best");
  request.beam_width = 3;
  EXPECT_THAT(TextOf(catalog->ScriptsFor(request, 0)), HasSubstr("recorded widths: 4"));
}

TEST(CatalogTest, CutsAtMaxTokensAndStopsAtAStopString) {
  const Catalog catalog = ThreeSamples();
  CompletionRequest request = Ask("What is 2+2?");
  request.max_tokens = 2;
  const auto cut = catalog.ScriptsFor(request, 0);
  request.stop = {"zz", "y"};
  const auto stopped = catalog.ScriptsFor(request, 0);

  ASSERT_TRUE(cut.ok() && stopped.ok());
  EXPECT_EQ(cut->at(0).text.Join(), "xxyy");
  EXPECT_TRUE(cut->at(0).is_cut);
  EXPECT_EQ(stopped->at(0).text.Join(), "xx");
  EXPECT_EQ(stopped->at(0).text.tokens(), 2);
  EXPECT_FALSE(stopped->at(0).is_cut);
}

TEST(CatalogTest, ContinuesTheChatMessageOfTheSeedsSampleElseOfTheOneThatBeginsSo) {
  const auto catalog = LoadTraces(
      {TraceRow(0, 0, 3, "aabbcc"), TraceRow(0, 1, 3, "aabbdd"), TraceRow(0, 2, 3, "xxyyzz")});
  ASSERT_TRUE(catalog.ok());
  CompletionRequest request = Ask("What is 2+2?");

  request.prefix = "aabb";
  EXPECT_EQ(TextOf(catalog->ScriptsFor(request, 1)), "dd");
  EXPECT_EQ(TextOf(catalog->ScriptsFor(request, 2)), "cc");
  request.prefix = "????";
  EXPECT_EQ(TextOf(catalog->ScriptsFor(request, 2)), "zz");
}

TEST(CatalogTest, ContinuesAPromptThatEndsInTheBeginningOfAnAnswer) {
  const auto catalog = LoadTraces({TraceRow(0, 0, 3, "aabbcc"), TraceRow(0, 1, 3, "xxyyzz")});
  ASSERT_TRUE(catalog.ok());
  CompletionRequest request = Ask("Q: What is 2+2?\nA: aabb");
  request.endpoint = Endpoint::kCompletions;

  const auto continued = catalog->ScriptsFor(request, 1);
  request.prompt = "Q: What is 2+2?\nA: ";
  const auto started = catalog->ScriptsFor(request, 1);

  ASSERT_TRUE(continued.ok() && started.ok());
  EXPECT_EQ(continued->at(0).text.Join(), "cc");
  EXPECT_EQ(continued->at(0).text.tokens(), 1);
  EXPECT_EQ(started->at(0).text.Join(), "xxyyzz");
}

TEST(SimulatedModelTest, RepeatsForASeedAndDiffersBetweenSeeds) {
  const Catalog catalog = SimulatedModels();
  CompletionRequest request = Ask("What is 2+2?");
  request.model = "sim";

  EXPECT_EQ(TextOf(catalog.ScriptsFor(request, 7)),
            TextOf(SimulatedModels().ScriptsFor(request, 7)));
  EXPECT_NE(TextOf(catalog.ScriptsFor(request, 7)), TextOf(catalog.ScriptsFor(request, 8)));
  EXPECT_THAT(TextOf(catalog.ScriptsFor(request, 7)), HasSubstr("simulated"));
}

TEST(SimulatedModelTest, KeepsThinkingApartInChatsAndInTheTextOfCompletions) {
  const Catalog catalog = SimulatedModels();
  CompletionRequest request = Ask("What is 2+2?");
  request.model = "thinker";

  const auto chat = catalog.ScriptsFor(request, 1);
  request.endpoint = Endpoint::kCompletions;
  const auto completion = catalog.ScriptsFor(request, 1);

  ASSERT_TRUE(chat.ok() && completion.ok());
  EXPECT_THAT(chat->at(0).text.Join(TextField::kReasoning), HasSubstr("no model ran"));
  EXPECT_THAT(chat->at(0).text.Join(TextField::kContent), Not(HasSubstr("think>")));
  EXPECT_EQ(completion->at(0).text.Join(TextField::kReasoning), "");
  EXPECT_THAT(completion->at(0).text.Join(), HasSubstr("</think>"));
  EXPECT_EQ(chat->at(0).text.tokens(), completion->at(0).text.tokens());
}

TEST(SimulatedModelTest, AJudgeSaysTheProblemsDifficultyWithTheSameErrorForEverySeed) {
  const Problem problem{.dataset = "d",
                        .problem_id = "1",
                        .prompt = "What is it?",
                        .answer = "4",
                        .answer_kind = "integer",
                        .difficulty = 0.37};
  SimulatedModel model{.name = "m", .judge = SimulatedModel::Judge{.noise = 0}};

  const std::string exact = SimulateJudge(model, problem).Join();
  model.judge->noise = 0.15;
  const std::string noisy = SimulateJudge(model, problem).Join();

  EXPECT_EQ(ReadJudgement(exact), 0.37);
  EXPECT_NE(ReadJudgement(noisy), 0.37);
  EXPECT_EQ(noisy, SimulateJudge(model, problem).Join());
  EXPECT_THAT(exact, HasSubstr("Simulated"));
}

TEST(SimulatedModelTest, StepByStepContinuationReachesExactlyOneWholeAnswer) {
  const Catalog catalog = SimulatedModels();
  for (int seed = 0; seed < 12; ++seed) {
    CompletionRequest request = Ask("What is 2+2?");
    request.model = seed % 2 == 0 ? "sim" : "thinker";
    request.endpoint = Endpoint::kCompletions;
    request.max_tokens = 7;
    std::string answer;
    bool is_cut = true;
    for (int step = 0; step < 2000 && is_cut; ++step) {
      request.prompt = absl::StrCat("Q: What is 2+2?\nA:", answer);
      const auto scripts = catalog.ScriptsFor(request, seed + step);
      ASSERT_TRUE(scripts.ok());
      absl::StrAppend(&answer, scripts->at(0).text.Join());
      is_cut = scripts->at(0).is_cut;
    }
    EXPECT_FALSE(is_cut);
    EXPECT_EQ(answer.find("no model ran"), answer.rfind("no model ran")) << answer;
    EXPECT_THAT(answer, testing::ContainsRegex("\\\\boxed\\{-?[0-9]+\\}\\.$")) << answer;
    const size_t first = answer.find("\\boxed");
    EXPECT_EQ(answer.find("\\boxed", first + 1), std::string::npos) << answer;
  }
}

// The share of right answers among the shorter and the longer half of many traces.
struct Halves {
  double shorter = 0;
  double longer = 0;
};
Halves AccuracyByLength(SimulatedHorizon horizon, double difficulty) {
  SimulatedModel model{.name = "x", .horizon = horizon, .mean_tokens = 300, .length_effect = 1};
  Problem problem{.dataset = "d",
                  .problem_id = "1",
                  .answer = "40",
                  .answer_kind = "integer",
                  .difficulty = difficulty};
  std::multimap<int64_t, bool> right_by_length;
  for (int seed = 0; seed < 2000; ++seed) {
    const SimulatedTrace trace = Simulate(model, problem, seed, "", ThinkingFields::kApart);
    right_by_length.emplace(trace.text.tokens(), absl::EndsWith(trace.text.Join(), "\\boxed{40}."));
  }
  Halves halves;
  size_t i = 0;
  for (const auto& [tokens, is_right] : right_by_length) {
    (i++ < 1000 ? halves.shorter : halves.longer) += is_right / 1000.0;
  }
  return halves;
}

TEST(SimulatedModelTest, LengthSpeaksForATraceAsTheHorizonSays) {
  const Halves short_hard = AccuracyByLength(SimulatedHorizon::kShort, 1);
  const Halves long_hard = AccuracyByLength(SimulatedHorizon::kLong, 1);
  const Halves long_easy = AccuracyByLength(SimulatedHorizon::kLong, 0.1);
  const Halves instruct = AccuracyByLength(SimulatedHorizon::kNonReasoning, 0.5);

  EXPECT_GT(short_hard.shorter, short_hard.longer + 0.1);
  EXPECT_LT(long_hard.shorter, long_hard.longer - 0.1);
  EXPECT_GT(long_easy.shorter, long_easy.longer);
  EXPECT_GT(instruct.shorter, instruct.longer + 0.1);
}

TEST(SimulatedModelTest, DrawsLengthsWithTheGivenMeanAndAccuracy) {
  SimulatedModel model{.name = "x",
                       .mean_tokens = 500,
                       .sigma = 0.5,
                       .easy_accuracy = 0.8,
                       .hard_accuracy = 0.4,
                       .length_effect = 0};
  Problem problem{
      .dataset = "d", .problem_id = "1", .answer = "C", .answer_kind = "choice", .difficulty = 0.5};
  double tokens = 0;
  double right = 0;
  for (int seed = 0; seed < 3000; ++seed) {
    const SimulatedTrace trace = Simulate(model, problem, seed, "", ThinkingFields::kApart);
    tokens += static_cast<double>(trace.text.tokens()) / 3000;
    right += absl::EndsWith(trace.text.Join(), "\\boxed{C}.") / 3000.0;
  }

  EXPECT_NEAR(tokens, 500, 15);
  EXPECT_NEAR(right, 0.6, 0.03);
}

TEST(SimulatedModelTest, IsSurerOfRightAnswersWhereItsConfidenceSaysSo) {
  SimulatedModel model{
      .name = "x", .right_confidence = 14, .wrong_confidence = 8, .confidence_spread = 1};
  Problem problem{.dataset = "d", .problem_id = "1", .answer = "C", .answer_kind = "choice"};
  std::map<bool, std::vector<double>> by_right;
  for (int seed = 0; seed < 1000; ++seed) {
    const SimulatedTrace trace = Simulate(model, problem, seed, "", ThinkingFields::kApart);
    by_right[absl::EndsWith(trace.text.Join(), "\\boxed{C}.")].push_back(trace.confidence);
  }
  const auto mean = [](const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  };

  EXPECT_NEAR(mean(by_right[true]), 14, 0.2);
  EXPECT_NEAR(mean(by_right[false]), 8, 0.3);
  EXPECT_GT(*std::max_element(by_right[false].begin(), by_right[false].end()), 9);
}

TEST(SimulatedModelTest, ReportsAConfidenceThatIsIncompleteOrOutOfRange) {
  const std::string path = WriteFile("unsure.yaml",
                                     "models:\n  - name: a\n    horizon: short\n"
                                     "    confidence: {right: 3, spread: 1}\n");

  const std::string error = Catalog::Load({ProblemsFile(), {}, path}).status().ToString();

  EXPECT_THAT(error, HasSubstr("right"));
  EXPECT_THAT(error, HasSubstr("3.4 to 50"));
  EXPECT_THAT(error, HasSubstr("wrong"));
}

TEST(SimulatedModelTest, ReportsEveryMistakeOfAFileWithItsLine) {
  const std::string path = WriteFile("wrong.yaml",
                                     "models:\n  - name: a\n    horizon: shrot\n"
                                     "    tokens: {mean: 0.5, avarage: 3}\n");

  const std::string error = Catalog::Load({ProblemsFile(), {}, path}).status().ToString();

  EXPECT_THAT(error, HasSubstr("wrong.yaml:3"));
  EXPECT_THAT(error, HasSubstr("shrot"));
  EXPECT_THAT(error, HasSubstr("mean"));
  EXPECT_THAT(error, HasSubstr("avarage"));
}

TEST(DemoFilesTest, AreReadableAndEveryProblemIsFoundByItsOwnPrompt) {
  const std::string demo = absl::StrCat(SEXTANT_SOURCE_DIR, "/deploy/demo/");
  const auto catalog = Catalog::Load({demo + "problems.jsonl", {}, demo + "models.yaml"});
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  std::ifstream problems(demo + "problems.jsonl");

  int rows = 0;
  for (std::string line; std::getline(problems, line); ++rows) {
    const Json row = Json::parse(line);
    CompletionRequest request = Ask("Solve this. " + row["prompt"].get<std::string>());
    request.model = "demo-long";
    const auto scripts = catalog->ScriptsFor(request, 0);
    ASSERT_TRUE(scripts.ok()) << scripts.status();
    EXPECT_EQ(scripts->at(0).problem->answer, row["answer"]);
  }
  EXPECT_EQ(rows, 24);
  EXPECT_TRUE(FaultRules::Load(demo + "faults.yaml").ok());
}

TEST(CompletionRequestTest, ReadsWhatAClientSends) {
  const auto request = ParseCompletionRequest(Endpoint::kChat, R"({
      "model": "m", "stream": true, "seed": 12, "n": 2, "stop": "END", "max_completion_tokens": 9,
      "temperature": 0.6, "unknown": [1], "logprobs": true, "top_logprobs": 3,
      "stream_options": {"include_usage": true},
      "messages": [{"role": "user", "content": "first"}, {"role": "assistant", "content": "hm"},
                   {"role": "user", "content": [{"type": "text", "text": "last"}]}]})");

  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->prompt, "last");
  EXPECT_EQ(request->seed, 12);
  EXPECT_EQ(request->n, 2);
  EXPECT_EQ(request->max_tokens, 9);
  EXPECT_EQ(request->top_logprobs, 3);
  EXPECT_THAT(request->stop, testing::ElementsAre("END"));
  EXPECT_TRUE(request->stream && request->include_usage && !request->continuous_usage);
}

TEST(CompletionRequestTest, NamesTheFieldThatIsWrong) {
  const std::string chat = R"("model": "m", "messages": [{"role": "user", "content": "x"}])";
  const auto error = [&](const std::string& more) {
    return ErrorOf(Endpoint::kChat, absl::StrCat("{", chat, ", ", more, "}"));
  };

  EXPECT_THAT(ErrorOf(Endpoint::kChat, "{nonsense"), HasSubstr("not JSON"));
  EXPECT_THAT(ErrorOf(Endpoint::kChat, "[]"), HasSubstr("JSON array, expected an object"));
  EXPECT_THAT(ErrorOf(Endpoint::kChat, R"({"messages": []})"), HasSubstr("`model` is missing"));
  EXPECT_THAT(error(R"("n": 257)"), HasSubstr("`n` is 257, expected a whole number from 1 to 256"));
  EXPECT_THAT(error(R"("n": "2")"), HasSubstr("`n` is string"));
  EXPECT_THAT(error(R"("stream": 1)"), HasSubstr("`stream` is a number"));
  EXPECT_THAT(error(R"("max_tokens": 0)"), HasSubstr("`max_tokens` is 0"));
  EXPECT_THAT(error(R"("seed": 1e30)"), HasSubstr("`seed`"));
  EXPECT_THAT(error(R"("stop": [""])"), HasSubstr("`stop`"));
  EXPECT_THAT(error(R"("top_logprobs": 3)"), HasSubstr("needs `logprobs`"));
  EXPECT_THAT(error(R"("stream_options": {})"), HasSubstr("needs `stream`"));
  EXPECT_THAT(error(R"("continue_final_message": true)"), HasSubstr("`continue_final_message`"));
  EXPECT_THAT(ErrorOf(Endpoint::kCompletions, R"({"model": "m", "prompt": [1, 2]})"),
              HasSubstr("`prompt` is not one string"));
}

}  // namespace
}  // namespace sextant
