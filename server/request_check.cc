#include "server/request_check.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/answer/choice.h"
#include "server/answer/format_check.h"
#include "server/strategies/spec.h"

namespace sextant {
namespace {

constexpr size_t kMaxProblemBytes = 1 << 20;
constexpr int kMaxMessages = 256;
constexpr size_t kMaxReferenceBytes = 64 << 10;
constexpr int kMaxStops = 16;
constexpr size_t kMaxStopBytes = 256;
constexpr int64_t kMaxSeed = int64_t{1} << 62;
constexpr int kMaxTraceTokens = 10'000'000;
constexpr int kMaxTopK = 1'000'000;

template <typename Value>
absl::Status Wrong(absl::string_view field, const Value& value, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(field, " is ", value, ", expected ", expected));
}

absl::Status TooLong(absl::string_view field, size_t bytes, size_t limit) {
  return absl::InvalidArgumentError(
      absl::StrCat(field, " has ", bytes, " bytes, expected at most ", limit));
}

bool IsBlank(absl::string_view text) { return absl::StripAsciiWhitespace(text).empty(); }

absl::Status CheckMessages(const v1::SolveRequest& request) {
  const int count = request.messages_size();
  if (count > kMaxMessages) {
    return absl::InvalidArgumentError(
        absl::StrCat("messages has ", count, " entries, expected at most ", kMaxMessages));
  }
  for (int i = 0; i < count; ++i) {
    const v1::Message::Role role = request.messages(i).role();
    if (role != v1::Message::ROLE_UNSPECIFIED && v1::Message::Role_IsValid(role)) continue;
    return Wrong(absl::StrCat("messages[", i, "].role"), static_cast<int>(role),
                 "ROLE_SYSTEM, ROLE_USER or ROLE_ASSISTANT");
  }
  const v1::Message& last = request.messages(count - 1);
  if (last.role() != v1::Message::ROLE_USER) {
    return Wrong(absl::StrCat("messages[", count - 1, "].role"),
                 v1::Message::Role_Name(last.role()), "ROLE_USER in the last message");
  }
  if (IsBlank(last.content())) {
    return absl::InvalidArgumentError(
        absl::StrCat("messages[", count - 1, "].content is blank, expected the problem"));
  }
  return absl::OkStatus();
}

absl::Status CheckProblem(const v1::SolveRequest& request) {
  const bool has_messages = request.messages_size() > 0;
  if (has_messages != request.prompt().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        has_messages ? "prompt and messages are both set" : "neither prompt nor messages is set",
        ", expected exactly one of them"));
  }
  size_t bytes = request.prompt().size();
  for (const v1::Message& message : request.messages()) bytes += message.content().size();
  if (bytes > kMaxProblemBytes) {
    return TooLong(has_messages ? "messages" : "prompt", bytes, kMaxProblemBytes);
  }
  if (has_messages) return CheckMessages(request);
  if (IsBlank(request.prompt())) {
    return absl::InvalidArgumentError("prompt is blank, expected the problem");
  }
  return absl::OkStatus();
}

absl::Status CheckKind(v1::AnswerKind kind) {
  if (v1::AnswerKind_IsValid(kind)) return absl::OkStatus();
  return Wrong("answer.kind", static_cast<int>(kind),
               "AUTO, INTEGER, NUMBER, CHOICE, MATH, TEXT, JSON or REGEX");
}

