#include "simulator/reply.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace sextant {
namespace {

constexpr size_t kMaxPartBytes = 32 << 10;
constexpr absl::string_view kMidStreamError = "simulated fault: the engine failed in mid-stream";

// A fault that happens once a choice has generated `after` tokens and has more to say.
struct FaultPoint {
  enum class Kind { kStall, kCut, kGarbage, kError, kWrongTypes };
  Kind kind;
  int64_t after;
};

// The points of a fault in the order in which they are reached.
std::vector<FaultPoint> PointsOf(const Fault& fault) {
  std::vector<FaultPoint> points;
  const std::pair<FaultPoint::Kind, std::optional<int64_t>> all[] = {
      {FaultPoint::Kind::kGarbage, fault.garbage_after},
      {FaultPoint::Kind::kWrongTypes, fault.wrong_types_after},
      {FaultPoint::Kind::kStall, fault.stall_after},
      {FaultPoint::Kind::kError, fault.error_after},
      {FaultPoint::Kind::kCut, fault.cut_after}};
  for (const auto& [kind, after] : all) {
    if (after) points.push_back({kind, *after});
  }
  std::stable_sort(points.begin(), points.end(),
                   [](const FaultPoint& a, const FaultPoint& b) { return a.after < b.after; });
  return points;
}

// Server-sent events, chunk by chunk.
class StreamedReply final : public Reply {
 public:
  explicit StreamedReply(ReplySpec spec);
  std::optional<absl::Duration> NextDue() const override;
  ReplyPart Take(absl::Duration elapsed) override;
  int64_t Abandon(absl::Duration) override { return 0; }  // What was not sent was not generated.

 private:
  // What a choice does next: generate the tokens up to `to`, or run into the next fault.
  struct Step {
    size_t choice = 0;
    int64_t to = 0;
    bool is_fault = false;
    absl::Duration due = absl::InfiniteDuration();
  };

  Step StepOf(size_t choice) const;
  Step NextStep()
      const;  // The one that is due first; of equals, that of the choice that is furthest behind.
  void Generate(const Step& step, ReplyPart& part);
  void Fail(const Step& step, ReplyPart& part);
  std::optional<Usage> UsageOf(size_t choice) const;
  int64_t ChunkTokens(size_t choice) const;

