// Calibration: from rows to a horizon and a profile.
#include "client/calibrate/pilot_fit.h"
#include "client/calibrate/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "client/calibrate/horizon.h"
#include "client/calibrate/report.h"
#include "client/calibrate/traces.h"
#include "server/config.h"

namespace sextant {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

CalibrationTrace Right(int64_t tokens) {
  return {.tokens = tokens, .answer = Answer{.canonical = "1"}, .right = true};
}
CalibrationTrace Wrong(int64_t tokens) {
  return {.tokens = tokens, .answer = Answer{.canonical = "2"}, .right = false};
}
CalibrationTrace Silent(int64_t tokens) { return {.tokens = tokens}; }

// Eight traces, of which the `right` shortest are right.
std::vector<CalibrationTrace> ShortOnesRight(int right) {
  std::vector<CalibrationTrace> traces;
  for (int i = 0; i < 8; ++i) traces.push_back(i < right ? Right(100 + i) : Wrong(200 + i));
  return traces;
}
std::vector<CalibrationTrace> LongOnesRight(int right) {
  std::vector<CalibrationTrace> traces;
  for (int i = 0; i < 8; ++i) traces.push_back(i < right ? Right(200 + i) : Wrong(100 + i));
  return traces;
}

// `count` problems with these traces in one data set.
void Add(int count, const std::vector<CalibrationTrace>& traces,
         std::vector<CalibrationProblem>& problems) {
  for (int i = 0; i < count; ++i) {
    problems.push_back({.dataset = "d", .id = absl::StrCat(problems.size()), .traces = traces});
  }
}

TEST(HorizonTest, IsShortWhereShortTracesAreRightAtAnyDifficulty) {
  std::vector<CalibrationProblem> problems;
  Add(20, ShortOnesRight(6), problems);
  Add(20, ShortOnesRight(2), problems);

  const HorizonFinding finding = FindHorizon(problems, Reasoning::kYes);

  EXPECT_EQ(finding.horizon, Horizon::kShort);
  EXPECT_EQ(finding.all.deciding, 40);
  EXPECT_EQ(finding.easy.problems, 20);
  EXPECT_GT(finding.hard.difference.low, 0);
  EXPECT_THAT(finding.reason, StartsWith("Short traces are right more often"));
}

TEST(HorizonTest, IsLongWhereLongTracesAreRightOnHardProblemsAlone) {
  std::vector<CalibrationProblem> problems;
  Add(30, ShortOnesRight(6), problems);
  Add(20, LongOnesRight(2), problems);

  const HorizonFinding finding = FindHorizon(problems, Reasoning::kYes);

  EXPECT_EQ(finding.horizon, Horizon::kLong);
  EXPECT_GT(finding.easy.difference.low, 0);
  EXPECT_LT(finding.hard.difference.high, 0);
}

TEST(HorizonTest, IsUnknownWhereProblemsContradictEachOther) {
  std::vector<CalibrationProblem> problems;
  Add(20, ShortOnesRight(4), problems);
  Add(20, LongOnesRight(4), problems);

  const HorizonFinding finding = FindHorizon(problems, Reasoning::kYes);

  EXPECT_EQ(finding.horizon, Horizon::kUnknown);
  EXPECT_LT(finding.all.difference.low, 0);
  EXPECT_GT(finding.all.difference.high, 0);
  EXPECT_THAT(finding.reason, StartsWith("The data do not decide"));
}

TEST(HorizonTest, IsUnknownOnTooFewProblemsHoweverMuchTheyAgree) {
  std::vector<CalibrationProblem> problems;
  Add(9, ShortOnesRight(4), problems);
  Add(50, ShortOnesRight(8), problems);  // Right throughout: they cannot show a difference.

  const HorizonFinding finding = FindHorizon(problems, Reasoning::kYes);

  EXPECT_EQ(finding.horizon, Horizon::kUnknown);
  EXPECT_THAT(finding.reason, StartsWith("Only 9 problems"));
}

TEST(HorizonTest, IsUnknownWithoutHardProblems) {
  std::vector<CalibrationProblem> problems;
  Add(40, ShortOnesRight(4), problems);

  const HorizonFinding finding = FindHorizon(problems, Reasoning::kYes);

  EXPECT_EQ(finding.horizon, Horizon::kUnknown);
  EXPECT_THAT(finding.reason, HasSubstr("on hard problems not known"));
}

TEST(HorizonTest, DoesNotCountTracesWithoutAnAnswer) {
  std::vector<CalibrationProblem> problems;
  // As wrong answers, the two that were cut off would make short traces look better.
  Add(30, {Right(100), Wrong(110), Right(120), Wrong(130), Silent(900), Silent(900)}, problems);

  const LengthEffect all = FindHorizon(problems, Reasoning::kYes).all;

  EXPECT_THAT(all.short_accuracy.value, DoubleNear(0.5, 1e-9));
  EXPECT_THAT(all.long_accuracy.value, DoubleNear(0.5, 1e-9));
}

TEST(HorizonTest, ComparesTracesWithinAProblemAndNotAcrossProblems) {
  std::vector<CalibrationProblem> problems;
  // Hard problems have long traces and wrong answers; within a problem length says nothing.
  Add(20, {Right(100), Right(110), Right(120), Right(130)}, problems);
  Add(20, {Wrong(1000), Wrong(1100), Wrong(1200), Wrong(1300)}, problems);
  Add(10, {Right(500), Wrong(510), Wrong(520), Right(530)}, problems);

  const HorizonFinding finding = FindHorizon(problems, Reasoning::kYes);

  EXPECT_THAT(finding.all.difference.value, DoubleNear(0, 1e-9));
  EXPECT_EQ(finding.horizon, Horizon::kUnknown);
}

TEST(HorizonTest, WeighsDataSetsEquallyAndGivesTheSameIntervalEachTime) {
  std::vector<CalibrationProblem> problems;
  Add(40, ShortOnesRight(4), problems);
  for (int i = 0; i < 10; ++i) {
    problems.push_back({.dataset = "small", .id = absl::StrCat(i), .traces = LongOnesRight(4)});
  }

  const HorizonFinding first = FindHorizon(problems, Reasoning::kYes);
  const HorizonFinding second = FindHorizon(problems, Reasoning::kYes);

  EXPECT_THAT(first.all.difference.value, DoubleNear(0, 1e-9));
  EXPECT_EQ(first.all.difference.low, second.all.difference.low);
  EXPECT_EQ(first.all.difference.high, second.all.difference.high);
}

TEST(HorizonTest, HasNoDifferenceWhereAllTracesAreEquallyLong) {
  std::vector<CalibrationProblem> problems;
  Add(20, {Right(1'000'003), Wrong(1'000'003), Right(1'000'003)}, problems);

  const HorizonFinding finding = FindHorizon(problems, Reasoning::kYes);

  EXPECT_EQ(finding.all.problems, 0);
  EXPECT_EQ(finding.horizon, Horizon::kUnknown);
}

TEST(HorizonTest, IsNonReasoningWhereWholeTextsMarkNoThinkingUnlessTheCallerSaysOtherwise) {
  std::vector<CalibrationProblem> problems;
  Add(20, ShortOnesRight(6), problems);
  Add(20, ShortOnesRight(2), problems);
  for (CalibrationProblem& problem : problems) {
    for (CalibrationTrace& trace : problem.traces) trace.thinking = Thinking::kNone;
  }

  EXPECT_EQ(FindHorizon(problems, Reasoning::kAsTextsShow).horizon, Horizon::kNonReasoning);
  EXPECT_EQ(FindHorizon(problems, Reasoning::kYes).horizon, Horizon::kShort);
  EXPECT_EQ(FindHorizon(problems, Reasoning::kNo).horizon, Horizon::kNonReasoning);
}

TEST(HorizonTest, DoesNotTakeCutTextsForNonReasoning) {
  std::vector<CalibrationProblem> problems;
  Add(20, ShortOnesRight(6), problems);  // Thinking unseen.
  Add(20, ShortOnesRight(2), problems);

  EXPECT_EQ(FindHorizon(problems, Reasoning::kAsTextsShow).horizon, Horizon::kShort);
}

json Recorded(int sample, int64_t tokens) {
  return {{"model", "m"},
          {"dataset", "d"},
          {"problem_id", 7},
          {"sample_id", sample},
          {"answer", "4"},
          {"answer_kind", "integer"},
          {"completion_tokens", tokens}};
}
json With(json row, const char* key, const json& value) {
  row[key] = value;
  return row;
}

TEST(TraceCollectionTest, ReadsATraceFromItsWholeTextWhateverTheOrderOfTheRows) {
  const std::string whole = With(Recorded(0, 50), "output", "<think>hm</think>\\boxed{4}").dump();
  const std::string tail = With(Recorded(0, 50), "tail", "\\boxed{5}").dump();
  TraceCollection whole_first, tail_first;

  for (const std::string& row : {whole, tail}) ASSERT_TRUE(whole_first.AddRow(row).ok());
  for (const std::string& row : {tail, whole}) ASSERT_TRUE(tail_first.AddRow(row).ok());

  for (const TraceCollection* traces : {&whole_first, &tail_first}) {
    const std::vector<ModelTraces> models = traces->Models();
    ASSERT_EQ(models.size(), 1);
    ASSERT_EQ(models[0].problems.size(), 1);
    ASSERT_EQ(models[0].problems[0].traces.size(), 1);
    EXPECT_TRUE(models[0].problems[0].traces[0].right);
    EXPECT_EQ(models[0].problems[0].traces[0].thinking, Thinking::kMarked);
  }
}

std::vector<StatedAnswer> StatedIn(const json& row) {
  TraceCollection traces;
  EXPECT_TRUE(traces.AddRow(row.dump()).ok());
  return traces.Models()[0].problems[0].traces[0].stated;
}

TEST(TraceCollectionTest, KnowsWhatATraceStatedOnTheWayAndWhere) {
  const std::string filler = "\n" + std::string(300, 'x') + ".\n";
  const std::string text =
      "<think>So the answer is 5." + filler + "No, the answer is 4.\n</think>\n\\boxed{4}";

  const std::vector<StatedAnswer> stated = StatedIn(With(Recorded(0, 50), "output", text));

  ASSERT_EQ(stated.size(), 2);
  EXPECT_EQ(stated[0].answer.canonical, "5");
  EXPECT_FALSE(stated[0].right);
  EXPECT_LT(stated[0].at, 0.15);
  EXPECT_EQ(stated[1].answer.canonical, "4");
  EXPECT_TRUE(stated[1].right);
  EXPECT_GT(stated[1].at, 0.9);
}

TEST(TraceCollectionTest, PlacesWhatATailStatesAtTheEndOfTheTrace) {
  const std::string tail = "The answer is 4.\n";
  const json row = With(With(Recorded(0, 50), "tail", tail), "output_chars", 10 * tail.size());

  const std::vector<StatedAnswer> stated = StatedIn(row);

  ASSERT_EQ(stated.size(), 1);
  EXPECT_GT(stated[0].at, 0.9);
  EXPECT_TRUE(StatedIn(With(Recorded(0, 50), "tail", tail)).empty());  // Of unknown length.
}

TEST(TraceCollectionTest, KeepsOnlyTheModelThatIsAskedFor) {
  TraceCollection traces("m");
  ASSERT_TRUE(traces.AddRow(With(Recorded(0, 50), "tail", "4").dump()).ok());
  ASSERT_TRUE(
      traces.AddRow(With(With(Recorded(0, 50), "tail", "4"), "model", "other").dump()).ok());

  const std::vector<ModelTraces> models = traces.Models();

  ASSERT_EQ(models.size(), 1);
  EXPECT_EQ(models[0].model, "m");
}

std::string ErrorOf(const json& row) {
  TraceCollection traces;
  return std::string(traces.AddRow(row.dump()).message());
}

TEST(TraceCollectionTest, SaysWhatIsWrongWithARow) {
  const json row = With(Recorded(0, 50), "tail", "4");
  json without_model = row, without_sample = row, without_text = Recorded(0, 50);
  without_model.erase("model");
  without_sample.erase("sample_id");

  EXPECT_THAT(ErrorOf(json::array()), HasSubstr("expected one per line"));
  EXPECT_THAT(ErrorOf(without_model), StartsWith("model: missing, expected a text, or"));
  EXPECT_THAT(ErrorOf(without_sample), "sample_id: missing, expected a text or an integer");
  EXPECT_THAT(ErrorOf(without_text), HasSubstr("no text, expected one of the keys output"));
  EXPECT_EQ(ErrorOf(With(row, "completion_tokens", "50")),
            "completion_tokens: is string, expected an integer");
  EXPECT_EQ(ErrorOf(With(row, "completion_tokens", -1)),
            "completion_tokens: is -1, expected 0 to 10000000");
  EXPECT_EQ(ErrorOf(With(row, "completion_tokens", uint64_t{1} << 63)),
            "completion_tokens: is 9223372036854775808, expected 0 to 10000000");
  EXPECT_THAT(ErrorOf(With(row, "dataset", 3)), StartsWith("dataset: is number"));
}

TEST(TraceCollectionTest, RefusesTwoTracesOfOneName) {
  TraceCollection traces;
  ASSERT_TRUE(traces.AddRow(With(Recorded(0, 50), "tail", "4").dump()).ok());

  const absl::Status status = traces.AddRow(With(Recorded(0, 60), "tail", "4").dump());

  EXPECT_THAT(std::string(status.message()),
              StartsWith("completion_tokens: is 60, expected 50 as in another row"));
}

TEST(TraceCollectionTest, NamesTheFileAndTheLine) {
  const std::string path = testing::TempDir() + "/calibrate_lines.jsonl";
  std::ofstream(path) << With(Recorded(0, 50), "tail", "4").dump() << "\n\n{\"model\": 5}\n";
  TraceCollection traces;

  const absl::Status status = traces.AddFile(path);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), path + ":3: model: is number, expected a text");
}

