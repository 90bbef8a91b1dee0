// Knows at any time what a running trace has stated so far, without reading its text again.
//
// At the level kClear it says what AnswerReader::ReadProvisional says of the same text, within
// these bounds: a phrase together with the answer that follows it is found up to about a thousand
// bytes, a match of a caller's pattern likewise; of a text full of boxes some are passed over; and
// where thinking begins again after a final part, it is read as thinking. A kJson answer is not
// watched, as JSON that is complete ends the trace anyway.
#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/answer/part_watcher.h"
#include "server/answer/reader.h"
#include "server/answer/trace_parts.h"

namespace sextant {

// The two texts of a trace; see AnswerReader::Read.
enum class TraceText { kReasoning, kContent };

struct Statement {
  Answer answer;
  StatementLevel level = StatementLevel::kClear;  // The one that was asked for.
  TraceText text = TraceText::kContent;
  size_t place = 0;  // Bytes of that text before the statement.
};

// Not thread-safe; keep one per trace. Takes time linear in the bytes added, about a microsecond
// for a short delta, and keeps some tens of kilobytes.
class AnswerWatcher {
 public:
  // The reader has to outlive the watcher.
  explicit AnswerWatcher(const AnswerReader& reader);

  // A delta as it arrives, cut anywhere.
  void AddReasoning(absl::string_view delta);
  void AddContent(absl::string_view delta);

  // The latest statement of this level or above: of the final part, else of thinking.
  std::optional<Statement> Latest(StatementLevel level);

 private:
  // Which part the content has come to, by its markers.
  enum class Part {
    kUnmarked,  // Final, as long as no marker says otherwise.
    kThinking,
    kHeader,  // Between a channel's name and its message.
    kFinal,
  };
  void AddToPart(absl::string_view text);
  void Apply(Marker marker);
  void BeginThinking();
  void BeginFinal();
  std::optional<Statement> LatestOf(PartWatcher& part, TraceText text, StatementLevel level);

  const AnswerReader* reader_;
  size_t content_bytes_ = 0;  // Without those held back.
  std::string held_;          // The end of the content where it may become a marker.
  Part part_ = Part::kUnmarked;
  bool has_final_ = false;  // A marker has begun a final part.
  PartWatcher reasoning_;
  PartWatcher thinking_;  // Of the content.
  PartWatcher final_;
};

}  // namespace sextant
