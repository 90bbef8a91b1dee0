#include "server/judge.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/answer/trace_parts.h"
#include "server/difficulty.h"
#include "server/judge_prompt.h"
#include "server/solve_report.h"

namespace sextant {
namespace {

// Of each budget. A judge must not starve the solve that it is asked for.
constexpr double kLargestShare = 0.25;
constexpr double kBytesPerToken = 4;

Prompt PromptOf(const Judge::Inputs& inputs) {
  Prompt prompt;
  prompt.messages.push_back({"user", JudgePrompt(ProblemText(inputs.request))});
  prompt.temperature = 0;
  prompt.traceparent = inputs.traceparent;
  return prompt;
}

absl::Duration PatienceOf(const Judge::Inputs& inputs) {
  const absl::Duration left = inputs.answer_by - inputs.loop.Now();
  return std::min(inputs.config.timeout, left * kLargestShare);
}

// USD of everything that the judge may take.
double DearestCost(const Prompt& prompt, const JudgeConfig& config, const PriceConfig& price) {
  const double prompt_tokens =
      static_cast<double>(prompt.messages[0].content.size()) / kBytesPerToken;
  return (prompt_tokens * price.prompt_per_million +
          config.max_tokens * price.completion_per_million) /
         1e6;
}

}  // namespace

Judge::Judge(Inputs inputs)
    : inputs_(std::move(inputs)),
      prompt_(PromptOf(inputs_)),
      patience_(PatienceOf(inputs_)),
      traces_(inputs_.loop, inputs_.backend, ConfigOfTraces()) {}

TracesConfig Judge::ConfigOfTraces() const {
  TracesConfig config{.prompt = prompt_,
                      .reader = inputs_.reader,
                      .solve_id = absl::StrCat(inputs_.solve_id, "/judge")};
  const v1::Sampling& sampling = inputs_.request.sampling();
  if (sampling.has_seed()) config.seed = sampling.seed();
  config.max_trace_tokens = inputs_.config.max_tokens;
  config.max_trace_bytes = inputs_.server.max_trace_bytes;
  config.text_room = inputs_.text_room;
  config.budget.ends_at = inputs_.loop.Now() + patience_;
  config.price = inputs_.model.price;
  return config;
}

std::string Judge::WhyNotAsked() const {
  const v1::Budget& budget = inputs_.request.budget();
  const auto too_small = [](absl::string_view name) {
    return absl::StrCat("was not asked, because it may take more than a quarter of budget.", name);
  };
  const double tokens = inputs_.config.max_tokens;
  if (budget.max_tokens() > 0 && tokens > kLargestShare * budget.max_tokens()) {
    return too_small("max_tokens");
  }
  if (budget.max_sequential_tokens() > 0 &&
      tokens > kLargestShare * budget.max_sequential_tokens()) {
    return too_small("max_sequential_tokens");
  }
  if (budget.max_cost_usd() > 0 &&
      DearestCost(prompt_, inputs_.config, inputs_.model.price.value_or(PriceConfig())) >
          kLargestShare * budget.max_cost_usd()) {
    return too_small("max_cost_usd");
  }
  return "";
}

Task<v1::DifficultyEstimate> Judge::Ask() {
  const std::string why_not = WhyNotAsked();
  if (!why_not.empty()) co_return FromPrompt(why_not);
  traces_.Launch(1);
  Task<const Trace*> next = traces_.Next();
  const Trace* trace = co_await std::move(next);
  Task<bool> close = traces_.Close();
  co_await std::move(close);
  // Its usage follows its last text.
  Task<bool> settle =
      traces_.Settle(std::min(inputs_.loop.Now() + inputs_.server.usage_grace, inputs_.answer_by));
  co_await std::move(settle);

  // A text that was cut may end in half a number.
  const bool is_whole = trace != nullptr && trace->state == Trace::State::kFinished &&
                        trace->finish_reason() != "length";
  std::optional<double> probability;
  if (is_whole) {
    probability = ReadJudgement(SplitTrace(trace->reasoning(), trace->content()).final);
  }
  if (!probability) co_return FromPrompt(WhatWentWrong());
  v1::DifficultyEstimate estimate = DifficultyOf(*probability, "judge");
  estimate.set_reason(absl::StrFormat(
      "Judge %s says in %d tokens that a strong model fails with a probability of %.2f: the "
      "problem is taken as %s.",
      inputs_.model.name, Bill().billed_tokens(), *probability,
      estimate.difficulty() == v1::DIFFICULTY_HARD ? "hard" : "easy"));
  co_return estimate;
}

std::string Judge::WhatWentWrong() const {
  if (traces_.stop_reason() == v1::TIME_BUDGET) {
    return absl::StrCat("did not answer within ", absl::FormatDuration(patience_));
  }
  if (traces_.stop_reason()) return "was stopped with the solve";
  const Trace& trace = *traces_.all().front();
  if (trace.state == Trace::State::kFailed) {
    return absl::StrCat("failed (", trace.error.message(), ")");
  }
  if (trace.finish_reason() == "length") {
    return absl::StrCat("had not answered after ", trace.tokens(), " tokens");
  }
  return "did not end in a line \"Difficulty: N\"";
}

v1::DifficultyEstimate Judge::FromPrompt(const std::string& why) const {
  DifficultyConfig features;
  v1::DifficultyEstimate estimate = EstimateDifficulty(inputs_.request, features);
  estimate.set_reason(
      absl::StrCat("Judge ", inputs_.model.name, " ", why, ". ", estimate.reason()));
  return estimate;
}

v1::Usage Judge::Bill() const {
  const absl::Time now = inputs_.loop.Now();
  return BillOf(traces_, now, traces_.decided_at().value_or(now));
}

}  // namespace sextant