TEST(TraceCollectionTest, LeavesOutATraceWhoseTrueAnswerIsNoneOfItsKind) {
  TraceCollection traces;

  ASSERT_TRUE(
      traces.AddRow(With(With(Recorded(0, 50), "tail", "4"), "answer", "four").dump()).ok());

  EXPECT_EQ(traces.left_out().unreadable_truths, 1);
  EXPECT_TRUE(traces.Models().empty());
}

TEST(TraceCollectionTest, LeavesOutRowsOfBeamSearch) {
  json row = With(With(Recorded(0, 50), "tail", "4"), "beam_width", 4);
  row.erase("sample_id");
  TraceCollection traces;

  ASSERT_TRUE(traces.AddRow(row.dump()).ok());

  EXPECT_EQ(traces.left_out().beams, 1);
  EXPECT_TRUE(traces.Models().empty());
}

json SolveTrace(int seed, const char* outcome, const char* text) {
  return {{"seed", seed}, {"outcome", outcome}, {"completion_tokens", 10 + seed}, {"text", text}};
}
std::string Solve(const json& traces) {
  return json{{"dataset", "d"},          {"problem_id", "p"},       {"strategy", "any"},
              {"reference_answer", "B"}, {"answer_kind", "choice"}, {"choices", {"x", "y"}},
              {"traces", traces}}
      .dump();
}

