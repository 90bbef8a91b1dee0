// Finds statements in a trace, from its end to its start: that is where answers are, and a later
// statement beats an earlier one. Everything here is linear in the text, whatever it holds.
#pragma once
#include <re2/re2.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sextant {

// Index of the last `needle`, npos when there is none. `rare` is a character of the needle that
// text seldom holds: the search jumps from one to the next.
size_t FindLast(absl::string_view text, absl::string_view needle, char rare);

// \boxed or \fbox where its x is at `x`; empty for any other word.
absl::string_view BoxNameAround(absl::string_view text, size_t x);

// Bytes from the backslash of a box to its brace: name and spaces.
constexpr size_t kMaxBoxGap = 10;

struct Box {
  size_t begin = 0;         // Of the backslash.
  size_t end = 0;           // After the closing brace.
  absl::string_view inner;  // Between the braces.
};

// The balanced \boxed{} and \fbox{} of a text, last first; a box inside another comes before it.
// Boxes of more than kMaxStatementBytes and unclosed ones are passed over.
class BoxScanner {
 public:
  explicit BoxScanner(absl::string_view text) : text_(text), cursor_(text.size()) {}

  std::optional<Box> Previous();

 private:
  absl::string_view text_;
  size_t cursor_;
  // Opening brace of the nearest unclosed box: a box that reaches it cannot be closed either.
  size_t unclosed_ = absl::string_view::npos;
};

// Bytes that one match may span; only the block of the last match is searched again and again.
constexpr size_t kMaxMatchBytes = 4096;

struct PatternMatch {
  size_t pattern = 0;  // Index of the pattern.
  size_t begin = 0;    // Of the match, in the text.
  size_t end = 0;
  absl::string_view group;  // First capturing group; data() is null when it took no part.
};

// A pattern with the groups of words (bits) of which every match holds one within kMaxWordBytes of
// its begin; 0 means that there is no such word.
struct WordedPattern {
  const RE2* pattern = nullptr;
  uint32_t words = 0;
};
constexpr size_t kMaxWordBytes = 128;

struct WordHit {
  size_t at = 0;  // In the block; any byte of the word.
  uint32_t group = 0;
};

struct PatternSet {
  absl::Span<const WordedPattern> patterns;
  // The words in a block; it has to be quick, as it sees the whole text. Null when no pattern has
  // words.
  std::vector<WordHit> (*find_words)(absl::string_view block) = nullptr;
  size_t max_match_bytes = kMaxMatchBytes;  // That a match may span; fewer are quicker.
};

// Bytes around words in which patterns are tried in one text: some hundred words. Only a hostile
// text holds more, and what it says before them is not read.
constexpr size_t kMaxSearchedBytes = 1 << 18;

// Shows the matches of all patterns to `accept`, last first, until it says yes; whether it did.
bool AcceptLastMatch(absl::string_view text, const PatternSet& set,
                     absl::FunctionRef<bool(const PatternMatch&)> accept);

}  // namespace sextant
