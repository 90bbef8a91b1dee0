#include "server/did_you_mean.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/utf8.h"

namespace sextant {
namespace {

constexpr size_t kLongestName = 64;   // Longer input is no typing error of a name.
constexpr size_t kLongestShown = 60;  // Bytes of the user's text that a message repeats.
constexpr size_t kShortestPrefix = 3;

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours cost 1.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitution});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

// A name cut short counts as one wrong letter (`api_key` for api_key_env), one with something added
// as two.
size_t Distance(absl::string_view got, absl::string_view name) {
  const size_t edits = EditDistance(got, name);
  if (std::min(got.size(), name.size()) < kShortestPrefix) return edits;
  if (absl::StartsWith(name, got)) return std::min<size_t>(edits, 1);
  if (absl::StartsWith(got, name)) return std::min<size_t>(edits, 2);
  return edits;
}

}  // namespace

std::string DidYouMean(absl::string_view got, absl::Span<const absl::string_view> known) {
  if (known.empty()) return "";
  absl::string_view nearest;
  size_t nearest_distance =
      got.size() <= kLongestName ? std::max<size_t>(1, got.size() / 3) + 1 : 0;
  for (const absl::string_view name : known) {
    if (nearest_distance == 0) break;
    const size_t distance = Distance(got, name);
    if (distance >= nearest_distance) continue;
    nearest = name;
    nearest_distance = distance;
  }
  if (!nearest.empty()) return absl::StrCat(" (did you mean ", nearest, "?)");
  return absl::StrCat(" (known: ", absl::StrJoin(known, ", "), ")");
}

std::string Quoted(absl::string_view text) {
  if (text.size() <= kLongestShown) return absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\"");
  return absl::StrCat("\"", absl::Utf8SafeCEscape(Utf8Prefix(text, kLongestShown)), "...\"");
}

}  // namespace sextant