TEST(TraceCollectionTest, ReadsTheTracesOfASolve) {
  TraceCollection traces("m");

  ASSERT_TRUE(traces
                  .AddRow(Solve({SolveTrace(1, "finished", "The answer is B."),
                                 SolveTrace(2, "finished", "The answer is A."),
                                 SolveTrace(3, "failed", "")}))
                  .ok());

  const std::vector<ModelTraces> models = traces.Models();
  ASSERT_EQ(models.size(), 1);
  ASSERT_EQ(models[0].problems[0].traces.size(), 2);
  EXPECT_TRUE(models[0].problems[0].traces[0].right);
  EXPECT_FALSE(models[0].problems[0].traces[1].right);
  EXPECT_EQ(traces.left_out().failed_traces, 1);
}

TEST(TraceCollectionTest, CountsATraceThatTwoStrategiesSawOnce) {
  TraceCollection traces("m");
  const std::string row = Solve(json::array({SolveTrace(1, "finished", "The answer is B.")}));

  ASSERT_TRUE(traces.AddRow(row).ok());
  ASSERT_TRUE(traces.AddRow(row).ok());

  EXPECT_EQ(traces.Models()[0].problems[0].traces.size(), 1);
}

TEST(TraceCollectionTest, LeavesOutASolveThatStoppedTracesAndOneThatFailed) {
  TraceCollection traces("m");

  ASSERT_TRUE(traces
                  .AddRow(Solve({SolveTrace(1, "finished", "The answer is B."),
                                 SolveTrace(2, "cancelled", "So")}))
                  .ok());
  ASSERT_TRUE(traces.AddRow(R"({"strategy": "simple", "code": "UNAVAILABLE"})").ok());

  EXPECT_TRUE(traces.Models().empty());
  EXPECT_EQ(traces.left_out().stopped_solves, 1);
  EXPECT_EQ(traces.left_out().failed_solves, 1);
  EXPECT_THAT(LeftOutText(traces.left_out()), HasSubstr("expected strategy majority_vote(n=8,sto"));
}

