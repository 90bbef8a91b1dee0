#include "client/cli/show.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/text.h"
#include "client/enum_names.h"

namespace sextant {
namespace {

constexpr int kMaxAnswerColumns = 60;

// Lines that start with a label.
class Sheet {
 public:
  // A line without a label continues the one above.
  void Add(absl::string_view label, absl::string_view text) {
    constexpr size_t kLabelColumns = 12;
    const std::string space(label.size() < kLabelColumns ? kLabelColumns - label.size() : 1, ' ');
    absl::StrAppend(&text_, label, space, text, "\n");
  }
  void AddReasons(const v1::Plan& plan) {
    for (int i = 0; i < plan.reasons_size(); ++i) {
      Add(i == 0 ? "why" : "", Printable(plan.reasons(i)));
    }
  }
  void AddDecisions(const v1::SolveResponse& response) {
    for (int i = 0; i < response.decisions_size(); ++i) {
      Add(i == 0 ? "decided" : "", Printable(response.decisions(i)));
    }
  }
  // Lines that were laid out elsewhere.
  void Append(absl::string_view lines) { absl::StrAppend(&text_, lines); }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string StrategyLine(const v1::Plan& plan) {
  const std::string origin = plan.row() == "request"
                                 ? std::string("named in the request")
                                 : absl::StrCat("row ", plan.row(), " of policy ", plan.policy());
  return Printable(absl::StrCat(plan.strategy_text(), "  (", origin, ")"));
}

std::string AnswerLine(const v1::SolveResponse& response) {
  if (!response.has_answer()) return "none: no trace stated an answer";
  return absl::StrCat(Printable(response.answer()),
                      response.provisional() ? "  (provisional: read from unfinished traces)" : "");
}

std::string AgreementLine(const v1::SolveResponse& response) {
  int64_t votes = 0;
  for (const v1::Candidate& candidate : response.candidates()) votes += candidate.votes();
  if (votes == 0) return "no votes";
  return absl::StrCat(Percent(response.agreement()), " of ", Count(votes, "vote"), ", ",
                      response.tie() ? "a tie that trace length decided"
                                     : absl::StrCat(Percent(response.margin()), " ahead"),
                      "; the model's majority with probability ",
                      absl::StrFormat("%.2f", response.majority_probability()));
}

// Votes for an answer are right-aligned under the label that only the first row has.
std::string CandidateRows(const v1::SolveResponse& response) {
  std::vector<std::vector<std::string>> rows;
  for (const v1::Candidate& candidate : response.candidates()) {
    rows.push_back({rows.empty() ? "candidates" : "",
                    Fit(Printable(candidate.answer()), kMaxAnswerColumns),
                    Count(candidate.votes(), "vote"),
                    absl::StrCat(Grouped(static_cast<int64_t>(candidate.mean_tokens())),
                                 " tokens on average")});
  }
  return Table({Align::kLeft, Align::kLeft, Align::kRight, Align::kRight}, rows);
}

std::string DifficultyLine(const v1::DifficultyEstimate& estimate) {
  return Printable(absl::StrCat(ShortName(estimate.difficulty()), ", hard with probability ",
                                Percent(estimate.hard_probability()), ", by ", estimate.estimator(),
                                ": ", estimate.reason()));
}

std::string TimeLine(const v1::Usage& usage) {
  return absl::StrCat(Seconds(usage.seconds_to_decision()), " to the decision, ",
                      Seconds(usage.seconds_to_first_token()), " to the first token, ",
                      Grouped(usage.sequential_tokens()), " tokens in sequence");
}

std::string TraceTexts(const v1::SolveResponse& response) {
  std::string texts;
  for (const v1::Trace& trace : response.traces()) {
    absl::StrAppend(
        &texts, "\n--- trace ", trace.index(), ": ", ShortName(trace.outcome()), ", ",
        Count(trace.completion_tokens(), "token"), trace.estimated() ? " (estimated)" : "",
        trace.has_answer() ? absl::StrCat(", answer ", Printable(trace.answer())) : "",
        trace.error().empty() ? "" : absl::StrCat(", ", Printable(trace.error())), "\n");
    for (const std::string& part : {trace.reasoning(), trace.text()}) {
      if (!part.empty()) absl::StrAppend(&texts, PrintableLines(part), "\n");
    }
  }
  return texts;
}

std::string ExpectationText(const v1::Expectation& expected) {
  return absl::StrCat(
      Count(expected.billed_tokens(), "token"), " billed, ", Grouped(expected.sequential_tokens()),
      " in sequence", expected.has_seconds() ? absl::StrCat(", ", Seconds(expected.seconds())) : "",
      expected.has_cost_usd() ? absl::StrCat(", ", Dollars(expected.cost_usd())) : "",
      expected.has_agreement() ? absl::StrCat(", agreement ", Percent(expected.agreement())) : "");
}

std::string BackendCell(const v1::Backend& backend) {
  const std::string limit = backend.max_traces() > 0 ? absl::StrCat("/", backend.max_traces()) : "";
  return Printable(
      absl::StrCat(backend.name(), " ", backend.state(), " ", backend.in_flight(), limit));
}

}  // namespace

std::string ShowBill(const v1::Usage& usage) {
  Sheet sheet;
  sheet.Add(
      "bill",
      absl::StrCat(Count(usage.billed_tokens(), "token"), " = ", Grouped(usage.finished_tokens()),
                   " finished + ", Grouped(usage.cancelled_tokens()), " cancelled",
                   usage.estimated_tokens() > 0
                       ? absl::StrCat(" (", Grouped(usage.estimated_tokens()), " estimated)")
                       : "",
                   "; ", Grouped(usage.prompt_tokens()), " of prompts",
                   usage.cached_tokens() > 0
                       ? absl::StrCat(" (", Grouped(usage.cached_tokens()), " cached)")
                       : "",
                   usage.judge_tokens() > 0
                       ? absl::StrCat("; ", Grouped(usage.judge_tokens()), " went to a judge")
                       : ""));
  sheet.Add(
      "",
      absl::StrCat(
          Count(usage.traces_started(), "trace"), ": ", usage.traces_finished(), " finished, ",
          usage.traces_cancelled(), " cancelled, ", usage.traces_failed(), " failed",
          usage.retries() > 0
              ? absl::StrCat("; ", usage.retries(), usage.retries() == 1 ? " retry" : " retries")
              : "",
          usage.replacements() > 0 ? absl::StrCat("; ", Count(usage.replacements(), "replacement"))
                                   : ""));
  if (usage.has_cost_usd()) sheet.Add("", Dollars(usage.cost_usd()));
  return sheet.text();
}

std::string ShowResponse(const v1::SolveResponse& response) {
  Sheet sheet;
  sheet.Add("answer", AnswerLine(response));
  sheet.Add("agreement", AgreementLine(response));
  if (response.has_verdict()) {
    sheet.Add("verdict", absl::StrCat(response.verdict().correct() ? "correct" : "incorrect",
                                      ", reference ", Printable(response.verdict().reference())));
  }
  sheet.Add("strategy", StrategyLine(response.plan()));
  sheet.AddReasons(response.plan());
  sheet.AddDecisions(response);
  // Of the plan's own estimate `sextant plan` tells.
  if (response.difficulty().estimator() == "pilot") {
    sheet.Add("difficulty", DifficultyLine(response.difficulty()));
  }
  sheet.Add("stopped", ShortName(response.stop_reason()));
  sheet.Append(CandidateRows(response));
  sheet.Append(ShowBill(response.usage()));
  sheet.Add("time", TimeLine(response.usage()));
  sheet.Add("solve", Printable(response.solve_id()));
  if (!response.receipt().empty()) sheet.Add("receipt", Printable(response.receipt()));
  sheet.Append(TraceTexts(response));
  return sheet.text();
}

std::string ShowPlan(const v1::Plan& plan) {
  Sheet sheet;
  sheet.Add("strategy", StrategyLine(plan));
  sheet.AddReasons(plan);
  sheet.Add("horizon", HorizonText(plan.horizon()));
  sheet.Add("difficulty", DifficultyLine(plan.difficulty()));
  sheet.Add("expected", ExpectationText(plan.expected()));
  if (plan.has_runner_up()) {
    const v1::RunnerUp& next = plan.runner_up();
    sheet.Add("runner-up", Printable(absl::StrCat("row ", next.row(), ": ", next.strategy_text(),
                                                  ", ", ExpectationText(next.expected()))));
  }
  return sheet.text();
}

std::string ShowReport(const v1::ReportOutcomeResponse& response) {
  const std::string verdict = response.correct() ? "correct" : "incorrect";
  Sheet sheet;
  sheet.Add("counted", response.counted()
                           ? absl::StrCat("as ", verdict)
                           : absl::StrCat("no: it was reported before, and counts as ", verdict));
  sheet.Add("for",
            Printable(absl::StrCat("model ", response.model(), ", strategy ", response.strategy(),
                                   ", difficulty ", ShortName(response.difficulty()))));
  sheet.Add("solve", Printable(absl::StrCat(response.solve_id(), ", ",
                                            Count(response.billed_tokens(), "token"), " billed")));
  return sheet.text();
}

std::string ShowModels(const v1::ListModelsResponse& models) {
  std::vector<std::vector<std::string>> rows = {{"model", "horizon", "typical tokens", "max traces",
                                                 "USD per million", "backends (running/limit)"}};
  for (const v1::Model& model : models.models()) {
    std::vector<std::string> backends;
    for (const v1::Backend& backend : model.backends()) backends.push_back(BackendCell(backend));
    const std::string price = model.has_price()
                                  ? absl::StrCat(model.price().prompt_per_million(), " in, ",
                                                 model.price().completion_per_million(), " out")
                                  : std::string("-");
    rows.push_back({Printable(model.name()), HorizonText(model.horizon()),
                    Grouped(model.typical_trace_tokens()), std::to_string(model.max_traces()),
                    price, absl::StrJoin(backends, ", ")});
  }
  return Table(
      {Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kLeft, Align::kLeft}, rows);
}

}  // namespace sextant
