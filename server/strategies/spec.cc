#include "server/strategies/spec.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/did_you_mean.h"

namespace sextant {
namespace {

constexpr size_t kMaxTextBytes = 1024;
constexpr size_t kMaxDelimiterBytes = 64;
constexpr absl::string_view kNames[] = {
    "auto", "simple", "majority_vote", "first_finish", "last_finish", "beam_search", "adaptive"};
constexpr std::pair<absl::string_view, v1::Weights> kWeights[] = {
    {"uniform", v1::WEIGHTS_UNIFORM},
    {"length", v1::WEIGHTS_LENGTH},
    {"confidence", v1::WEIGHTS_CONFIDENCE}};

enum class Sizes { kNumbers, kNumbersOrLarge };

struct Parameter {
  std::string name;
  std::string value;
};
struct Call {
  std::string name;
  std::vector<Parameter> parameters;
};

absl::Status Malformed(absl::string_view text, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      "strategy ", Quoted(text), ": ", what, ", expected a form such as first_finish(k=3,n=8)"));
}

// Cuts `text` at the commas that stand outside double quotes.
std::vector<absl::string_view> SplitParameters(absl::string_view text) {
  std::vector<absl::string_view> parts;
  bool in_quotes = false;
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (in_quotes && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      in_quotes = !in_quotes;
    } else if (text[i] == ',' && !in_quotes) {
      parts.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  parts.push_back(text.substr(start));
  return parts;
}

// name(key=value,...) without knowing any name.
absl::StatusOr<Call> ParseCall(absl::string_view text) {
  if (text.size() > kMaxTextBytes) {
    return Malformed(text, absl::StrCat("longer than ", kMaxTextBytes, " bytes"));
  }
  Call call;
  const absl::string_view trimmed = absl::StripAsciiWhitespace(text);
  const size_t open = trimmed.find('(');
  call.name = std::string(absl::StripAsciiWhitespace(trimmed.substr(0, open)));
  if (open == absl::string_view::npos) return call;
  if (!absl::EndsWith(trimmed, ")")) return Malformed(text, "the closing parenthesis is missing");
  const absl::string_view inside =
      absl::StripAsciiWhitespace(trimmed.substr(open + 1, trimmed.size() - open - 2));
  if (inside.empty()) return call;
  for (const absl::string_view part : SplitParameters(inside)) {
    const size_t equals = part.find('=');
    if (equals == absl::string_view::npos) {
      return Malformed(text, absl::StrCat("parameter ", Quoted(part), " has no value"));
    }
    Parameter parameter{std::string(absl::StripAsciiWhitespace(part.substr(0, equals))),
                        std::string(absl::StripAsciiWhitespace(part.substr(equals + 1)))};
    const auto is_same = [&](const Parameter& other) { return other.name == parameter.name; };
    if (std::any_of(call.parameters.begin(), call.parameters.end(), is_same)) {
      return Malformed(text, absl::StrCat("parameter ", parameter.name, " is given twice"));
    }
    call.parameters.push_back(std::move(parameter));
  }
  return call;
}

// Hands out the parameters of a call by name and range. Parameters that are absent read as 0 or
// unset, and so do wrong ones; Finish() tells the first error.
class ParameterReader {
 public:
  ParameterReader(const Call& call, Sizes sizes) : call_(call), sizes_(sizes) {}

  int32_t Integer(absl::string_view name, int32_t min, int32_t max) {
    const std::string* value = Find(name);
    int32_t number = 0;
    if (value == nullptr) return 0;
    if (absl::SimpleAtoi(*value, &number) && number >= min && number <= max) return number;
    Fail(name, *value, absl::StrCat(min, " to ", max));
    return 0;
  }

  // A number of traces; nullopt for `large`.
  std::optional<int32_t> Size(absl::string_view name) {
    const std::string* value = Find(name);
    const bool is_large = value != nullptr && *value == "large";
    if (is_large && sizes_ == Sizes::kNumbersOrLarge) return std::nullopt;
    return Integer(name, 1, kMaxTraces);
  }

  double Penalty(absl::string_view name) {
    const std::string* value = Find(name);
    double number = 0;
    if (value == nullptr) return 0;
    // 0 is how the contract says "default", so it cannot be asked for.
    if (absl::SimpleAtod(*value, &number) && number > 0 && number <= kMaxLengthPenalty) {
      return number;
    }
    Fail(name, *value, absl::StrCat("a number above 0 up to ", kMaxLengthPenalty));
    return 0;
  }

  // Unset when it is absent or wrong.
  std::optional<double> Number(absl::string_view name, double min, double max) {
    const std::string* value = Find(name);
    double number = 0;
    if (value == nullptr) return std::nullopt;
    if (absl::SimpleAtod(*value, &number) && number >= min && number <= max) return number;
    Fail(name, *value, absl::StrCat("a number from ", min, " to ", max));
    return std::nullopt;
  }

  v1::Stop StopRule() {
    const std::string* value = Find("stop");
    if (value == nullptr) return v1::STOP_UNSPECIFIED;
    if (*value == "lossless") return v1::STOP_LOSSLESS;
    if (*value == "all") return v1::STOP_ALL;
    Fail("stop", *value, "lossless or all");
    return v1::STOP_UNSPECIFIED;
  }

  v1::Weights VoteWeights() {
    const std::string* value = Find("weights");
    if (value == nullptr) return v1::WEIGHTS_UNSPECIFIED;
    for (const auto& [word, weights] : kWeights) {
      if (*value == word) return weights;
    }
    Fail("weights", *value, "uniform, length or confidence");
    return v1::WEIGHTS_UNSPECIFIED;
  }

  std::string Delimiter(absl::string_view name) {
    const std::string* value = Find(name);
    std::string delimiter;
    if (value == nullptr) return delimiter;
    const absl::string_view text = *value;
    const bool is_quoted = text.size() > 2 && text.front() == '"' && text.back() == '"';
    if (is_quoted && absl::CUnescape(text.substr(1, text.size() - 2), &delimiter) &&
        delimiter.size() <= kMaxDelimiterBytes) {
      return delimiter;
    }
    Fail(name, text, absl::StrCat("1 to ", kMaxDelimiterBytes, " bytes in double quotes"));
    return "";
  }

  absl::Status Finish() {
    for (const Parameter& parameter : call_.parameters) {
      if (std::find(known_.begin(), known_.end(), parameter.name) != known_.end()) continue;
      const std::string hint =
          known_.empty() ? " (it has no parameters)" : DidYouMean(parameter.name, known_);
      Remember(absl::StrCat("strategy.", call_.name, ": unknown parameter ", Quoted(parameter.name),
                            hint));
    }
    return status_;
  }

 private:
  const std::string* Find(absl::string_view name) {
    if (std::find(known_.begin(), known_.end(), name) == known_.end()) known_.push_back(name);
    for (const Parameter& parameter : call_.parameters) {
      if (parameter.name == name) return &parameter.value;
    }
    return nullptr;
  }

  void Fail(absl::string_view name, absl::string_view value, absl::string_view expected) {
    Remember(absl::StrCat("strategy.", call_.name, ".", name, " is ", Quoted(value), ", expected ",
                          expected));
  }
  void Remember(absl::string_view message) {
    if (status_.ok()) status_ = absl::InvalidArgumentError(message);
  }

  const Call& call_;
  Sizes sizes_;
  std::vector<absl::string_view> known_;
  absl::Status status_;
};

// FirstFinish and LastFinish have the same parameters. True when k is `large`.
template <typename Finish>
bool ReadFinish(ParameterReader& parameters, Finish& finish) {
  const std::optional<int32_t> k = parameters.Size("k");
  finish.set_k(k.value_or(0));
  finish.set_n(parameters.Size("n").value_or(0));
  finish.set_stop(parameters.StopRule());
  finish.set_weights(parameters.VoteWeights());
  return !k.has_value();
}

void ReadAdaptive(ParameterReader& parameters, v1::Adaptive& adaptive) {
  adaptive.set_n(parameters.Size("n").value_or(0));
  adaptive.set_first(parameters.Integer("first", 1, kMaxTraces));
  const auto set = [](std::optional<double> value, auto setter) {
    if (value) setter(*value);
  };
  set(parameters.Number("margin", 0, 1), [&](double v) { adaptive.set_margin(v); });
  set(parameters.Number("spare", 0, kMaxTraces),
      [&](double v) { adaptive.set_spare(static_cast<int>(v)); });
  set(parameters.Number("late_after", 0, kMaxLengths),
      [&](double v) { adaptive.set_late_after(v); });
  set(parameters.Number("drop_after", 0, kMaxLengths),
      [&](double v) { adaptive.set_drop_after(v); });
  set(parameters.Number("stated", 0, 1), [&](double v) { adaptive.set_stated(v); });
  set(parameters.Number("length_exponent", -kMaxLengthExponent, kMaxLengthExponent),
      [&](double v) { adaptive.set_length_exponent(v); });
}

absl::StatusOr<StrategyTemplate> Parse(absl::string_view text, Sizes sizes) {
  const absl::StatusOr<Call> call = ParseCall(text);
  if (!call.ok()) return call.status();
  if (std::find(std::begin(kNames), std::end(kNames), call->name) == std::end(kNames)) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown strategy ", Quoted(call->name), DidYouMean(call->name, kNames),
                     ", expected one of ", absl::StrJoin(kNames, ", ")));
  }
  StrategyTemplate result;
  v1::Strategy& strategy = result.strategy;
  ParameterReader parameters(*call, sizes);
  if (call->name == "simple") {
    strategy.mutable_simple();
  } else if (call->name == "majority_vote") {
    v1::MajorityVote& vote = *strategy.mutable_majority_vote();
    vote.set_n(parameters.Size("n").value_or(0));
    vote.set_stop(parameters.StopRule());
    vote.set_weights(parameters.VoteWeights());
  } else if (call->name == "first_finish") {
    result.k_is_n = ReadFinish(parameters, *strategy.mutable_first_finish());
  } else if (call->name == "last_finish") {
    result.k_is_n = ReadFinish(parameters, *strategy.mutable_last_finish());
  } else if (call->name == "beam_search") {
    v1::BeamSearch& beam = *strategy.mutable_beam_search();
    beam.set_width(parameters.Integer("width", 1, kMaxBeamWidth));
    beam.set_step_tokens(parameters.Integer("step_tokens", 1, kMaxStepTokens));
    beam.set_step_delimiter(parameters.Delimiter("step_delimiter"));
    beam.set_expansion(parameters.Integer("expansion", kMinExpansion, kMaxExpansion));
    beam.set_length_penalty(parameters.Penalty("length_penalty"));
  } else if (call->name == "adaptive") {
    ReadAdaptive(parameters, *strategy.mutable_adaptive());
  }
  if (absl::Status status = parameters.Finish(); !status.ok()) return status;
  if (absl::Status status = CheckStrategy(strategy); !status.ok()) return status;
  return result;
}

