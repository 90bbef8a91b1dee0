// Answers as the contract describes them, and as server/answer reads them.
#pragma once
#include "server/answer/answer.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// UNSPECIFIED is AUTO. Pure; any thread.
AnswerFormat FormatOf(const v1::AnswerFormat& requested);
v1::AnswerKind ToProto(AnswerKind kind);

}  // namespace sextant