TEST(TraceCollectionTest, AsksForTracesAndTheTruthInRowsOfSolves) {
  json row = json::parse(Solve(json::array({SolveTrace(1, "finished", "B")})));
  TraceCollection traces("m");
  json without_truth = row, without_traces = row;
  without_truth.erase("reference_answer");
  without_traces.erase("traces");

  EXPECT_THAT(std::string(traces.AddRow(without_truth.dump()).message()),
              StartsWith("reference_answer: missing"));
  EXPECT_THAT(std::string(traces.AddRow(without_traces.dump()).message()),
              HasSubstr("--include-traces"));
}

// Two data sets: one problem right in 3 of 4 traces, and two that are wrong.
ModelTraces SmallModel() {
  return {.model = "m",
          .problems = {
              {.dataset = "a", .id = "1", .traces = {Right(10), Right(20), Right(30), Wrong(40)}},
              {.dataset = "b", .id = "1", .traces = {Wrong(100), Silent(300)}},
              {.dataset = "b", .id = "2", .traces = {Silent(200), Silent(400)}}}};
}

TEST(CalibrateTest, WeighsTracesProblemsAndDataSetsEqually) {
  const ModelProfile profile = Calibrate(SmallModel(), Reasoning::kYes).profile;

  EXPECT_EQ(profile.traces, 8);
  EXPECT_EQ(profile.problems, 3);
  EXPECT_EQ(profile.typical_trace_tokens, 138);  // (25 + (200 + 300) / 2) / 2 = 137.5
  EXPECT_THAT(*profile.accuracy, DoubleNear(0.375, 1e-9));
  EXPECT_THAT(*profile.agreement, DoubleNear((0.75 + (1.0 + 0.0) / 2) / 2, 1e-9));
  EXPECT_THAT(*profile.lengths.all, ElementsAre(10, 10, 20, 40, 200, 400, 400));
  EXPECT_THAT(*profile.lengths.right, ElementsAre(10, 10, 10, 20, 30, 30, 30));
}