absl::Status CheckInteger(absl::string_view field, int32_t value, int32_t min, int32_t max) {
  if (value == 0 || (value >= min && value <= max)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("strategy.", field, " is ", value, ", expected ", min, " to ", max));
}

absl::Status CheckStop(absl::string_view strategy, v1::Stop stop) {
  if (v1::Stop_IsValid(stop)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("strategy.", strategy, ".stop is ",
                                                 static_cast<int>(stop),
                                                 ", expected STOP_LOSSLESS or STOP_ALL"));
}

// The parameters that strategies of n traces have. `k` is 0 where there is none.
struct TraceParameters {
  int32_t k = 0;
  int32_t n = 0;
  v1::Stop stop = v1::STOP_UNSPECIFIED;
  v1::Weights weights = v1::WEIGHTS_UNSPECIFIED;
};

absl::Status CheckTraces(absl::string_view name, const TraceParameters& given) {
  const absl::Status n = CheckInteger(absl::StrCat(name, ".n"), given.n, 1, kMaxTraces);
  if (!n.ok()) return n;
  if (given.n != 0 && (given.k < 0 || given.k > given.n)) {
    return absl::InvalidArgumentError(
        absl::StrCat("strategy.", name, ".k is ", given.k, ", expected 1 to n (", given.n, ")"));
  }
  const absl::Status k = CheckInteger(absl::StrCat(name, ".k"), given.k, 1, kMaxTraces);
  if (!k.ok()) return k;
  if (!v1::Weights_IsValid(given.weights)) {
    return absl::InvalidArgumentError(
        absl::StrCat("strategy.", name, ".weights is ", static_cast<int>(given.weights),
                     ", expected WEIGHTS_UNIFORM, WEIGHTS_LENGTH or WEIGHTS_CONFIDENCE"));
  }
  return CheckStop(name, given.stop);
}