  EventWriter events_;
  std::vector<FaultPoint> faults_;
  size_t next_fault_ = 0;
  bool ended_ = false;
};

StreamedReply::StreamedReply(ReplySpec spec)
    : Reply(std::move(spec)), events_(spec_.head), faults_(PointsOf(spec_.fault)) {}

// A beam has no partial results: it comes as one chunk.
int64_t StreamedReply::ChunkTokens(size_t choice) const {
  return spec_.scripts[choice].beam_width
             ? std::max<int64_t>(spec_.scripts[choice].text.tokens(), 1)
             : spec_.chunk_tokens;
}

StreamedReply::Step StreamedReply::StepOf(size_t choice) const {
  const int64_t done = progress_[choice].tokens;
  const int64_t total = spec_.scripts[choice].text.tokens();
  Step step{.choice = choice, .to = std::min(done + ChunkTokens(choice), total)};
  if (next_fault_ < faults_.size() && done < total) {
    const FaultPoint& fault = faults_[next_fault_];
    if (done >= fault.after) {
      step.is_fault = true;
      // A stall is due never; the others as soon as the tokens before them are out.
      const bool is_stall = fault.kind == FaultPoint::Kind::kStall;
      step.due = is_stall ? absl::InfiniteDuration() : DueAt(done);
      return step;
    }
    step.to = std::min(step.to, fault.after);
  }
  step.due = DueAt(step.to);
  return step;
}

StreamedReply::Step StreamedReply::NextStep() const {
  Step first;
  for (size_t choice = 0; choice < progress_.size(); ++choice) {
    if (progress_[choice].finished) continue;
    const Step step = StepOf(choice);
    // One choice that stalls stalls the stream.
    if (step.is_fault && step.due == absl::InfiniteDuration()) return step;
    const bool is_behind = step.due == first.due && first.due != absl::InfiniteDuration() &&
                           progress_[choice].tokens < progress_[first.choice].tokens;
    if (step.due < first.due || is_behind) first = step;
  }
  return first;
}

std::optional<absl::Duration> StreamedReply::NextDue() const {
  if (ended_ || spec_.fault.never_answer) return std::nullopt;
  const absl::Duration due = NextStep().due;
  if (due == absl::InfiniteDuration()) return std::nullopt;
  return due;
}

std::optional<Usage> StreamedReply::UsageOf(size_t choice) const {
  if (!spec_.continuous_usage || spec_.fault.no_usage) return std::nullopt;
  return Usage{spec_.prompt_tokens, progress_[choice].tokens};
}

void StreamedReply::Generate(const Step& step, ReplyPart& part) {
  ChoiceProgress& progress = progress_[step.choice];
  const Script& script = spec_.scripts[step.choice];
  const int index = static_cast<int>(step.choice);
  const int64_t from = std::exchange(progress.tokens, step.to);
  part.tokens += step.to - from;
  if (from == 0) events_.AddRole(index);
  const std::optional<Usage> usage = UsageOf(step.choice);
  if (step.to > from) events_.AddTokens(index, script, from, step.to, usage);
  if (step.to < script.text.tokens()) return;

  progress.finished = true;
  events_.AddFinish(index, script.is_cut ? "length" : "stop", usage);
  Usage sum{spec_.prompt_tokens, 0};
  for (const ChoiceProgress& choice : progress_) {
    if (!choice.finished) return;
    sum.completion_tokens += choice.tokens;
  }
  if (spec_.include_usage && !spec_.fault.no_usage) events_.AddUsage(sum);
  events_.AddDone();
  part.then = ReplyPart::Then::kEnd;
}

void StreamedReply::Fail(const Step& step, ReplyPart& part) {
  const int index = static_cast<int>(step.choice);
  switch (faults_[next_fault_++].kind) {
    case FaultPoint::Kind::kGarbage:
      return events_.AddGarbage();
    case FaultPoint::Kind::kWrongTypes:
      return events_.AddWrongType(index);
    case FaultPoint::Kind::kError:
      events_.AddError(kMidStreamError);
      events_.AddDone();
      part.then = ReplyPart::Then::kFail;
      return;
    case FaultPoint::Kind::kCut: {
      const std::string before = events_.Take();
      const int64_t done = progress_[step.choice].tokens;
      events_.AddTokens(index, spec_.scripts[step.choice], done, done + 1, std::nullopt);
      const std::string event = events_.Take();
      part.bytes = before + event.substr(0, event.size() / 2);
      part.then = ReplyPart::Then::kBreak;
      return;
    }
    case FaultPoint::Kind::kStall:
      return;  // Never due.
  }
}

ReplyPart StreamedReply::Take(absl::Duration elapsed) {
  ReplyPart part;
  while (part.then == ReplyPart::Then::kContinue && events_.size() < kMaxPartBytes) {
    const Step step = NextStep();
    if (step.due > elapsed) break;
    if (step.is_fault) {
      Fail(step, part);
    } else {
      Generate(step, part);
    }
  }
  if (part.then != ReplyPart::Then::kBreak) part.bytes = events_.Take();
  ended_ = part.then != ReplyPart::Then::kContinue;
  return part;
}

// One JSON body, sent when its last token is there.
class WholeReply final : public Reply {
 public:
  using Reply::Reply;
  std::optional<absl::Duration> NextDue() const override;
  ReplyPart Take(absl::Duration elapsed) override;
  int64_t Abandon(absl::Duration elapsed) override;

 private:
  int64_t LongestTokens() const;
  // The first fault that the answer is long enough to run into; a body has room for one.
  std::optional<FaultPoint> FirstFault() const;
  // Generates up to `tokens` tokens of every choice; returns how many are new.
  int64_t GenerateTo(int64_t tokens);

