#include "server/answer/format_check.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/answer/choice.h"
#include "server/answer/json_pointer.h"

namespace sextant {
namespace {

constexpr int64_t kMaxPatternMemory = 1 << 20;  // Bytes RE2 may use for a compiled pattern.

}  // namespace

absl::Status CheckChoices(const AnswerFormat& format) {
  if (format.choices.empty()) return absl::OkStatus();
  if (format.kind != AnswerKind::kChoice && format.kind != AnswerKind::kAuto) {
    return absl::InvalidArgumentError(absl::StrCat("answer.choices is given for kind ",
                                                   AnswerKindName(format.kind),
                                                   ", expected kind choice or auto"));
  }
  if (format.choices.size() > kMaxOptions) {
    return absl::InvalidArgumentError(absl::StrCat("answer.choices has ", format.choices.size(),
                                                   " options, expected at most ", kMaxOptions));
  }
  for (size_t i = 0; i < format.choices.size(); ++i) {
    if (format.choices[i].size() <= kMaxOptionBytes) continue;
    return absl::InvalidArgumentError(absl::StrCat("answer.choices[", i, "] has ",
                                                   format.choices[i].size(),
                                                   " bytes, expected at most ", kMaxOptionBytes));
  }
  return absl::OkStatus();
}

absl::Status CheckPointer(const AnswerFormat& format) {
  if (format.pointer.empty()) return absl::OkStatus();
  if (format.kind != AnswerKind::kJson && format.kind != AnswerKind::kAuto) {
    return absl::InvalidArgumentError(absl::StrCat("answer.pointer is given for kind ",
                                                   AnswerKindName(format.kind),
                                                   ", expected kind json or auto"));
  }
  if (!format.choices.empty()) {
    return absl::InvalidArgumentError(
        "answer.pointer is given together with answer.choices, expected one of them");
  }
  if (format.pointer.size() > kMaxPointerBytes) {
    return absl::InvalidArgumentError(absl::StrCat("answer.pointer has ", format.pointer.size(),
                                                   " bytes, expected at most ", kMaxPointerBytes));
  }
  if (ParsePointer(format.pointer).has_value()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("answer.pointer is \"", format.pointer,
                   "\", expected a JSON pointer such as /result/0 (RFC 6901)"));
}

absl::StatusOr<std::shared_ptr<const RE2>> CompilePattern(const AnswerFormat& format) {
  const std::string& pattern = format.pattern;
  if (format.kind != AnswerKind::kRegex) {
    if (pattern.empty()) return std::shared_ptr<const RE2>();
    return absl::InvalidArgumentError(absl::StrCat(
        "answer.pattern is given for kind ", AnswerKindName(format.kind), ", expected kind regex"));
  }
  if (pattern.empty()) {
    return absl::InvalidArgumentError(
        "answer.pattern is empty, expected a regular expression (RE2)");
  }
  if (pattern.size() > kMaxPatternBytes) {
    return absl::InvalidArgumentError(absl::StrCat("answer.pattern has ", pattern.size(),
                                                   " bytes, expected at most ", kMaxPatternBytes));
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxPatternMemory);
  auto compiled = std::make_shared<const RE2>(pattern, options);
  if (compiled->ok()) return compiled;
  return absl::InvalidArgumentError(absl::StrCat(
      "answer.pattern does not compile: ", compiled->error(), ", expected RE2 syntax"));
}

}  // namespace sextant
