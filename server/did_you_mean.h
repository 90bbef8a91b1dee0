// Suggestions for names that a user mistyped: configuration keys, strategies, parameters.
#pragma once
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sextant {

// " (did you mean max_traces?)" when one of `known` is near `got`, else " (known: a, b, c)"; empty
// when nothing is known. Near: at most a third of its letters differ (swaps count once), or one
// begins with the other.
std::string DidYouMean(absl::string_view got, absl::Span<const absl::string_view> known);

// `text` in double quotes for a message: control characters escaped, long text cut to 60 bytes.
std::string Quoted(absl::string_view text);

}  // namespace sextant
