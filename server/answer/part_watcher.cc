#include "server/answer/part_watcher.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "server/answer/markup.h"
#include "server/answer/phrases.h"
#include "server/answer/statement_search.h"

namespace sextant {
namespace {

using absl::string_view;

// A phrase with its answer fits into this much; it is searched again with
// what follows.
constexpr size_t kOverlap = 1024;
constexpr size_t kContext = 64;     // Before a phrase, where it may be denied.
constexpr size_t kMinSearch = 256;  // New bytes before lines are searched without being asked.
constexpr size_t kLongLine = 450;   // Bytes of a line after which its answer cannot go on.
constexpr size_t kMaxTail = 4 * (kMaxStatementBytes + kOverlap);
constexpr int kFreeBoxes = 64;       // Boxes that are read in any text, and
constexpr size_t kBytesPerBox = 64;  // in a longer one, one for so many bytes.

}  // namespace

PartWatcher::PartWatcher(const AnswerReader& reader, size_t begin)
    : reader_(&reader), begin_(begin), searched_(begin), line_end_(begin) {
  boxes_.SkipTo(begin);
}

void PartWatcher::SkipTo(size_t place) {
  ReadLines();
  tail_.clear();
  begin_ = searched_ = line_end_ = place;
  boxes_.SkipTo(place);
}

void PartWatcher::Add(string_view bytes) {
  if (is_blank_) is_blank_ = absl::StripLeadingAsciiWhitespace(bytes).empty();
  const size_t before = end();
  tail_.append(bytes.data(), bytes.size());
  if (reader_->pattern() == nullptr) {
    const size_t line_break = bytes.rfind('\n');
    if (line_break != string_view::npos) {
      line_end_ = before + line_break + 1;
    } else if (end() > line_end_ + kLongLine) {
      line_end_ = end();
    }
    ReadBoxes();
  } else {
    line_end_ = end();
  }
  if (line_end_ >= searched_ + kMinSearch) ReadLines();
  if (tail_.size() > kMaxTail) DropOldText();
}

std::optional<PlacedAnswer> PartWatcher::Latest(StatementLevel level) {
  ReadLines();
  if (level == StatementLevel::kClear || !stated_.has_value()) return clear_;
  return clear_.has_value() && clear_->place >= stated_->place ? clear_ : stated_;
}

void PartWatcher::ReadBoxes() {
  for (const ClosedBox& box : boxes_.Scan(tail_, begin_)) ReadBox(box);
}

void PartWatcher::ReadBox(const ClosedBox& box) {
  // A box around the last one closes after it and says less.
  if (box.begin < last_box_begin_ && last_box_end_ > 0) return;
  if (boxes_read_ > kFreeBoxes + static_cast<int>(box.close / kBytesPerBox)) return;
  const string_view inner = string_view(tail_).substr(box.inner - begin_, box.close - box.inner);
  if (IsPlaceholder(inner)) return;
  ++boxes_read_;
  std::optional<Answer> answer = reader_->statements().Whole(inner);
  if (!answer.has_value() && !reader_->statements().AnyBoxDecides()) return;
  // What was said before the box is taken back; what follows it is searched from its end on.
  last_box_begin_ = box.begin;
  last_box_end_ = box.close + 1;
  stated_.reset();
  clear_.reset();
  if (answer.has_value()) clear_ = PlacedAnswer{*std::move(answer), box.begin};
}

// Searches the lines that have ended since the last time, and those before them in which a phrase
// may have waited for its end.
void PartWatcher::ReadLines() {
  if (line_end_ <= searched_) return;
  if (reader_->pattern() != nullptr) return ReadMatches();
  const size_t back = std::min(searched_ - begin_, kOverlap);
  const size_t from = std::max(searched_ - back, last_box_end_);
  ReadPhrases(StatementLevel::kClear, from);
  ReadPhrases(StatementLevel::kStated, from);
  searched_ = line_end_;
}

void PartWatcher::ReadPhrases(StatementLevel level, size_t from) {
  const bool is_clear = level == StatementLevel::kClear;
  const PhraseSet set = is_clear                                              ? PhraseSet::kExplicit
                        : reader_->statements().kind() == AnswerKind::kChoice ? PhraseSet::kChoice
                                                                              : PhraseSet::kAnswer;
  const size_t context = std::min(from - std::max(begin_, last_box_end_), kContext);
  const size_t window = from - context;
  const string_view text = string_view(tail_).substr(window - begin_);
  AcceptLastPhrase(text, {.set = set, .doubted = Doubted::kAccept}, [&](const Phrase& phrase) {
    if (phrase.begin < context || !phrase.ended) return false;
    std::optional<Answer> answer = reader_->statements().Leading(phrase);
    if (!answer.has_value()) return false;
    if (last_box_end_ > 0 && answer->kind == AnswerKind::kText && !phrase.marked) return false;
    (is_clear ? clear_ : stated_) = PlacedAnswer{*std::move(answer), window + phrase.begin};
    return true;
  });
}

// The last match of the caller's pattern that does not touch the end, where it could still grow.
void PartWatcher::ReadMatches() {
  const size_t back = std::min(searched_ - begin_, kOverlap);
  const size_t window = searched_ - back;
  const string_view text = string_view(tail_).substr(window - begin_);
  const std::array<WordedPattern, 1> patterns = {{{reader_->pattern(), 0}}};
  AcceptLastMatch(text, {patterns}, [&](const PatternMatch& match) {
    if (match.end == text.size()) return false;
    const string_view whole = text.substr(match.begin, match.end - match.begin);
    const string_view said = match.group.data() != nullptr ? match.group : whole;
    std::optional<Answer> answer = reader_->statements().Whole(said);
    if (answer.has_value()) clear_ = PlacedAnswer{*std::move(answer), window + match.begin};
    return true;
  });
  searched_ = line_end_;
}

void PartWatcher::DropOldText() {
  const size_t lines = searched_ - std::min(searched_, kOverlap + kContext);
  const size_t first = std::max(begin_, std::min(lines, boxes_.first_needed()));
  tail_.erase(0, first - begin_);
  begin_ = first;
}

}  // namespace sextant
