// What a solve tells its caller about its traces: the bill, why it stopped, how far it is.
#pragma once
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/strategies/traces.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// The bill. Final once no trace runs and finished ones have settled.
v1::Usage BillOf(const Traces& traces, absl::Time arrived, absl::Time decided);

// The bill of a solve with that of the judge that it asked first, which is no trace of it.
v1::Usage WithJudge(v1::Usage solve, const v1::Usage& judge);

// Why a solve whose strategy has returned stopped. BACKENDS_FAILED only when no trace finished.
v1::StopReason StopReasonOf(const Traces& traces);

// The error of a solve that stopped for `reason` without any answer: what the caller should do.
absl::Status FailureOf(const Traces& traces, const v1::Budget& budget, v1::StopReason reason);

// A sentence where finished traces lack the confidence that the strategy asks for.
std::optional<std::string> MissingConfidence(const Traces& traces);

v1::Progress ProgressOf(const Traces& traces, absl::Duration elapsed);

enum class ReportTexts { kLeftOut, kIncluded };
v1::Trace ReportOf(const Trace& trace, ReportTexts text);

}  // namespace sextant