TEST(CalibrateTest, TellsEasyFromHardByTheModelsOwnMean) {
  const DifficultyProfile difficulty = *Calibrate(SmallModel(), Reasoning::kYes).profile.difficulty;

  EXPECT_THAT(*difficulty.hard_share, DoubleNear(0.5, 1e-9));
  EXPECT_THAT(*difficulty.accuracy_easy, DoubleNear(0.75, 1e-9));
  EXPECT_THAT(*difficulty.accuracy_hard, DoubleNear(0, 1e-9));
  EXPECT_THAT(*difficulty.agreement_easy, DoubleNear(0.75, 1e-9));
  EXPECT_THAT(*difficulty.agreement_hard, DoubleNear(0.5, 1e-9));
  EXPECT_THAT(*difficulty.length_easy, DoubleNear(25, 1e-9));
  EXPECT_THAT(*difficulty.length_hard, DoubleNear(250, 1e-9));
}

TEST(CalibrateTest, GivesAccuracyByFifthsOfTheLengths) {
  ModelTraces model{.model = "m", .problems = {{.dataset = "d", .id = "1"}}};
  for (int i = 0; i < 10; ++i) {
    model.problems[0].traces.push_back(i % 2 == 0 || i < 4 ? Right(i) : Wrong(i));
  }

  const ModelProfile profile = Calibrate(model, Reasoning::kYes).profile;

  EXPECT_THAT(*profile.accuracy_by_length,
              ElementsAre(DoubleNear(1, 1e-9), DoubleNear(1, 1e-9), DoubleNear(0.5, 1e-9),
                          DoubleNear(0.5, 1e-9), DoubleNear(0.5, 1e-9)));
}

TEST(CalibrateTest, PullsThePilotOfAFewProblemsTowardsTheDefaults) {
  const PilotModel defaults;

  const PilotModel of_none = FitPilot({}, 100);
  const PilotModel of_few = FitPilot(SmallModel().problems, 138);

  EXPECT_THAT(of_none.support, DoubleNear(defaults.support, 1e-9));
  EXPECT_GT(of_few.intercept, defaults.intercept);  // Two of the three problems are hard.
  EXPECT_THAT(of_few.support, DoubleNear(defaults.support, 0.5));
}

