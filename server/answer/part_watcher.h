// Watches one part of a running trace, its thinking or its final part, for what it states.
#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/answer/answer.h"
#include "server/answer/box_tracker.h"
#include "server/answer/reader.h"

namespace sextant {

// How firmly an answer is stated.
enum class StatementLevel {
  // Also "so the answer is 42", even where the text goes on to doubt it: thinking states its answer
  // on the way, checks it, and mostly comes back to it.
  kStated,
  kClear,  // A complete box, or the words "final answer" with an answer that is not cut off.
};

// An answer and where the text begins to state it.
struct PlacedAnswer {
  Answer answer;
  size_t place = 0;  // Bytes from the start of the text.
};

// Not thread-safe. Memory is bounded; each byte is searched a few times, whatever the text holds.
class PartWatcher {
 public:
  // The reader has to outlive the watcher. `begin`: where the part begins in its text.
  PartWatcher(const AnswerReader& reader, size_t begin);

  void Add(absl::string_view bytes);

  // What follows begins at `place`: the text in between belongs to another part. What was stated
  // stays.
  void SkipTo(size_t place);

  // The latest statement of this level or above. Searches what the last lines have added.
  std::optional<PlacedAnswer> Latest(StatementLevel level);

  bool is_blank() const { return is_blank_; }

 private:
  void ReadBoxes();
  void ReadBox(const ClosedBox& box);
  void ReadLines();
  void ReadPhrases(StatementLevel level, size_t from);
  void ReadMatches();
  void DropOldText();
  size_t end() const { return begin_ + tail_.size(); }

  const AnswerReader* reader_;
  std::string tail_;  // The end of the text.
  size_t begin_;      // Where the tail begins, in the text.
  size_t searched_;   // Up to where lines were searched.
  size_t line_end_;   // After the last line break, or where a line has grown long.
  BoxTracker boxes_;
  int boxes_read_ = 0;
  size_t last_box_begin_ = 0;
  size_t last_box_end_ = 0;
  std::optional<PlacedAnswer> clear_;  // Unset too where a box of another kind took it back.
  std::optional<PlacedAnswer> stated_;
  bool is_blank_ = true;
};

}  // namespace sextant
