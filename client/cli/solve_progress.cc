#include "client/cli/solve_progress.h"

#include "absl/strings/str_cat.h"
#include "client/cli/text.h"
#include "client/enum_names.h"

namespace sextant {
namespace {

constexpr double kSecondsBetweenLines = 5;

std::string TraceText(const v1::Trace& trace) {
  return absl::StrCat(
      "trace ", trace.index(), " ", ShortName(trace.outcome()), ": ",
      Count(trace.completion_tokens(), "token"),
      trace.has_answer() ? absl::StrCat(", answer ", trace.answer()) : std::string(", no answer"),
      trace.error().empty() ? "" : absl::StrCat(": ", trace.error()));
}

std::string ProgressText(const v1::Progress& progress) {
  return absl::StrCat(
      Seconds(progress.seconds()), ": ", Count(progress.traces_running(), "trace"), " running, ",
      progress.traces_ended(), " ended, ", Count(progress.billed_tokens(), "token"),
      progress.has_leader() ? absl::StrCat(", leader ", progress.leader(), " (",
                                           Count(progress.leader_votes(), "vote"), ")")
                            : std::string(", no answer yet"));
}

}  // namespace

void SolveProgress::Show(const v1::SolveEvent& event) {
  if (event.has_plan()) {
    line_.Show(Printable(absl::StrCat("plan: ", event.plan().strategy_text())));
  } else if (event.has_progress()) {
    ShowProgress(event.progress());
  } else if (event.has_trace() && !line_.is_terminal()) {
    line_.Show(Printable(TraceText(event.trace())));
  }
}

void SolveProgress::ShowProgress(const v1::Progress& progress) {
  if (!line_.is_terminal()) {
    if (progress.seconds() < last_seconds_ + kSecondsBetweenLines) return;
    last_seconds_ = progress.seconds();
  }
  line_.Show(Printable(ProgressText(progress)));
}

}  // namespace sextant