absl::Status CheckChoices(const v1::AnswerFormat& answer) {
  if (answer.choices_size() > kMaxOptions) {
    return absl::InvalidArgumentError(absl::StrCat("answer.choices has ", answer.choices_size(),
                                                   " entries, expected at most ", kMaxOptions));
  }
  for (int i = 0; i < answer.choices_size(); ++i) {
    const size_t bytes = answer.choices(i).size();
    if (bytes > kMaxOptionBytes) {
      return TooLong(absl::StrCat("answer.choices[", i, "]"), bytes, kMaxOptionBytes);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAnswer(const v1::AnswerFormat& answer) {
  if (absl::Status status = CheckKind(answer.kind()); !status.ok()) return status;
  if (absl::Status status = CheckChoices(answer); !status.ok()) return status;
  if (answer.pattern().size() > kMaxPatternBytes) {
    return TooLong("answer.pattern", answer.pattern().size(), kMaxPatternBytes);
  }
  if (answer.pointer().size() > kMaxPointerBytes) {
    return TooLong("answer.pointer", answer.pointer().size(), kMaxPointerBytes);
  }
  // A field that the kind does not use would be ignored without a word.
  const bool is_regex = answer.kind() == v1::ANSWER_KIND_REGEX;
  if (is_regex == answer.pattern().empty()) {
    return absl::InvalidArgumentError(
        is_regex ? "answer.pattern is empty, expected one for answer.kind REGEX"
                 : "answer.pattern is set, expected answer.kind REGEX with it");
  }
  if (!answer.pointer().empty() && answer.kind() != v1::ANSWER_KIND_JSON) {
    return absl::InvalidArgumentError("answer.pointer is set, expected answer.kind JSON with it");
  }
  const bool may_have_choices = answer.kind() == v1::ANSWER_KIND_CHOICE ||
                                answer.kind() == v1::ANSWER_KIND_AUTO ||
                                answer.kind() == v1::ANSWER_KIND_UNSPECIFIED;
  if (!may_have_choices && answer.choices_size() > 0) {
    return absl::InvalidArgumentError(
        "answer.choices is set, expected answer.kind CHOICE or AUTO with it");
  }
  return absl::OkStatus();
}

absl::Status CheckBudget(const v1::Budget& budget, const ModelConfig& model) {
  if (budget.max_tokens() < 0) {
    return Wrong("budget.max_tokens", budget.max_tokens(), "0 (no limit) or more");
  }
  if (budget.max_sequential_tokens() < 0) {
    return Wrong("budget.max_sequential_tokens", budget.max_sequential_tokens(),
                 "0 (no limit) or more");
  }
  if (budget.max_traces() < 0 || budget.max_traces() > kMaxTraces) {
    return Wrong("budget.max_traces", budget.max_traces(),
                 absl::StrCat("1 to ", kMaxTraces, ", or 0 for the default"));
  }
  const double cost = budget.max_cost_usd();
  if (!std::isfinite(cost) || cost < 0) {
    return Wrong("budget.max_cost_usd", cost, "0 (no limit) or more");
  }
  if (cost > 0 && !model.price) {
    return Wrong("budget.max_cost_usd", cost,
                 absl::StrCat("none, because model ", model.name, " has no price"));
  }
  if (!v1::Goal_IsValid(budget.goal())) {
    return Wrong("budget.goal", static_cast<int>(budget.goal()),
                 "GOAL_BALANCED, GOAL_CHEAP, GOAL_FAST or GOAL_ACCURATE");
  }
  return absl::OkStatus();
}

absl::Status CheckStops(const v1::Sampling& sampling) {
  if (sampling.stop_size() > kMaxStops) {
    return absl::InvalidArgumentError(absl::StrCat("sampling.stop has ", sampling.stop_size(),
                                                   " entries, expected at most ", kMaxStops));
  }
  for (int i = 0; i < sampling.stop_size(); ++i) {
    const size_t bytes = sampling.stop(i).size();
    if (bytes >= 1 && bytes <= kMaxStopBytes) continue;
    return absl::InvalidArgumentError(absl::StrCat("sampling.stop[", i, "] has ", bytes,
                                                   " bytes, expected 1 to ", kMaxStopBytes));
  }
  return absl::OkStatus();
}

// Comparisons are written so that NaN fails.
absl::Status CheckSampling(const v1::Sampling& sampling) {
  if (sampling.has_temperature() && !(sampling.temperature() >= 0 && sampling.temperature() <= 2)) {
    return Wrong("sampling.temperature", sampling.temperature(), "0 to 2");
  }
  if (sampling.has_top_p() && !(sampling.top_p() > 0 && sampling.top_p() <= 1)) {
    return Wrong("sampling.top_p", sampling.top_p(), "above 0 up to 1");
  }
  if (sampling.has_top_k() && (sampling.top_k() < 1 || sampling.top_k() > kMaxTopK)) {
    return Wrong("sampling.top_k", sampling.top_k(), absl::StrCat("1 to ", kMaxTopK));
  }
  if (sampling.has_min_p() && !(sampling.min_p() >= 0 && sampling.min_p() <= 1)) {
    return Wrong("sampling.min_p", sampling.min_p(), "0 to 1");
  }
  if (sampling.has_seed() && (sampling.seed() < 0 || sampling.seed() > kMaxSeed)) {
    return Wrong("sampling.seed", sampling.seed(), absl::StrCat("0 to ", kMaxSeed));
  }
  if (absl::Status status = CheckStops(sampling); !status.ok()) return status;
  const int max_trace_tokens = sampling.max_trace_tokens();
  if (sampling.has_max_trace_tokens() &&
      (max_trace_tokens < 1 || max_trace_tokens > kMaxTraceTokens)) {
    return Wrong("sampling.max_trace_tokens", max_trace_tokens,
                 absl::StrCat("1 to ", kMaxTraceTokens));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRequest(const v1::SolveRequest& request, const ModelConfig& model) {
  if (absl::Status status = CheckProblem(request); !status.ok()) return status;
  if (absl::Status status = CheckAnswer(request.answer()); !status.ok()) return status;
  if (absl::Status status = CheckBudget(request.budget(), model); !status.ok()) return status;
  if (!v1::Difficulty_IsValid(request.difficulty())) {
    return Wrong("difficulty", static_cast<int>(request.difficulty()),
                 "DIFFICULTY_EASY or DIFFICULTY_HARD, or unset");
  }
  if (absl::Status status = CheckStrategy(request.strategy()); !status.ok()) return status;
  if (absl::Status status = CheckSampling(request.sampling()); !status.ok()) return status;
  if (request.reference_answer().size() > kMaxReferenceBytes) {
    return TooLong("reference_answer", request.reference_answer().size(), kMaxReferenceBytes);
  }
  return absl::OkStatus();
}

}  // namespace sextant
