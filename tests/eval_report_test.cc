// The page of `sextant eval --report`: complete, safe and by itself.
#include "client/eval/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/eval/html.h"
#include "client/eval/report_chart.h"

namespace sextant {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr absl::string_view kHostile = "<script>alert('&\"')</script>";

Observation Solve(const std::string& strategy, int problem) {
  Observation solve;
  solve.score = {.strategy = strategy,
                 .dataset = problem % 2 == 0 ? "even" : "odd",
                 .answered = true,
                 .correct = problem % 3 != 0};
  solve.score.usage.set_billed_tokens(1000 * problem + 500);
  solve.score.usage.set_sequential_tokens(100 * problem);
  solve.score.usage.set_traces_started(8);
  solve.problem_id = absl::StrCat(problem);
  solve.stop_reason = v1::DECIDED;
  solve.policy = "recipe";
  solve.row = strategy == "auto" ? "high" : "request";
  solve.ran = "majority_vote(n=8)";
  solve.difficulty = problem > 3 ? v1::DIFFICULTY_HARD : v1::DIFFICULTY_EASY;
  solve.estimator = "prompt_features";
  solve.why = {"The budget is high.", absl::StrCat("Problem ", problem, " has n 8.")};
  return solve;
}

std::vector<Observation> SampleSolves(const std::vector<std::string>& strategies) {
  std::vector<Observation> solves;
  for (const std::string& strategy : strategies) {
    for (int problem = 1; problem <= 6; ++problem) solves.push_back(Solve(strategy, problem));
  }
  return solves;
}

ReportContext SampleContext() {
  return {.model = "model-a",
          .time = absl::FromUnixSeconds(1700000000),
          .version = "1.2.3",
          .flags = {{"--max-tokens", "1700"}}};
}

std::string Page() {
  return ReportHtml(SampleContext(), SampleSolves({"simple", "majority_vote(n=8)", "auto"}));
}

// Tags that stay open or are closed without having been opened.
std::vector<std::string> UnbalancedTags(const std::string& html) {
  const std::set<std::string> without_end = {"meta", "wbr", "line", "br", "!DOCTYPE"};
  static const std::regex kTag("<(/?)([A-Za-z0-9!]+)[^>]*?(/?)>");
  std::vector<std::string> open;
  for (std::sregex_iterator tag(html.begin(), html.end(), kTag), end; tag != end; ++tag) {
    const std::string name = (*tag)[2];
    if (without_end.count(name) > 0 || (*tag)[3].length() > 0) continue;
    if ((*tag)[1].length() == 0) {
      open.push_back(name);
    } else if (!open.empty() && open.back() == name) {
      open.pop_back();
    } else {
      return {"/" + name};
    }
  }
  return open;
}

TEST(EscapeHtmlTest, LeavesNothingThatEndsATextOrAnAttribute) {
  EXPECT_EQ(EscapeHtml("<a b=\"c\" d='e'>&"), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
  EXPECT_EQ(EscapeHtml(absl::string_view("\x1b[\0", 3)), "\xef\xbf\xbd[\xef\xbf\xbd");
}

TEST(ReportHtmlTest, NamesModelDateVersionFlagsProblemsAndEveryStrategy) {
  const std::string page = Page();

  EXPECT_THAT(page, HasSubstr("model-a"));
  EXPECT_THAT(page, HasSubstr("2023-11-14 22:13 UTC"));
  EXPECT_THAT(page, HasSubstr("sextant 1.2.3"));
  EXPECT_THAT(page, HasSubstr("<code>--max-tokens 1700</code>"));
  EXPECT_THAT(page, HasSubstr("6 in 2 data sets: even (3), odd (3)"));
  for (const char* strategy : {"simple", "majority_vote(<wbr>n=8)", "auto"}) {
    EXPECT_THAT(page, HasSubstr(absl::StrCat("<th scope=\"row\" class=\"text\">", strategy)));
  }
}

TEST(ReportHtmlTest, NeedsNoScriptAndNothingFromElsewhere) {
  const std::string page = Page();

  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
  EXPECT_THAT(page, Not(HasSubstr("src=")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(page, Not(HasSubstr("@import")));
  EXPECT_THAT(absl::StrReplaceAll(page, {{"href=\"data:", ""}}), Not(HasSubstr("href=")));
}

TEST(ReportHtmlTest, EscapesEveryTextFromOutside) {
  const std::string hostile(kHostile);
  ReportContext context = SampleContext();
  context.model = context.version = hostile;
  context.flags = {{hostile, hostile}};
  std::vector<Observation> solves = SampleSolves({"adaptive" + hostile, "simple"});
  for (Observation& solve : solves) {
    solve.score.dataset = solve.problem_id = solve.policy = solve.row = solve.ran =
        solve.estimator = hostile;
    solve.why = {hostile, hostile};
  }

  const std::string page = ReportHtml(context, solves);

  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert"));
  EXPECT_THAT(UnbalancedTags(page), ElementsAre());
}

TEST(ReportHtmlTest, ClosesEveryTagThatItOpens) {
  EXPECT_THAT(UnbalancedTags(Page()), ElementsAre());
  EXPECT_THAT(UnbalancedTags(ReportHtml(SampleContext(), {})), ElementsAre());
}

TEST(ReportHtmlTest, ShowsWherePolicyChosenSolvesStoppedAndWhy) {
  const std::string page = Page();

  EXPECT_THAT(page, HasSubstr("decided 6"));
  EXPECT_THAT(page, HasSubstr("What the policy chose"));
  EXPECT_THAT(page, HasSubstr("<summary>Problem 6 has n 8.</summary>"));
  EXPECT_THAT(page, HasSubstr("The most expensive solves (6 of 6)"));
  EXPECT_THAT(page, HasSubstr("Solves without the right answer, by tokens (2 of 2)"));
}

TEST(ReportHtmlTest, SaysWhenNothingWasLeftToThePolicy) {
  const std::string page = ReportHtml(SampleContext(), SampleSolves({"simple"}));
  EXPECT_THAT(page, Not(HasSubstr("What the policy chose")));
  EXPECT_THAT(page, HasSubstr("leaves the choice to the policy"));
}

TEST(ReportHtmlTest, HasAPartForEachDataSetAndDifficulty) {
  const std::string page = Page();
  EXPECT_THAT(page, HasSubstr("<caption>even</caption>"));
  EXPECT_THAT(page, HasSubstr("<caption>odd</caption>"));
  EXPECT_THAT(page,
              HasSubstr("<td class=\"text\">easy</td><td class=\"text\">prompt_features</td>"));
  EXPECT_THAT(page,
              HasSubstr("<td class=\"text\">hard</td><td class=\"text\">prompt_features</td>"));
}

TEST(ReportHtmlTest, SaysWhenTheModelIsSimulatedASolveFailedOrTheRunWasInterrupted) {
  ReportContext context = SampleContext();
  context.completeness = Completeness::kInterrupted;
  context.planned_solves = 40;
  std::vector<Observation> solves = SampleSolves({"simple"});
  solves[0].simulated = true;
  solves[1].score.failed = true;

  const std::string page = ReportHtml(context, solves);

  EXPECT_THAT(page, HasSubstr("The model is simulated"));
  EXPECT_THAT(page, HasSubstr("1 solve failed"));
  EXPECT_THAT(page, HasSubstr("Interrupted: the figures are of 6 of 40"));
  EXPECT_THAT(Page(), Not(HasSubstr("The model is simulated")));
}

TEST(ObservationOfTest, TellsASimulatedModelByItsText) {
  const Problem problem = {.dataset = "sums", .id = "1"};
  SolveResult result;
  result.response.set_text("This text is simulated. The final answer is \\boxed{4}.");
  EXPECT_TRUE(ObservationOf("simple", problem, result).simulated);
  result.response.set_text("The final answer is 4.");
  EXPECT_FALSE(ObservationOf("simple", problem, result).simulated);
}

TEST(ChartHtmlTest, DescribesItselfAndNumbersPointsWhereNamesFindNoRoom) {
  Chart chart = {.id = "billed", .title = "Accuracy against billed tokens"};
  chart.points.push_back({.name = "simple", .number = 1, .accuracy = {0.5}, .tokens = {100}});

  const std::string sparse = ChartHtml(chart);
  for (int i = 2; i <= 12; ++i) {
    chart.points.push_back({.name = absl::StrCat("majority_vote(n=", i, ",stop=all)"),
                            .number = i,
                            .accuracy = {0.5},
                            .tokens = {100.0 + i}});
  }
  const std::string crowded = ChartHtml(chart);

  EXPECT_THAT(sparse, HasSubstr("simple: 50.0 % at 100 tokens. On the Pareto front: simple."));
  EXPECT_THAT(sparse, HasSubstr(">simple</text>"));
  EXPECT_THAT(crowded, Not(HasSubstr(">simple</text>")));
  EXPECT_THAT(crowded, HasSubstr("<li><b>1</b> simple</li>"));
}

TEST(AxisTicksTest, AreRoundAndCoverTheRange) {
  EXPECT_THAT(AxisTicks(0, 5200), ElementsAre(0, 1000, 2000, 3000, 4000, 5000, 6000));
  EXPECT_EQ(AxisTicks(0.61, 1.0).back(), 1.0);
  EXPECT_LE(AxisTicks(0.61, 1.0).front(), 0.61);
}

TEST(ShortTokensTest, SaysThousandsWithK) {
  EXPECT_EQ(ShortTokens(0), "0");
  EXPECT_EQ(ShortTokens(950), "950");
  EXPECT_EQ(ShortTokens(1500), "1.5k");
  EXPECT_EQ(ShortTokens(2e6), "2M");
}

}  // namespace
}  // namespace sextant
