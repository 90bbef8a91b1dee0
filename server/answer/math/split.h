// Splits a statement at tokens that stand outside of all brackets and matrices.
#pragma once
#include <vector>

#include "absl/strings/match.h"
#include "server/answer/math/statement.h"

namespace sextant::math {

template <typename Is>
std::vector<StatementParser::Range> StatementParser::Split(Range range, Is is) const {
  std::vector<Range> parts;
  int begin = range.begin;
  int environments = 0;
  for (int i = range.begin; i < range.end; ++i) {
    const Token& token = At(i);
    if (token.kind == Tok::kOpen && token.match >= 0 && token.match < range.end) {
      i = token.match;
      continue;
    }
    if (token.kind == Tok::kCommand && absl::StartsWith(token.text, "begin:")) ++environments;
    if (token.kind == Tok::kCommand && absl::StartsWith(token.text, "end:")) --environments;
    if (environments > 0 || !is(token)) continue;
    parts.push_back({begin, i});
    begin = i + 1;
  }
  parts.push_back({begin, range.end});
  return parts;
}

}  // namespace sextant::math