absl::Status CheckBeamSearch(const v1::BeamSearch& beam) {
  for (const absl::Status& status :
       {CheckInteger("beam_search.width", beam.width(), 1, kMaxBeamWidth),
        CheckInteger("beam_search.step_tokens", beam.step_tokens(), 1, kMaxStepTokens),
        CheckInteger("beam_search.expansion", beam.expansion(), kMinExpansion, kMaxExpansion)}) {
    if (!status.ok()) return status;
  }
  if (beam.step_delimiter().size() > kMaxDelimiterBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("strategy.beam_search.step_delimiter has ", beam.step_delimiter().size(),
                     " bytes, expected at most ", kMaxDelimiterBytes));
  }
  // Written so that NaN fails.
  if (!(beam.length_penalty() >= 0 && beam.length_penalty() <= kMaxLengthPenalty)) {
    return absl::InvalidArgumentError(absl::StrCat("strategy.beam_search.length_penalty is ",
                                                   beam.length_penalty(), ", expected 0 to ",
                                                   kMaxLengthPenalty));
  }
  return absl::OkStatus();
}

absl::Status CheckNumber(absl::string_view field, std::optional<double> value, double min,
                         double max) {
  // Written so that NaN fails.
  if (!value || (*value >= min && *value <= max)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("strategy.adaptive.", field, " is ", *value, ", expected ", min, " to ", max));
}

