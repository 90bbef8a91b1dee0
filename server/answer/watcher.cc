#include "server/answer/watcher.h"

#include <utility>

namespace sextant {

using absl::string_view;

AnswerWatcher::AnswerWatcher(const AnswerReader& reader)
    : reader_(&reader), reasoning_(reader, 0), thinking_(reader, 0), final_(reader, 0) {}

void AnswerWatcher::AddReasoning(string_view delta) { reasoning_.Add(delta); }

void AnswerWatcher::AddContent(string_view delta) {
  std::string joined;
  string_view rest = delta;
  if (!held_.empty()) {
    joined = std::move(held_);
    held_.clear();
    joined.append(delta.data(), delta.size());
    rest = joined;
  }
  while (!rest.empty()) {
    const size_t start = rest.find_first_of(kMarkerStarts);
    AddToPart(rest.substr(0, start));
    if (start == string_view::npos) return;
    rest.remove_prefix(start);
    const MarkerAt found = ReadMarker(rest);
    if (found.marker == Marker::kIncomplete) {
      held_ = std::string(rest);
      return;
    }
    if (found.marker == Marker::kNone) {
      AddToPart(rest.substr(0, 1));
      rest.remove_prefix(1);
      continue;
    }
    content_bytes_ += found.bytes;
    rest.remove_prefix(found.bytes);
    Apply(found.marker);
  }
}

void AnswerWatcher::AddToPart(string_view text) {
  content_bytes_ += text.size();
  if (text.empty() || part_ == Part::kHeader) return;
  (part_ == Part::kThinking ? thinking_ : final_).Add(text);
}

void AnswerWatcher::Apply(Marker marker) {
  switch (marker) {
    case Marker::kThinkingOpens:
    case Marker::kOtherChannel:
      return BeginThinking();
    case Marker::kThinkingCloses:
      if (part_ != Part::kThinking) thinking_ = std::move(final_);
      return BeginFinal();
    case Marker::kFinalChannel:
      if (part_ != Part::kThinking) thinking_ = std::move(final_);
      final_ = PartWatcher(*reader_, content_bytes_);
      part_ = Part::kHeader;
      return;
    case Marker::kMessage:
      if (part_ == Part::kHeader) BeginFinal();
      return;
    case Marker::kMessageEnds:
      if (part_ == Part::kFinal) BeginThinking();
      return;
    case Marker::kNone:
    case Marker::kIncomplete:
      return;
  }
}

// Before any final part, all that came before is thinking too: its opening marker may be missing.
void AnswerWatcher::BeginThinking() {
  if (part_ == Part::kThinking) return;
  if (!has_final_) {
    thinking_ = std::move(final_);
    final_ = PartWatcher(*reader_, content_bytes_);
  }
  thinking_.SkipTo(content_bytes_);
  part_ = Part::kThinking;
}

void AnswerWatcher::BeginFinal() {
  final_ = PartWatcher(*reader_, content_bytes_);
  part_ = Part::kFinal;
  has_final_ = true;
}

std::optional<Statement> AnswerWatcher::LatestOf(PartWatcher& part, TraceText text,
                                                 StatementLevel level) {
  std::optional<PlacedAnswer> latest = part.Latest(level);
  if (!latest.has_value()) return std::nullopt;
  return Statement{std::move(latest->answer), level, text, latest->place};
}

std::optional<Statement> AnswerWatcher::Latest(StatementLevel level) {
  if (reader_->statements().kind() == AnswerKind::kJson) return std::nullopt;
  if (auto said = LatestOf(final_, TraceText::kContent, level)) return said;
  if (reader_->pattern() != nullptr) return std::nullopt;
  return thinking_.is_blank() ? LatestOf(reasoning_, TraceText::kReasoning, level)
                              : LatestOf(thinking_, TraceText::kContent, level);
}

}  // namespace sextant
