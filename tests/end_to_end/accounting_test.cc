// A thousand solves of every strategy and fate: what the metrics count is what callers were billed,
// or what was logged where nobody could be told, and what was graded, to the token and the verdict.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/solve_fan.h"
#include "tests/end_to_end/log_capture.h"
#include "tests/end_to_end/metrics_page.h"
#include "tests/end_to_end/world.h"

namespace sextant {
namespace {

using nlohmann::json;

constexpr int kSolves = 1000;
constexpr int kAtOnce = 48, kLeaversAtOnce = 6;
constexpr const char* kStrategies[] = {"simple",
                                       "majority_vote(n=4)",
                                       "majority_vote(n=3,stop=all)",
                                       "first_finish(k=1,n=4)",
                                       "last_finish(k=2,n=3)",
                                       "beam_search(width=2)",
                                       "adaptive(n=5)",
                                       "auto"};

WorldOptions EverythingHappens(const MetricsPage& page) {
  return {.samples = {{"\\boxed{4}", 40},
                      {"\\boxed{5}", 24},
                      {"\\boxed{4}", 60},
                      {"I give up.", 90},
                      {"\\boxed{4}", 200},
                      {"\\boxed{5}", 130}},
          .tokens_per_second = 1000,
          .chunk_tokens = 4,
          .faults =
              "faults:\n"
              "  - {model: recorded, probability: 0.03, status: 503}\n"
              "  - {model: recorded, probability: 0.02, status: 400}\n"
              "  - {model: recorded, probability: 0.03, cut_after: 16}\n"
              "  - {model: recorded, probability: 0.03, error_after: 20}\n"
              "  - {model: recorded, probability: 0.02, garbage_after: 12}\n"
              "  - {model: recorded, probability: 0.02, stall_after: 8}\n"
              "  - {model: recorded, probability: 0.05, no_usage: true}\n",
          .simulate = "models:\n  - {name: judge, horizon: short, judge: {noise: 0.3}}\n",
          .backends = 2,
          .edit = [&page](Config& config) {
            config.server.metrics = page.address();
            config.server.loops = 2;
            ModelConfig& model = config.models[0];
            model.max_solves = 32;  // Some wait for their turn.
            for (BackendConfig& backend : model.backends) {
              backend.token_timeout = absl::Milliseconds(300);
              backend.health_interval = absl::ZeroDuration();
            }
            model.difficulty.before = DifficultyBefore::kJudge;
            model.difficulty.judge = {.model = "judge", .max_tokens = 200};
            ModelConfig judge{.name = "judge", .backends = {model.backends[0]}};
            judge.backends[0].model = "judge";
            judge.backends[0].name = "of-the-judge";
            config.models.push_back(judge);
          }};
}

v1::SolveRequest RequestOf(const World& world, int i) {
  v1::SolveRequest request = world.Request(kStrategies[i % std::size(kStrategies)]);
  request.mutable_sampling()->set_seed(i);
  if (i % 3 == 0) request.set_reference_answer(i % 2 == 0 ? "4" : "5");
  if (i % 13 == 5) request.mutable_budget()->set_max_tokens(60);
  if (i % 17 == 6) request.mutable_budget()->set_max_sequential_tokens(50);
  return request;
}

CallOptions OptionsOf(int i) {
  CallOptions options{.timeout = absl::Seconds(60), .request_id = absl::StrCat("solve ", i)};
  if (i % 7 == 3) options.timeout = absl::Milliseconds(20 + i % 60);
  return options;
}

bool Leaves(int i) { return i % 6 == 4; }

// Runs them all, some dozens at once. Every sixth belongs to a caller who goes away.
std::map<int64_t, SolveResult> SolveAll(const World& world) {
  std::map<int64_t, SolveResult> results;
  SolveFan callers(world.client()), leavers(world.client());
  const auto take = [&results](SolveFan& fan, int left) {
    while (fan.running() > left) {
      if (auto ended = fan.Next(absl::Minutes(1))) results[ended->id] = std::move(ended->result);
    }
  };
  for (int i = 0; i < kSolves; ++i) {
    (Leaves(i) ? leavers : callers).Start(i, RequestOf(world, i), OptionsOf(i));
    take(callers, kAtOnce);
    if (leavers.running() < kLeaversAtOnce) continue;
    leavers.CancelAll();
    take(leavers, 0);
  }
  take(callers, 0);
  leavers.CancelAll();
  take(leavers, 0);
  return results;
}

// The log's lines of solves by the caller's id, each of which has one at most.
std::map<std::string, json> LinesById(const LogCapture& log) {
  std::map<std::string, json> lines;
  for (json& line : log.Lines("solve")) {
    const std::string id = line["request_id"];
    EXPECT_EQ(lines.count(id), 0u) << "counted twice: " << line;
    lines[id] = std::move(line);
  }
  return lines;
}

class AccountingTest : public testing::Test {
 protected:
  AccountingTest() : world_(EverythingHappens(page_)), results_(SolveAll(world_)) {
    page_.Await({"sextant_solves_running"}, 0);
    page_.Await({"sextant_queue_waiting"}, 0);
    lines_ = LinesById(log_);
  }

