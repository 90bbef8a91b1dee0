#include "server/answer/statement_search.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "server/answer/markup.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr int kMaxMisses = 2000;  // Of a rare character that turns out to be common.

// Index of the last `c` in the text, npos when there is none.
size_t FindLastChar(string_view text, char c) {
  const void* found = memrchr(text.data(), c, text.size());
  if (found == nullptr) return string_view::npos;
  return static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

// The same as FindLast by a forward search, whose time does not depend on how common a character
// is.
size_t FindLastFromFront(string_view text, string_view needle) {
  size_t last = string_view::npos;
  size_t begin = 0;
  while (const void* found =
             memmem(text.data() + begin, text.size() - begin, needle.data(), needle.size())) {
    last = static_cast<size_t>(static_cast<const char*>(found) - text.data());
    begin = last + needle.size();
  }
  return last;
}

// A block begins where a line or at least a word does, so that none is cut in two.
size_t BlockBegin(string_view text, size_t end) {
  if (end <= kMaxMatchBytes) return 0;
  const size_t begin = end - kMaxMatchBytes;
  const string_view block = text.substr(begin, kMaxMatchBytes - 1);
  const size_t line_end = block.find('\n');
  if (line_end != string_view::npos) return begin + line_end + 1;
  const auto gap = std::find_if_not(block.begin(), block.end(), absl::ascii_isalnum);
  if (gap != block.end()) return begin + static_cast<size_t>(gap - block.begin()) + 1;
  return begin;
}

struct Range {
  size_t begin = 0;
  size_t end = 0;
};

// The non-overlapping matches of one pattern that begin in a range, first to last. None goes
// further than `reach`.
std::vector<PatternMatch> MatchesOf(string_view text, const RE2& pattern, Range range,
                                    size_t reach) {
  std::vector<PatternMatch> matches;
  reach = std::min(text.size(), reach);
  auto [begin, end] = range;
  const int groups = std::min(pattern.NumberOfCapturingGroups(), 1) + 1;
  std::array<re2::StringPiece, 2> found;
  const re2::StringPiece whole(text.data(), text.size());
  while (begin < end && pattern.Match(whole, begin, reach, RE2::UNANCHORED, found.data(), groups)) {
    PatternMatch match;
    match.begin = static_cast<size_t>(found[0].data() - text.data());
    match.end = match.begin + found[0].size();
    if (match.begin >= end) break;
    if (groups == 2) match.group = string_view(found[1].data(), found[1].size());
    matches.push_back(match);
    begin = std::max(match.end, match.begin + 1);
  }
  return matches;
}

// Where in a block matches of a pattern may begin: not far before the words of its groups, which
// are sorted.
std::vector<Range> RangesOf(const std::vector<WordHit>& hits, uint32_t groups, Range block) {
  std::vector<Range> ranges;
  for (const WordHit& hit : hits) {
    if ((hit.group & groups) == 0) continue;
    const size_t back = std::min(hit.at, kMaxWordBytes);
    const Range range{block.begin + hit.at - back, std::min(block.begin + hit.at + 1, block.end)};
    if (range.begin >= range.end) continue;
    if (!ranges.empty() && range.begin <= ranges.back().end) {
      ranges.back().end = range.end;
    } else {
      ranges.push_back(range);
    }
  }
  return ranges;
}

// The patterns' search through one text, block by block, which gives up when it has become too
// much.
class Search {
 public:
  Search(string_view text, const PatternSet& set) : text_(text), set_(set) {}

  bool given_up() const { return budget_ == 0; }

  // The matches of all patterns that begin in a block, in the order of the text.
  std::vector<PatternMatch> Matches(Range block) {
    std::vector<PatternMatch> matches;
    const std::vector<WordHit> hits = Hits(block);
    for (size_t i = 0; i < set_.patterns.size(); ++i) {
      const WordedPattern& worded = set_.patterns[i];
      const std::vector<Range> ranges =
          worded.words == 0 ? std::vector<Range>{block} : RangesOf(hits, worded.words, block);
      for (const Range& range : ranges) {
        if (worded.words != 0 && !Spend(range.end - range.begin + kMaxWordBytes)) break;
        for (PatternMatch& match :
             MatchesOf(text_, *worded.pattern, range, range.end + set_.max_match_bytes)) {
          match.pattern = i;
          matches.push_back(match);
        }
      }
    }
    std::stable_sort(
        matches.begin(), matches.end(),
        [](const PatternMatch& a, const PatternMatch& b) { return a.begin < b.begin; });
    return matches;
  }

 private:
  std::vector<WordHit> Hits(Range block) const {
    if (set_.find_words == nullptr) return {};
    std::vector<WordHit> hits =
        set_.find_words(text_.substr(block.begin, block.end + kMaxWordBytes - block.begin));
    std::sort(hits.begin(), hits.end(),
              [](const WordHit& a, const WordHit& b) { return a.at < b.at; });
    return hits;
  }

  bool Spend(size_t bytes) {
    budget_ -= std::min(budget_, bytes);
    return budget_ > 0;
  }

  const string_view text_;
  const PatternSet& set_;
  size_t budget_ = kMaxSearchedBytes;
};

}  // namespace

size_t FindLast(string_view text, string_view needle, char rare) {
  const size_t offset = needle.find(rare);
  size_t end = text.size();
  for (int misses = 0; misses < kMaxMisses; ++misses) {
    const size_t at = FindLastChar(text.substr(0, end), rare);
    if (at == string_view::npos) return string_view::npos;
    if (at >= offset && absl::StartsWith(text.substr(at - offset), needle)) return at - offset;
    end = at;
  }
  return FindLastFromFront(text.substr(0, end), needle);
}

string_view BoxNameAround(string_view text, size_t x) {
  for (const auto& [name, offset] : {std::pair<string_view, size_t>("\\boxed", 3), {"\\fbox", 4}}) {
    if (x >= offset && absl::StartsWith(text.substr(x - offset), name)) {
      return text.substr(x - offset, name.size());
    }
  }
  return "";
}

std::optional<Box> BoxScanner::Previous() {
  while (true) {
    // Both names hold an x, and prose holds few others.
    const size_t x = FindLastChar(text_.substr(0, cursor_), 'x');
    if (x == string_view::npos) return std::nullopt;
    cursor_ = x;
    const string_view name = BoxNameAround(text_, x);
    if (name.empty()) continue;
    const size_t begin = static_cast<size_t>(name.data() - text_.data());
    size_t open = begin + name.size();
    while (open < text_.size() && text_[open] == ' ' && open < begin + kMaxBoxGap) ++open;
    if (open >= text_.size() || text_[open] != '{') continue;
    const size_t limit = std::min(open + kMaxStatementBytes, unclosed_);
    const size_t close = MatchingBrace(text_, open, limit);
    if (close != string_view::npos) {
      return Box{begin, close + 1, text_.substr(open + 1, close - open - 1)};
    }
    unclosed_ = open;
  }
}

bool AcceptLastMatch(string_view text, const PatternSet& set,
                     absl::FunctionRef<bool(const PatternMatch&)> accept) {
  Search search(text, set);
  size_t end = text.size();
  while (end > 0 && !search.given_up()) {
    const size_t begin = BlockBegin(text, end);
    const std::vector<PatternMatch> matches = search.Matches({begin, end});
    for (auto match = matches.rbegin(); match != matches.rend(); ++match) {
      if (accept(*match)) return true;
    }
    end = begin;
  }
  return false;
}

}  // namespace sextant
