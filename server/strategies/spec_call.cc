#include "server/strategies/spec_call.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/did_you_mean.h"
#include "server/strategies/spec.h"

namespace sextant {
namespace {

constexpr size_t kMaxTextBytes = 1024;

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

}  // namespace

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

std::optional<int32_t> ParameterReader::OptionalInteger(absl::string_view name, int32_t min,
                                                        int32_t max) {
  const std::string* value = Find(name);
  int32_t number = 0;
  if (value == nullptr) return std::nullopt;
  if (absl::SimpleAtoi(*value, &number) && number >= min && number <= max) return number;
  Fail(name, *value, absl::StrCat(min, " to ", max));
  return std::nullopt;
}

std::optional<double> ParameterReader::Number(absl::string_view name, double min, double max) {
  const std::string* value = Find(name);
  double number = 0;
  if (value == nullptr) return std::nullopt;
  if (absl::SimpleAtod(*value, &number) && number >= min && number <= max) return number;
  Fail(name, *value, absl::StrCat("a number from ", min, " to ", max));
  return std::nullopt;
}

std::optional<int32_t> ParameterReader::Size(absl::string_view name) {
  const std::string* value = Find(name);
  const bool is_large = value != nullptr && *value == "large";
  if (is_large && sizes_ == Sizes::kNumbersOrLarge) return std::nullopt;
  return Integer(name, 1, kMaxTraces);
}

double ParameterReader::Penalty(absl::string_view name) {
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

v1::Stop ParameterReader::StopRule() {
  const std::string* value = Find("stop");
  if (value == nullptr) return v1::STOP_UNSPECIFIED;
  if (*value == "lossless") return v1::STOP_LOSSLESS;
  if (*value == "all") return v1::STOP_ALL;
  Fail("stop", *value, "lossless or all");
  return v1::STOP_UNSPECIFIED;
}

v1::Weights ParameterReader::VoteWeights() {
  const std::string* value = Find("weights");
  if (value == nullptr) return v1::WEIGHTS_UNSPECIFIED;
  for (const auto& [word, weights] : kWeightWords) {
    if (*value == word) return weights;
  }
  Fail("weights", *value, "uniform, length or confidence");
  return v1::WEIGHTS_UNSPECIFIED;
}

std::string ParameterReader::Delimiter(absl::string_view name) {
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

absl::Status ParameterReader::Finish() {
  for (const Parameter& parameter : call_.parameters) {
    if (std::find(known_.begin(), known_.end(), parameter.name) != known_.end()) continue;
    const std::string hint =
        known_.empty() ? " (it has no parameters)" : DidYouMean(parameter.name, known_);
    Remember(absl::StrCat("strategy.", call_.name, ": unknown parameter ", Quoted(parameter.name),
                          hint));
  }
  return status_;
}

const std::string* ParameterReader::Find(absl::string_view name) {
  if (std::find(known_.begin(), known_.end(), name) == known_.end()) known_.push_back(name);
  for (const Parameter& parameter : call_.parameters) {
    if (parameter.name == name) return &parameter.value;
  }
  return nullptr;
}

void ParameterReader::Fail(absl::string_view name, absl::string_view value,
                           absl::string_view expected) {
  Remember(absl::StrCat("strategy.", call_.name, ".", name, " is ", Quoted(value), ", expected ",
                        expected));
}

void ParameterReader::Remember(absl::string_view message) {
  if (status_.ok()) status_ = absl::InvalidArgumentError(message);
}

}  // namespace sextant