  int64_t Logged(const std::string& field) const {
    int64_t sum = 0;
    for (const auto& [id, line] : lines_) sum += line[field].get<int64_t>();
    return sum;
  }
  int Count(const std::string& message) const {
    int count = 0;
    for (const auto& [id, line] : lines_) count += line["message"] == message;
    return count;
  }
  void ExpectBillsAreThoseOfTheLog();
  void ExpectMetricsAreTheSumOfTheLog();
  void ReportTheUngraded();
  void ExpectGradesAreTheVerdicts();

  const LogCapture log_;
  const MetricsPage page_;
  const World world_;
  const std::map<int64_t, SolveResult> results_;
  std::map<std::string, json> lines_;
  std::map<std::pair<std::string, std::string>, int> verdicts_;  // By difficulty and verdict.
};

void AccountingTest::ExpectBillsAreThoseOfTheLog() {
  for (const auto& [i, result] : results_) {
    if (!result.usage) continue;  // The caller had gone, or its deadline had come.
    const auto line = lines_.find(absl::StrCat("solve ", i));
    if (line == lines_.end()) {
      EXPECT_EQ(result.usage->billed_tokens() + result.usage->prompt_tokens(), 0)
          << i << " was refused: " << result.status;
      continue;
    }
    EXPECT_EQ(line->second["finished_tokens"], result.usage->finished_tokens()) << i;
    EXPECT_EQ(line->second["cancelled_tokens"], result.usage->cancelled_tokens()) << i;
    EXPECT_EQ(line->second["prompt_tokens"], result.usage->prompt_tokens()) << i;
    EXPECT_EQ(line->second["judge_tokens"], result.usage->judge_tokens()) << i;
  }
}

void AccountingTest::ExpectMetricsAreTheSumOfTheLog() {
  EXPECT_EQ(page_.Sum({"sextant_solves_total"}), lines_.size());
  for (const std::string kind : {"prompt", "finished", "cancelled"}) {
    EXPECT_EQ(page_.Sum({"sextant_tokens_total", absl::StrCat("kind=\"", kind, "\"")}),
              Logged(kind + "_tokens"));
  }
  for (const std::string outcome : {"finished", "cancelled", "failed"}) {
    EXPECT_EQ(page_.Sum({"sextant_traces_total", absl::StrCat("outcome=\"", outcome, "\"")}),
              Logged("traces_" + outcome));
  }
  EXPECT_EQ(page_.Sum({"sextant_judge_tokens_total"}), Logged("judge_tokens"));
  EXPECT_EQ(page_.Sum({"sextant_retries_total"}), Logged("retries"));
  EXPECT_EQ(page_.Sum({"sextant_replacements_total"}), Logged("replacements"));
  EXPECT_EQ(page_.Sum({"sextant_plans_total"}), lines_.size());
}

// Each receipt that has no verdict yet is reported, every fifth twice and the second time wrongly.
void AccountingTest::ReportTheUngraded() {
  for (const auto& [i, result] : results_) {
    if (!result.status.ok()) continue;
    v1::ReportOutcomeRequest request;
    request.set_receipt(result.response.receipt());
    request.set_correct(result.response.answer() == "4");
    const auto report = world_.client().ReportOutcome(request);
    if (result.response.has_verdict()) {
      EXPECT_EQ(report.status().code(), absl::StatusCode::kAlreadyExists);
      continue;
    }
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_TRUE(report->counted());
    EXPECT_EQ(report->billed_tokens(), result.usage->billed_tokens());
    const bool is_hard = result.response.difficulty().difficulty() == v1::DIFFICULTY_HARD;
    ++verdicts_[{is_hard ? "hard" : "easy", request.correct() ? "correct" : "incorrect"}];
    if (i % 5 != 0) continue;
    request.set_correct(!request.correct());
    EXPECT_FALSE(world_.client().ReportOutcome(request)->counted());
  }
}

void AccountingTest::ExpectGradesAreTheVerdicts() {
  for (const auto& [i, result] : results_) {
    if (!result.response.has_verdict()) continue;
    EXPECT_EQ(lines_[absl::StrCat("solve ", i)]["verdict"],
              result.response.verdict().correct() ? "correct" : "incorrect");
  }
  for (const auto& [id, line] : lines_) {
    if (line.contains("verdict")) ++verdicts_[{line["difficulty"], line["verdict"]}];
  }
  int graded = 0;
  for (const auto& [labels, count] : verdicts_) {
    EXPECT_EQ(page_.Sum({"sextant_graded_total", absl::StrCat("\"", labels.first, "\""),
                         absl::StrCat("\"", labels.second, "\"")}),
              count)
        << labels.first << " " << labels.second;
    graded += count;
  }
  EXPECT_EQ(page_.Sum({"sextant_graded_total"}), graded);
}

TEST_F(AccountingTest, MetricsAreTheSumOfEveryBillAndOfEveryVerdict) {
  ASSERT_EQ(results_.size(), kSolves);
  EXPECT_GT(Count("solve"), kSolves / 2);
  EXPECT_GT(Count("solve failed"), 10);
  EXPECT_GT(Count("solve abandoned by its caller"), 10);
  EXPECT_GT(Logged("judge_tokens"), 100);
  EXPECT_GT(Logged("replacements"), 0);

  ExpectBillsAreThoseOfTheLog();
  ExpectMetricsAreTheSumOfTheLog();
  ReportTheUngraded();
  ExpectGradesAreTheVerdicts();

  EXPECT_EQ(verdicts_.size(), 4u) << "every kind of verdict came up";
}

}  // namespace
}  // namespace sextant
