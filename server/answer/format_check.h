// Checks a caller's description of an answer before it is used.
#pragma once
#include <re2/re2.h>

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/answer/answer.h"

namespace sextant {

constexpr size_t kMaxPatternBytes = 1000;
constexpr size_t kMaxOptionBytes = 4096;  // Of one option's text.
constexpr size_t kMaxPointerBytes = 1000;

// INVALID_ARGUMENT naming the field: more than 26 choices, choices for a kind other than choice and
// auto, or one longer than kMaxOptionBytes.
absl::Status CheckChoices(const AnswerFormat& format);

// INVALID_ARGUMENT naming the field: a pointer that RFC 6901 does not know, one longer than
// kMaxPointerBytes, or one for a kind other than json and auto.
absl::Status CheckPointer(const AnswerFormat& format);

// The compiled pattern, null for kinds that have none. INVALID_ARGUMENT naming the field: a pattern
// that is missing, longer than kMaxPatternBytes, not RE2 syntax or too big when compiled, or a
// pattern for another kind. Shared by the copies of a reader, since RE2 cannot be copied and is
// safe to use from any thread.
absl::StatusOr<std::shared_ptr<const RE2>> CompilePattern(const AnswerFormat& format);

}  // namespace sextant