TEST(CalibrateTest, FitsThePilotWhereManyProblemsShowThatLengthTells) {
  std::vector<CalibrationProblem> problems;
  // Agreement says nothing here: long traces agree on what is wrong.
  for (int i = 0; i < 200; ++i) {
    problems.push_back({.dataset = "d",
                        .id = std::to_string(i),
                        .traces = i % 2 == 0
                                      ? std::vector<CalibrationTrace>{Right(50), Right(60)}
                                      : std::vector<CalibrationTrace>{Wrong(180), Wrong(190)}});
  }

  const PilotModel model = FitPilot(problems, 120);
  const auto chance = [&](double tokens) {
    const PilotTraces traces{.leading = 2, .votes = 2, .ended_tokens = {tokens, tokens}};
    return EstimateByPilot(model, traces, 120)->hard_probability;
  };

  EXPECT_LT(chance(55), 0.2);
  EXPECT_GT(chance(185), 0.8);
}

TEST(CalibrateTest, WritesAProfileThatTheServerLoads) {
  const std::string folder = testing::TempDir() + "/calibrate_profile";
  std::filesystem::create_directories(folder);
  const Calibration calibration = Calibrate(SmallModel(), Reasoning::kNo);
  std::ofstream(folder + "/m.yaml")
      << ProfileFileText(calibration, {"traces.jsonl"}, absl::UnixEpoch());
  std::ofstream(folder + "/server.yaml")
      << "server: {listen: 127.0.0.1:0}\nmodels:\n  - name: m\n    profile: m.yaml\n"
         "    backends: [{url: \"http://127.0.0.1:1/v1\"}]\n";

  const absl::StatusOr<Config> config = LoadConfig(folder + "/server.yaml");

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->models[0].horizon, Horizon::kNonReasoning);
  EXPECT_EQ(config->models[0].typical_trace_tokens, 138);
  const ModelProfile& loaded = *config->models[0].profile;
  EXPECT_EQ(loaded.traces, 8);
  EXPECT_EQ(loaded.lengths.all, calibration.profile.lengths.all);
  EXPECT_EQ(loaded.lengths.wrong, calibration.profile.lengths.wrong);
  EXPECT_THAT(*loaded.accuracy, DoubleNear(0.375, 1e-4));
  EXPECT_THAT(*loaded.difficulty->length_hard, DoubleNear(250, 1));
  EXPECT_TRUE(loaded.accuracy_by_length.has_value());
  EXPECT_THAT(loaded.pilot->support, DoubleNear(calibration.profile.pilot->support, 1e-4));
}

TEST(CalibrateTest, KeepsHostileNamesInsideTheCommentOfTheProfile) {
  ModelTraces model = SmallModel();
  model.model = "m\nhorizon: long";

  const std::string text =
      ProfileFileText(Calibrate(model, Reasoning::kYes), {"a\nb: c"}, absl::UnixEpoch());

  EXPECT_THAT(text, AllOf(StartsWith("# Profile of m\\x0ahorizon: long, made by"),
                          HasSubstr("1970-01-01"), HasSubstr("a\\x0ab: c")));
  EXPECT_THAT(text, testing::Not(HasSubstr("\nb: c")));
}

TEST(CalibrateTest, ReportsAllAndHardProblemsWithTheirIntervals) {
  std::vector<CalibrationProblem> problems;
  Add(20, ShortOnesRight(6), problems);
  Add(20, ShortOnesRight(2), problems);
  const Calibration calibration = Calibrate({.model = "m", .problems = problems}, Reasoning::kYes);

  const std::string text = CalibrationText(calibration);
  const json object = json::parse(CalibrationJson(calibration).dump());

  EXPECT_THAT(text, AllOf(StartsWith("m: horizon short\n"), HasSubstr("\nhard "),
                          HasSubstr("+100.0 [+100.0, +100.0]")));
  EXPECT_EQ(object["horizon"], "short");
  EXPECT_EQ(object["short_minus_long"]["hard"]["difference"]["value"], 1.0);
  EXPECT_EQ(object["profile"]["traces"], 320);
  EXPECT_EQ(object["recommended"]["balanced"]["row"], "balanced-short");
  EXPECT_THAT(text, HasSubstr("goal      parameters"));
}

}  // namespace
}  // namespace sextant