absl::Status CheckAdaptive(const v1::Adaptive& adaptive) {
  const auto given = [](bool has, double value) {
    return has ? std::optional<double>(value) : std::nullopt;
  };
  for (const absl::Status& status :
       {CheckInteger("adaptive.n", adaptive.n(), 1, kMaxTraces),
        CheckInteger("adaptive.first", adaptive.first(), 1, kMaxTraces),
        CheckNumber("margin", given(adaptive.has_margin(), adaptive.margin()), 0, 1),
        CheckNumber("spare", given(adaptive.has_spare(), adaptive.spare()), 0, kMaxTraces),
        CheckNumber("late_after", given(adaptive.has_late_after(), adaptive.late_after()), 0,
                    kMaxLengths),
        CheckNumber("drop_after", given(adaptive.has_drop_after(), adaptive.drop_after()), 0,
                    kMaxLengths),
        CheckNumber("stated", given(adaptive.has_stated(), adaptive.stated()), 0, 1),
        CheckNumber("length_exponent",
                    given(adaptive.has_length_exponent(), adaptive.length_exponent()),
                    -kMaxLengthExponent, kMaxLengthExponent)}) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// The shortest digits that read back as the same number.
std::string Digits(double number) {
  char digits[32];
  const auto written = std::to_chars(digits, digits + sizeof digits, number);
  return std::string(digits, written.ptr);
}

void AppendInteger(std::vector<std::string>& parts, absl::string_view name, int32_t value) {
  if (value != 0) parts.push_back(absl::StrCat(name, "=", value));
}

void AppendStop(std::vector<std::string>& parts, v1::Stop stop, v1::Stop default_stop) {
  if (stop == v1::STOP_UNSPECIFIED || stop == default_stop) return;
  parts.push_back(stop == v1::STOP_ALL ? "stop=all" : "stop=lossless");
}

void AppendWeights(std::vector<std::string>& parts, v1::Weights weights) {
  if (weights == v1::WEIGHTS_UNIFORM) return;  // The default.
  for (const auto& [word, known] : kWeights) {
    if (known == weights) parts.push_back(absl::StrCat("weights=", word));
  }
}

template <typename Finish>
std::vector<std::string> FinishParts(const Finish& finish) {
  std::vector<std::string> parts;
  AppendInteger(parts, "k", finish.k());
  AppendInteger(parts, "n", finish.n());
  AppendStop(parts, finish.stop(), v1::STOP_ALL);
  AppendWeights(parts, finish.weights());
  return parts;
}

std::vector<std::string> BeamParts(const v1::BeamSearch& beam) {
  std::vector<std::string> parts;
  AppendInteger(parts, "width", beam.width());
  if (beam.step_tokens() != kDefaultStepTokens) {
    AppendInteger(parts, "step_tokens", beam.step_tokens());
  }
  if (!beam.step_delimiter().empty() && beam.step_delimiter() != kDefaultStepDelimiter) {
    parts.push_back(
        absl::StrCat("step_delimiter=\"", absl::Utf8SafeCEscape(beam.step_delimiter()), "\""));
  }
  if (beam.expansion() != kDefaultExpansion) AppendInteger(parts, "expansion", beam.expansion());
  if (beam.length_penalty() != 0 && beam.length_penalty() != kDefaultLengthPenalty) {
    parts.push_back(absl::StrCat("length_penalty=", Digits(beam.length_penalty())));
  }
  return parts;
}

std::vector<std::string> AdaptiveParts(const v1::Adaptive& adaptive) {
  std::vector<std::string> parts;
  AppendInteger(parts, "n", adaptive.n());
  AppendInteger(parts, "first", adaptive.first());
  const auto append = [&parts](absl::string_view name, bool has, double value) {
    if (has) parts.push_back(absl::StrCat(name, "=", Digits(value)));
  };
  append("margin", adaptive.has_margin(), adaptive.margin());
  append("spare", adaptive.has_spare(), adaptive.spare());
  append("late_after", adaptive.has_late_after(), adaptive.late_after());
  append("drop_after", adaptive.has_drop_after(), adaptive.drop_after());
  append("stated", adaptive.has_stated(), adaptive.stated());
  append("length_exponent", adaptive.has_length_exponent(), adaptive.length_exponent());
  return parts;
}

}  // namespace