  bool ended_ = false;
};

int64_t WholeReply::LongestTokens() const {
  int64_t longest = 0;
  for (const Script& script : spec_.scripts) longest = std::max(longest, script.text.tokens());
  return longest;
}

std::optional<FaultPoint> WholeReply::FirstFault() const {
  const std::vector<FaultPoint> points = PointsOf(spec_.fault);
  if (points.empty() || points[0].after >= LongestTokens()) return std::nullopt;
  return points[0];
}

std::optional<absl::Duration> WholeReply::NextDue() const {
  if (ended_ || spec_.fault.never_answer) return std::nullopt;
  const std::optional<FaultPoint> fault = FirstFault();
  if (!fault) return DueAt(LongestTokens());
  switch (fault->kind) {
    case FaultPoint::Kind::kStall:
      return std::nullopt;
    case FaultPoint::Kind::kCut:
    case FaultPoint::Kind::kError:
      return DueAt(fault->after);
    case FaultPoint::Kind::kGarbage:
    case FaultPoint::Kind::kWrongTypes:
      break;
  }
  return DueAt(LongestTokens());
}

int64_t WholeReply::GenerateTo(int64_t tokens) {
  int64_t generated = 0;
  for (size_t i = 0; i < progress_.size(); ++i) {
    const int64_t total = spec_.scripts[i].text.tokens();
    const int64_t to = std::clamp(tokens, progress_[i].tokens, total);
    generated += to - std::exchange(progress_[i].tokens, to);
    progress_[i].finished = to == total;
  }
  return generated;
}

int64_t WholeReply::Abandon(absl::Duration elapsed) {
  // With nothing to wait for, everything there was to generate has been.
  if (ended_ || spec_.fault.never_answer || spec_.tokens_per_second <= 0) return 0;
  const double running = absl::ToDoubleSeconds(elapsed - spec_.fault.first_token_delay);
  double tokens = std::max(0.0, std::floor(running * spec_.tokens_per_second));
  const std::optional<FaultPoint> fault = FirstFault();
  if (fault) tokens = std::min(tokens, static_cast<double>(fault->after));
  return GenerateTo(static_cast<int64_t>(std::min(tokens, static_cast<double>(LongestTokens()))));
}

ReplyPart WholeReply::Take(absl::Duration elapsed) {
  ReplyPart part;
  const std::optional<absl::Duration> due = NextDue();
  if (!due || elapsed < *due) return part;
  ended_ = true;
  part.then = ReplyPart::Then::kEnd;
  Usage usage{spec_.prompt_tokens, 0};
  for (const Script& script : spec_.scripts) usage.completion_tokens += script.text.tokens();
  const bool has_usage = !spec_.fault.no_usage;
  part.bytes =
      AnswerBody(spec_.head, spec_.scripts, has_usage ? std::optional<Usage>(usage) : std::nullopt);
  part.body_bytes = part.bytes.size();
  const std::optional<FaultPoint> fault = FirstFault();
  const bool stops_early =
      fault && (fault->kind == FaultPoint::Kind::kCut || fault->kind == FaultPoint::Kind::kError);
  part.tokens = GenerateTo(stops_early ? fault->after : LongestTokens());
  if (!fault) return part;

  if (fault->kind == FaultPoint::Kind::kCut) {
    part.bytes.resize(part.bytes.size() / 2);
    part.then = ReplyPart::Then::kBreak;
    return part;
  }
  if (fault->kind == FaultPoint::Kind::kError) {
    part.status = 500;
    part.bytes = ErrorBody(kMidStreamError, "server_error", 500);
    part.then = ReplyPart::Then::kFail;
  } else if (fault->kind == FaultPoint::Kind::kWrongTypes) {
    part.bytes = AnswerBodyWithWrongType(spec_.head);
  } else {
    part.bytes.replace(0, 1, "\xff\xfe{]] garbage");
  }
  part.body_bytes = part.bytes.size();
  return part;
}

}  // namespace

Reply::Reply(ReplySpec spec) : spec_(std::move(spec)), progress_(spec_.scripts.size()) {}

absl::Duration Reply::DueAt(int64_t tokens) const {
  if (spec_.tokens_per_second <= 0) return spec_.fault.first_token_delay;
  return spec_.fault.first_token_delay +
         absl::Seconds(static_cast<double>(tokens) / spec_.tokens_per_second);
}

std::unique_ptr<Reply> MakeReply(ReplySpec spec) {
  if (spec.fault.no_logprobs) spec.head.top_logprobs.reset();
  if (spec.stream) return std::make_unique<StreamedReply>(std::move(spec));
  return std::make_unique<WholeReply>(std::move(spec));
}

}  // namespace sextant
