#include "server/answer_format.h"

#include <utility>

namespace sextant {
namespace {

// The two enumerations side by side.
constexpr std::pair<AnswerKind, v1::AnswerKind> kKinds[] = {
    {AnswerKind::kAuto, v1::ANSWER_KIND_AUTO},     {AnswerKind::kInteger, v1::ANSWER_KIND_INTEGER},
    {AnswerKind::kNumber, v1::ANSWER_KIND_NUMBER}, {AnswerKind::kChoice, v1::ANSWER_KIND_CHOICE},
    {AnswerKind::kMath, v1::ANSWER_KIND_MATH},     {AnswerKind::kText, v1::ANSWER_KIND_TEXT},
    {AnswerKind::kJson, v1::ANSWER_KIND_JSON},     {AnswerKind::kRegex, v1::ANSWER_KIND_REGEX}};

}  // namespace

v1::AnswerKind ToProto(AnswerKind kind) {
  for (const auto& [ours, theirs] : kKinds) {
    if (ours == kind) return theirs;
  }
  return v1::ANSWER_KIND_UNSPECIFIED;
}

AnswerFormat FormatOf(const v1::AnswerFormat& requested) {
  AnswerFormat format;
  for (const auto& [ours, theirs] : kKinds) {
    if (theirs == requested.kind()) format.kind = ours;
  }
  format.choices.assign(requested.choices().begin(), requested.choices().end());
  format.pattern = requested.pattern();
  format.pointer = requested.pointer();
  return format;
}

}  // namespace sextant