absl::StatusOr<v1::Strategy> ParseStrategy(absl::string_view text) {
  absl::StatusOr<StrategyTemplate> parsed = Parse(text, Sizes::kNumbers);
  if (!parsed.ok()) return parsed.status();
  return std::move(parsed->strategy);
}

absl::StatusOr<StrategyTemplate> ParseStrategyTemplate(absl::string_view text) {
  return Parse(text, Sizes::kNumbersOrLarge);
}

absl::string_view StrategyName(const v1::Strategy& strategy) {
  switch (strategy.kind_case()) {
    case v1::Strategy::kSimple:
      return "simple";
    case v1::Strategy::kMajorityVote:
      return "majority_vote";
    case v1::Strategy::kFirstFinish:
      return "first_finish";
    case v1::Strategy::kLastFinish:
      return "last_finish";
    case v1::Strategy::kBeamSearch:
      return "beam_search";
    case v1::Strategy::kAdaptive:
      return "adaptive";
    case v1::Strategy::KIND_NOT_SET:
      return "auto";
  }
  return "auto";
}

std::string StrategyText(const v1::Strategy& strategy) {
  std::vector<std::string> parts;
  if (strategy.has_majority_vote()) {
    AppendInteger(parts, "n", strategy.majority_vote().n());
    AppendStop(parts, strategy.majority_vote().stop(), v1::STOP_LOSSLESS);
    AppendWeights(parts, strategy.majority_vote().weights());
  } else if (strategy.has_first_finish()) {
    parts = FinishParts(strategy.first_finish());
  } else if (strategy.has_last_finish()) {
    parts = FinishParts(strategy.last_finish());
  } else if (strategy.has_beam_search()) {
    parts = BeamParts(strategy.beam_search());
  } else if (strategy.has_adaptive()) {
    parts = AdaptiveParts(strategy.adaptive());
  }
  const absl::string_view name = StrategyName(strategy);
  return parts.empty() ? std::string(name)
                       : absl::StrCat(name, "(", absl::StrJoin(parts, ","), ")");
}

absl::Status CheckStrategy(const v1::Strategy& strategy) {
  switch (strategy.kind_case()) {
    case v1::Strategy::kMajorityVote: {
      const v1::MajorityVote& vote = strategy.majority_vote();
      return CheckTraces("majority_vote",
                         {.n = vote.n(), .stop = vote.stop(), .weights = vote.weights()});
    }
    case v1::Strategy::kFirstFinish: {
      const v1::FirstFinish& finish = strategy.first_finish();
      return CheckTraces("first_finish", {finish.k(), finish.n(), finish.stop(), finish.weights()});
    }
    case v1::Strategy::kLastFinish: {
      const v1::LastFinish& finish = strategy.last_finish();
      return CheckTraces("last_finish", {finish.k(), finish.n(), finish.stop(), finish.weights()});
    }
    case v1::Strategy::kBeamSearch:
      return CheckBeamSearch(strategy.beam_search());
    case v1::Strategy::kAdaptive:
      return CheckAdaptive(strategy.adaptive());
    case v1::Strategy::kSimple:
    case v1::Strategy::KIND_NOT_SET:
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

int32_t TraceCount(const v1::Strategy& strategy) {
  if (strategy.has_majority_vote()) return strategy.majority_vote().n();
  if (strategy.has_first_finish()) return strategy.first_finish().n();
  if (strategy.has_last_finish()) return strategy.last_finish().n();
  if (strategy.has_adaptive()) return strategy.adaptive().n();
  return 0;
}

v1::Weights WeightsOf(const v1::Strategy& strategy) {
  if (strategy.has_majority_vote()) return strategy.majority_vote().weights();
  if (strategy.has_first_finish()) return strategy.first_finish().weights();
  if (strategy.has_last_finish()) return strategy.last_finish().weights();
  return v1::WEIGHTS_UNSPECIFIED;
}

int32_t FinishCount(const v1::Strategy& strategy) {
  if (strategy.has_first_finish()) return strategy.first_finish().k();
  if (strategy.has_last_finish()) return strategy.last_finish().k();
  return 0;
}

}  // namespace sextant
